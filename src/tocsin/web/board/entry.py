"""Observations: logging one, seeing beforehand what it would do, and what came in lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.errors import InvalidInputError, NoFitError, RefitWantedError
from tocsin.domain.observation import Draft, states
from tocsin.usecases.list_ledger import Entry
from tocsin.usecases.observe import draw_up
from tocsin.usecases.what_if import what_if
from tocsin.web.board.grades import CREDIBILITY, RELIABILITY
from tocsin.web.board.page import Asked, AsOf, Observer, PageRoute, Reader, asked, render
from tocsin.web.board.theater_board import answer_of
from tocsin.web.effect import write_and_tell
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.change import ChangeBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.domain.errors import Problem
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Progress
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_RECENT = timedelta(days=60)
_MOST = 40
_CREATED, _REFUSED = 201, 422


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, as they typed it."""

    indicator: str = ""
    observed_on: str = ""
    through: str = ""
    value: str = ""
    reliability: str = "B"
    credibility: str = "2"
    origin: str = ""
    source: str = ""
    summary: str = ""
    coverage: str = ""
    links: str = ""
    history: bool = False

    def draft(self) -> Draft:
        """As a draft."""
        return Draft(
            indicator=self.indicator.strip(),
            observed_on=self.observed_on.strip(),
            value=self.value.strip(),
            grade=self.reliability + self.credibility,
            origin=self.origin.strip(),
            summary=self.summary.strip(),
            source=self.source.strip(),
            coverage=self.coverage.strip(),
            links=self.links,
            through=self.through.strip(),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of what was typed.

    Attributes:
        problems: What is wrong, by field; nothing was recorded then.
        change: The odds before and after; None where there are none.
        no_odds: Why there are none.
        recorded: Id of what was recorded; empty for a preview.
        known_already: Whether the ledger held it before.
        preview: Whether nothing was recorded, as only a preview was asked for.
    """

    problems: tuple[Problem, ...] = ()
    change: ChangeBody | None = None
    no_odds: str | None = None
    recorded: str = ""
    known_already: bool = False
    preview: bool = False

    def of(self, field: str) -> str:
        """What is wrong with a field; empty where nothing is."""
        found = (item for item in self.problems if item.field == field)
        return "; ".join(f"{item.value} — accepted: {item.accepted}" for item in found)


def _typed(
    indicator: Annotated[str, Form()] = "",
    observed_on: Annotated[str, Form()] = "",
    through: Annotated[str, Form()] = "",
    value: Annotated[str, Form()] = "",
    reliability: Annotated[str, Form()] = "",
    credibility: Annotated[str, Form()] = "",
    origin: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    summary: Annotated[str, Form()] = "",
    coverage: Annotated[str, Form()] = "",
    links: Annotated[str, Form()] = "",
    history: Annotated[str, Form()] = "",
    unseen: Annotated[str, Form()] = "",
) -> Typed:
    return Typed(
        indicator, observed_on, through, "0" if unseen else value, reliability, credibility,
        origin, source, summary, coverage, links, bool(history),
    )  # fmt: skip


_Sent = Annotated[Typed, Depends(_typed)]


@router.get("/theaters/{theater}/observations")
def show_observations(
    request: Request,
    theater: str,
    means: Acting,
    _: Reader,
    as_of: AsOf = None,
    indicator: Annotated[str, Query()] = "",
    author: Annotated[str, Query()] = "",
) -> Response:
    """Where observations are logged, and what came in lately."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    today = declared.timeline.last_day(when.now).isoformat()
    return _page(request, means, declared, when, Typed(indicator=indicator, observed_on=today), indicator, author)


@router.post("/theaters/{theater}/observations")
def log_observation(request: Request, theater: str, means: Acting, principal: Observer, typed: _Sent) -> Response:
    """Record what was typed; the answer says what it did to the odds. What is wrong stands beside its field."""
    declared, now = means.service.catalog.theater(theater), means.clock()
    when = asked(None, declared.timeline, now)
    try:
        drawn = draw_up(
            [typed.draft()],
            indicators=means.service.catalog.indicators(theater),
            timeline=declared.timeline,
            now=now,
            author=principal.name,
            history=typed.history,
        )
    except InvalidInputError as error:
        return _page(request, means, declared, when, typed, outcome=Outcome(tuple(error.problems)), status=_REFUSED)
    told = write_and_tell(
        means, declared, now, lambda: means.service.ledger.record(drawn), lambda done: bool(done.added)
    )
    outcome = Outcome(
        change=told.change,
        no_odds=told.no_odds,
        recorded=drawn[0].id,
        known_already=not told.written.added,
    )
    # The next report is often of the same kind and day; its words and origin never are.
    left = Typed(indicator=typed.indicator, observed_on=typed.observed_on, reliability=typed.reliability,
                 credibility=typed.credibility, source=typed.source)  # fmt: skip
    return _page(request, means, declared, asked(None, declared.timeline, means.clock()), left, outcome=outcome,
                 status=_CREATED)  # fmt: skip


@router.post("/theaters/{theater}/observations/preview")
async def preview_observation(
    request: Request, theater: str, means: Acting, principal: Observer, typed: _Sent
) -> Response:
    """What it would do to the odds; nothing is recorded."""
    declared, now = means.service.catalog.theater(theater), means.clock()

    def imagine(report: Callable[[Progress], None]) -> Outcome:
        service = means.service
        try:
            found = what_if(
                declared,
                [typed.draft()],
                ledger=service.ledger,
                fits=service.fits,
                codec=service.codec,
                as_of=now,
                report=report,
            )
        except InvalidInputError as error:
            return Outcome(tuple(error.problems), preview=True)
        except (NoFitError, RefitWantedError) as error:
            return Outcome(no_odds=str(error), preview=True)
        return Outcome(change=ChangeBody.of(found.real, found.imagined), preview=True)

    outcome = await in_turn(request, principal, imagine)
    status = _REFUSED if outcome.problems else 200
    when = asked(None, declared.timeline, now)
    return await run_in_threadpool(_page, request, means, declared, when, typed, outcome=outcome, status=status)


def _page(
    request: Request,
    means: Means,
    theater: Theater,
    when: Asked,
    typed: Typed,
    indicator: str = "",
    author: str = "",
    *,
    outcome: Outcome | None = None,
    status: int = 200,
) -> Response:
    answer, no_odds = answer_of(means, theater, when.instant)
    return render(
        request,
        "observations.html",
        status=status,
        theater=theater,
        when=when,
        typed=typed,
        outcome=outcome,
        answer=answer,
        no_odds=no_odds,
        entries=recent_entries(means, theater, when, indicator, author),
        filtered={"indicator": indicator, "author": author},
        reliability=RELIABILITY,
        credibility=CREDIBILITY,
        today=theater.timeline.last_day(when.now),
        most=_MOST,
    )


def recent_entries(means: Means, theater: Theater, when: Asked, indicator: str, author: str) -> list[Entry]:
    """What was written down lately, or is of the last sixty days: the newest first, `_MOST` at most."""
    names = [item.id for item in theater.indicators if indicator in {"", item.id}]
    since = theater.timeline.last_day(when.instant) - _RECENT
    known = means.service.ledger.observations(names, when.instant, since) if names else []
    became = states(known, when.instant)
    found = [item for item in known if not author or item.author == author]
    found.sort(key=lambda item: (item.recorded_at, item.written_at, item.id), reverse=True)
    return [Entry(item, *became[item.id]) for item in found[:_MOST]]
