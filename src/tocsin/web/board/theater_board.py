"""The board of a theater: what a watch officer reads in ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from tocsin.domain.access import Right
from tocsin.domain.alert_rule import Staleness, Tripwire
from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.domain.instants import read_as_of
from tocsin.domain.shift import Shift, shifts
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.watch_feeds import watch_feeds
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.board.spark import Spark, sparks
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from tocsin.domain.met_rule import MetRule
    from tocsin.domain.odds import Odds
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater
    from tocsin.usecases.alert_overview import Overview
    from tocsin.usecases.desk_answer import Answer
    from tocsin.usecases.watch_feeds import Watched
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_WATCH = time(6)
"""When a watch begins, in the theater's time zone, unless somebody says otherwise."""
_TREND = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Line:
    """What the board shows of one scenario.

    Attributes:
        scenario: As declared.
        odds: By rising horizon.
        met: Its rule, where it is met already.
        shifts: Since the watch began, by rising horizon; empty where there were no odds then.
        spark: What was said of its middle horizon lately.
        alerts: Those that ring and are about it.
    """

    scenario: Scenario
    odds: tuple[Odds, ...]
    met: MetRule | None
    shifts: tuple[Shift, ...]
    spark: Spark | None
    alerts: tuple[Overview, ...]


@router.get("/theaters/{theater}")
def show_board(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    since: Annotated[str, Query()] = "",
) -> Response:
    """The odds of every scenario, what changed since the watch began, and what waits for somebody."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    begun = watch_of(since, declared, when.instant)
    answer, no_odds = answer_of(means, declared, when.instant)
    before = None if answer is None else answer_of(means, declared, begun)[0]
    alerts = overview(theater, rules=means.service.rules, book=means.service.alerts, now=means.clock())
    return render(
        request,
        "board.html",
        theater=declared,
        when=when,
        since=since,
        begun=begun,
        answer=answer,
        no_odds=no_odds,
        before=before,
        lines=[] if answer is None else _lines(means, declared, answer, before, alerts),
        ringing=[item for item in alerts if item.rings],
        couplings={(item.source, item.target) for item in declared.couplings},
        unwell=unwell_feeds(means, declared) if principal.may(Right.OPERATE) else [],
    )


def watch_of(since: str, theater: Theater, instant: datetime) -> datetime:
    """When a watch began: the last 06:00 in the theater's time zone, or what somebody typed.

    A time alone (06:00) means the last time that it was so; anything else is an instant as everywhere.
    InvalidInputError where it is neither.
    """
    zone = ZoneInfo(theater.timeline.zone)
    try:
        clock = time.fromisoformat(since) if since else _WATCH
    except ValueError:
        return min(read_as_of(since, theater.timeline, instant, "since"), instant)
    local = instant.astimezone(zone)
    begun = datetime.combine(local.date(), clock.replace(tzinfo=None), zone)
    return (begun if begun < local else begun - timedelta(days=1)).astimezone(instant.tzinfo)


def answer_of(means: Means, theater: Theater, instant: datetime) -> tuple[Answer | None, str]:
    """The odds of a theater as of an instant, or why there are none."""
    try:
        return means.desk.answer(theater, instant), ""
    except (NoFitError, DamagedArtifactError) as error:
        return None, str(error)


def _lines(means: Means, theater: Theater, answer: Answer, before: Answer | None, alerts: list[Overview]) -> list[Line]:
    reading = answer.reading
    moved = () if before is None else shifts(before.reading.odds, reading.odds)
    trends = sparks(means.service.publications, theater.id, reading, _TREND)
    found = []
    for name, stated in groupby(reading.odds, key=lambda item: item.scenario):
        odds = tuple(stated)
        found.append(
            Line(
                scenario=theater.scenario(name),
                odds=odds,
                met=reading.met.get(name),
                shifts=tuple(item for item in moved if item.after.scenario == name),
                spark=trends.get(name),
                alerts=tuple(item for item in alerts if item.rings and _about(item, name)),
            )
        )
    return found


def _about(item: Overview, scenario: str) -> bool:
    condition = item.rule.condition
    return not isinstance(condition, Staleness | Tripwire) and condition.scenario == scenario


def unwell_feeds(means: Means, theater: Theater) -> list[Watched]:
    """The feeds of a theater that a person should see to."""
    feeds = [item for item in means.service.catalog.feeds.values() if item.theater == theater.id]
    return [item for item in watch_feeds(feeds, book=means.service.feeds, now=means.clock()) if item.unwell]
