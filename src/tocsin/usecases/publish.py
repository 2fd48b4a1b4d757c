"""Publish the odds of a theater where there is something new to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.news import why_publish
from tocsin.domain.publication import Publication, StatedOdds
from tocsin.domain.settlement import rule_text
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import counted
from tocsin.usecases.read_odds import Standing, stand_at, state_odds

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger, PublicationBook


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it: the publication (None: there was nothing new to say), and why or why not."""

    publication: Publication | None
    why: str


def publish(
    theater: Theater,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    publications: PublicationBook,
    now: datetime,
) -> Published:
    """State the odds as of now, and record them where something is new, or nothing has been stated today.

    NoFitError where no accepted fit answers. What is stated is what `tocsin odds` shows, with its status: odds that are
    provisional, wait for a refit or are the prior's own are published as such. To leave them out would be to choose
    afterwards which of our statements are scored. A rejected fit states nothing. There is no publishing as of an
    earlier instant: who knows what came next cannot state what he would have said.
    """
    ledger.await_writers()  # what is stated must be what can be read again as of the same instant
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=now)
    stated = state(theater, standing, now)
    # Read first, so that what is recorded after it is noticed when the statement is to follow it.
    newest = publications.newest(theater.id)
    ahead = newest is not None and newest.stated_at > now
    latest = publications.latest(theater.id, now) if ahead else newest
    today = theater.timeline.last_day(now)
    new_day = latest is None or theater.timeline.last_day(latest.stated_at) < today
    reason, why = why_publish(latest, stated, new_day=new_day)
    if newest is not None and ahead:
        # It is not taken back: what was said was said. What it follows is the order of numbers, not of instants.
        at = f"{newest.stated_at:%Y-%m-%d %H:%M} UTC, ahead of this clock"
        why += f" (publication {newest.number} was stated at {at}: one of the two clocks was or is wrong)"
    if reason is None:
        return Published(None, why)
    recorded = publications.append(replace(stated, reason=reason), None if newest is None else newest.number)
    if recorded is None:
        return Published(None, "somebody else has published meanwhile")
    return Published(recorded, why)


def state(theater: Theater, standing: Standing, now: datetime) -> Publication:
    """The statement of what stands at an instant, with no place in the chain and no reason yet."""
    timeline = theater.timeline
    opens_on = timeline.last_ended(standing.as_of) + timedelta(days=1)
    rules = {scenario.id: rule_text(scenario, timeline) for scenario in theater.scenarios}
    evidence = standing.fit.counted
    if standing.evidence is not None:
        evidence = counted(theater, lay_out(theater), standing.evidence)
    return Publication(
        number=0,
        theater=theater.id,
        stated_at=now,
        as_of=standing.as_of,
        fit=standing.fit.id,
        fitted_as_of=standing.fit.as_of,
        evidence=evidence,
        status=standing.status,
        reason="",
        note=standing.reason or "",
        opens_on=opens_on,
        foresight=timeline.last_ended(now) + timedelta(days=1) == opens_on,
        odds=tuple(StatedOdds.of(item, opens_on, rules.get(item.scenario, "")) for item in state_odds(standing, now)),
    )
