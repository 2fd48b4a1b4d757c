"""Observations: what the ledger holds, who stands behind it, and the evidence that comes of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.evidence import Cell, derive_evidence, first_day_with_bearing
from tocsin.domain.observation import effective, states
from tocsin.domain.origin import Sources, count_sources
from tocsin.usecases.list_ledger import Asked as Which
from tocsin.usecases.list_ledger import Entry
from tocsin.usecases.page_ledger import page_ledger
from tocsin.usecases.ports import LedgerPlace
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import READ, TABLE
from tocsin.web.means import Acting
from tocsin.web.schemas.evidence import CellBody
from tocsin.web.schemas.ledger import EntryBody, SourcesBody, VersionsBody
from tocsin.web.tables import Asked, PageBody, after, cut, give
from tocsin.web.versions import versions_of

router = APIRouter(tags=["observations"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Indicator = Annotated[str | None, Query(description="Only this indicator.", examples=["violence/border-attack"])]
_Since = Annotated[date | None, Query(description="Only this day and later ones.", examples=["2016-01-01"])]
_Until = Annotated[date | None, Query(description="Only this day and earlier ones.", examples=["2016-03-08"])]
_Everything = Annotated[bool, Query(description="Superseded and withdrawn observations too, and retractions.")]


@router.get("/theaters/{theater}/observations", response_model=PageBody[EntryBody], responses=TABLE)
def list_observations(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    indicator: _Indicator = None,
    since: _Since = None,
    until: _Until = None,
    everything: _Everything = False,  # noqa: FBT002 (a parameter of the address)
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """The observations that stand, or with `everything` all, in order of day, then the instant known, then id.

    Where `as_of` is left out, each page is read at its own instant: no row is repeated or left out, and what is
    corrected between two pages shows as corrected. Name an instant to read all pages at it.
    """
    _refuse_backward(since, until)
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    question = {"list": "observations", "of": (theater, indicator, since, until, everything, as_of)}
    begun = cast("LedgerPlace | None", read_cursor(cursor, question, (date, datetime, str)))
    which = Which(indicator, since, until, everything)
    entries = page_ledger(declared, which, ledger=means.service.ledger, as_of=instant, after=begun, limit=limit + 1)
    page = cut(entries, limit, question, _place)
    return asked.page(EntryBody, page, lambda entry: EntryBody.of(entry, declared), as_of=instant)


def _place(entry: Entry) -> LedgerPlace:
    item = entry.observation
    return item.observed_on, item.recorded_at, item.id


def _refuse_backward(since: date | None, until: date | None) -> None:
    if since is not None and until is not None and until < since:
        accepted = f"{since}, the day of since, or later"
        raise InvalidInputError([Problem("", None, "until", repr(until.isoformat()), accepted)])


@router.get("/theaters/{theater}/observations/{observation}", response_model=VersionsBody, responses=READ)
def show_observation(
    theater: str, observation: str, request: Request, means: Acting, _: _Reader, as_of: AsOf = None
) -> Response:
    """One observation by its id, with every version of it that was known: what it corrected, and what corrected it."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    chain = versions_of(declared, means.service.ledger, observation, instant)
    became = states(chain, instant)
    bodies = {item.id: EntryBody.of(Entry(item, *became[item.id]), declared) for item in chain}
    return give(request, VersionsBody(observation=bodies[observation], versions=list(bodies.values())), instant)


@router.get("/theaters/{theater}/sources", response_model=PageBody[SourcesBody], responses=TABLE)
def list_sources(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    indicator: _Indicator = None,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Origins and the effective number of sources, by indicator and step of the window, oldest step first."""
    declared = means.service.catalog.theater(theater)
    names = [item.id for item in declared.indicators] if indicator is None else [declared.indicator(indicator).id]
    instant = instant_of(as_of, declared.timeline, means.clock())
    first = declared.timeline.number(declared.timeline.last_day(instant)) - declared.timeline.window + 1
    # Echoes belong to the step of the report that counts, so those of days before the window are read too.
    known = means.service.ledger.observations(names, instant, declared.timeline.start_of(first))
    found = [item for item in count_sources(declared, effective(known, instant)) if item.step >= first]
    question = {"list": "sources", "of": (theater, indicator, as_of)}
    ordered = sorted(found, key=_source_place)
    page = cut(after(ordered, read_cursor(cursor, question, (int, str)), _source_place), limit, question, _source_place)
    return asked.page(SourcesBody, page, lambda item: SourcesBody.of(item, declared), as_of=instant)


def _source_place(item: Sources) -> tuple[int, str]:
    return item.step, item.indicator


@router.get("/theaters/{theater}/evidence", response_model=PageBody[CellBody], responses=TABLE)
def list_evidence(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    indicator: _Indicator = None,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What all observations known at an instant say about each indicator in each step of the window, as it is fitted.

    Oldest step first. An indicator and step that is not listed says nothing.
    """
    declared = means.service.catalog.theater(theater)
    wanted = None if indicator is None else declared.indicator(indicator).id
    instant = instant_of(as_of, declared.timeline, means.clock())
    names = [item.id for item in declared.indicators]
    known = means.service.ledger.observations(names, instant, first_day_with_bearing(declared, instant))
    evidence = derive_evidence(declared, known, instant)
    first = evidence.first_step

    def place(cell: Cell) -> tuple[int, str]:
        # Absolute, so that a cursor holds when the window rolls on.
        return first + cell.step, cell.indicator

    cells = sorted((cell for cell in evidence.cells if wanted in {None, cell.indicator}), key=place)
    question = {"list": "evidence", "of": (theater, indicator, as_of)}
    page = cut(after(cells, read_cursor(cursor, question, (int, str)), place), limit, question, place)
    return asked.page(CellBody, page, lambda cell: CellBody.of(cell, evidence, declared), as_of=instant)
