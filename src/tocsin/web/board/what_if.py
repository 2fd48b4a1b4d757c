"""What if: readings that nobody has made, and the odds as they would be. The address holds them, to be shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.errors import InvalidInputError, NoFitError, Problem, RefitWantedError
from tocsin.domain.observation import Draft
from tocsin.usecases.what_if import what_if
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.change import ChangeBody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.usecases.ports import Progress

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_MOST = 20
_REFUSED = 422
_Texts = Annotated[list[str], Query(default_factory=list)]


@dataclass(frozen=True, slots=True)
class Row:
    """One imagined reading, as it was typed."""

    indicator: str = ""
    value: str = "1"
    observed_on: str = ""
    grade: str = "A1"

    def draft(self, place: int, today: str) -> Draft:
        """As a draft with an origin of its own."""
        return Draft(
            indicator=self.indicator.strip(),
            observed_on=self.observed_on.strip() or today,
            value=self.value.strip(),
            grade=self.grade.strip() or "A1",
            origin=f"what-if {place}",
            place=f"reading {place}",
        )


@router.get("/theaters/{theater}/what-if")
async def show_what_if(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    indicator: _Texts,
    value: _Texts,
    observed_on: _Texts,
    grade: _Texts,
    as_of: AsOf = None,
    rows: Annotated[int, Query()] = 1,
) -> Response:
    """The odds as of an instant, and as they would be if these readings were known by then too."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    if not 1 <= rows <= _MOST:
        raise InvalidInputError([Problem("", None, "rows", str(rows), f"a whole number from 1 to {_MOST}")])
    typed = _rows(indicator, value, observed_on, grade)
    today = declared.timeline.last_day(when.instant).isoformat()
    drafts = [row.draft(place, today) for place, row in enumerate(typed, start=1) if row.indicator.strip()]
    change: ChangeBody | None = None
    no_odds = ""
    problems: tuple[Problem, ...] = ()

    def imagine(report: Callable[[Progress], None]) -> ChangeBody:
        service = means.service
        found = what_if(
            declared,
            drafts,
            ledger=service.ledger,
            fits=service.fits,
            codec=service.codec,
            as_of=when.instant,
            report=report,
        )
        return ChangeBody.of(found.real, found.imagined)

    if drafts:
        try:
            change = await in_turn(request, principal, imagine)
        except InvalidInputError as error:
            problems = tuple(error.problems)
        except (NoFitError, RefitWantedError) as error:
            no_odds = str(error)
    link = str(request.url.replace(query=_address(typed, when.text))) if drafts else ""
    return await run_in_threadpool(
        render,
        request,
        "what_if.html",
        status=_REFUSED if problems else 200,
        theater=declared,
        when=when,
        rows=[*typed, *[Row()] * max(0, rows - len(typed))],
        change=change,
        no_odds=no_odds,
        problems=problems,
        link=link,
        today=today,
        most=_MOST,
    )


def _rows(
    indicator: Sequence[str], value: Sequence[str], observed_on: Sequence[str], grade: Sequence[str]
) -> list[Row]:
    """The readings of an address; what an address leaves out of one is as in a new row."""
    new = Row()

    def at(given: Sequence[str], place: int, otherwise: str) -> str:
        return given[place] if place < len(given) else otherwise

    found = [
        Row(name, at(value, place, new.value), at(observed_on, place, ""), at(grade, place, new.grade))
        for place, name in enumerate(indicator[:_MOST])
    ]
    return [row for row in found if row.indicator.strip()]


def _address(rows: Sequence[Row], as_of: str) -> str:
    parts = [("as_of", as_of)] if as_of else []
    for row in rows:
        parts += [("indicator", row.indicator), ("value", row.value)]
        parts += [("observed_on", row.observed_on), ("grade", row.grade)]
    return urlencode(parts)
