"""Why the odds moved from one publication to the next, as quickly as a notice wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.change import Cause, sort_changes
from tocsin.domain.elicitation import logit
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.odds import Status
from tocsin.ensemble.explain import Part
from tocsin.usecases.why import tables_between, why

if TYPE_CHECKING:
    from tocsin.domain.change import CellChanges
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger

MOST = 3
_SAME_DRAWS = {Status.FITTED, Status.LIVE}


def tell_movement(
    theater: Theater,
    about: tuple[str, int],
    sides: tuple[Publication, Publication],
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
) -> tuple[Part, ...]:
    """The parts that moved the log-odds of a scenario by a horizon most, at most three; none where none is known.

    Where the same draws told both on one day, and one indicator alone has changed, all of the change is that one's:
    nothing has to be simulated, which takes seconds, while somebody waits for an alert. Otherwise it is what `why`
    says, without the noise.
    """
    before, after = sides
    change = _change(about, before, after)
    if change is None:
        return ()
    if before.fit == after.fit and before.opens_on == after.opens_on and {before.status, after.status} <= _SAME_DRAWS:
        alone = _changes(theater, before, after, ledger)
        if len(alone) == 1:
            return (Part(alone[0].cause, alone[0].indicator, change, guessed=False),)
    found = why(
        theater,
        ledger=ledger,
        fits=fits,
        codec=codec,
        since=before.stated_at,
        as_of=after.stated_at,
        report=lambda _: None,
    )
    parts = next((item.parts for item in found if (item.after.scenario, item.after.horizon_days) == about), ())
    told = [part for part in parts if part.cause is not Cause.NOISE]
    return tuple(sorted(told, key=lambda part: -abs(part.change))[:MOST])


def _change(about: tuple[str, int], before: Publication, after: Publication) -> float | None:
    """By how much the log-odds moved; None where one of the two does not state them, or as certain."""
    stated = [
        item.probability
        for side in (before, after)
        for item in side.odds
        if (item.scenario, item.horizon_days) == about and 0.0 < item.probability < 1.0
    ]
    return logit(stated[1]) - logit(stated[0]) if len(stated) == len((before, after)) else None


def _changes(theater: Theater, before: Publication, after: Publication, ledger: Ledger) -> tuple[CellChanges, ...]:
    """What has changed in the evidence."""
    indicators = [indicator.id for indicator in theater.indicators]
    since, as_of = before.as_of, after.as_of
    observations = ledger.observations(indicators, as_of, first_day_with_bearing(theater, since))
    known = [item for item in observations if item.recorded_at <= since]
    sides = derive_evidence(theater, known, as_of=since), derive_evidence(theater, observations, as_of=as_of)
    tables = tables_between(theater, observations, sides, since, as_of)
    return sort_changes(tables.before, tables.corrected, tables.after)
