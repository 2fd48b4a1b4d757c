"""Publications: what was stated, as rows, and as the lines of a chain that anybody can verify."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from tocsin.domain.access import Principal, Right
from tocsin.domain.instants import write_instant
from tocsin.domain.publication import exported
from tocsin.domain.timeline import Step, Timeline
from tocsin.usecases.ports import PublicationBook
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.etags import holds, with_tag
from tocsin.web.means import Acting, Means
from tocsin.web.negotiation import AskedForm, Form, liked_of, wanted_form
from tocsin.web.schemas.history import StatedBody
from tocsin.web.stated import rows_of, settled_in
from tocsin.web.tables import Asking, Page, PageBody, cut

router = APIRouter(tags=["publications"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_LINES = "application/x-ndjson"
_AT_ONCE = 200  # a few kilobytes each
_EVERYWHERE = Timeline(Step.DAY, window=1, zone="UTC")
"""Of several theaters together a day ends in UTC."""
_CHAIN = {
    200: {"description": "A page, or the lines of the chain.", "content": {_LINES: {"schema": {"type": "string"}}}}
}
_TABLE = TABLE | {
    200: {"description": _CHAIN[200]["description"], "content": TABLE[200]["content"] | _CHAIN[200]["content"]}
}


@router.get("/publications", response_model=PageBody[StatedBody], responses=_TABLE)
def list_publications(
    request: Request,
    means: Acting,
    principal: _Reader,
    named: AskedForm = None,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What was stated of the theaters that you may see, in order of number: a row for each scenario and horizon.

    `limit` counts publications. A day in `as_of` ends in UTC here. As application/x-ndjson (or format=ndjson) it is all
    of them from the cursor on, each as its exported line of the chain: with those of every theater, from the first on,
    `tocsin verify --file` verifies the chain; with those of some theaters each line still holds to its own hash.
    """
    names = [name for name in means.service.catalog.theaters if principal.may(Right.READ, name)]
    return _answer(request, means, names, _EVERYWHERE, (named, as_of, cursor, limit))


@router.get("/theaters/{theater}/publications", response_model=PageBody[StatedBody], responses=_TABLE)
def list_publications_of_theater(
    theater: str,
    request: Request,
    means: Acting,
    _: _Reader,
    named: AskedForm = None,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What was stated of one theater; as for all of them, but that a day ends in the theater's time zone."""
    declared = means.service.catalog.theater(theater)
    return _answer(request, means, [declared.id], declared.timeline, (named, as_of, cursor, limit))


def _answer(
    request: Request,
    means: Means,
    theaters: Sequence[str],
    timeline: Timeline,
    sent: tuple[str | None, str | None, str | None, int],
) -> Response:
    named, as_of, cursor, limit = sent
    instant = instant_of(as_of, timeline, means.clock())
    question = {"list": "publications", "of": (sorted(theaters), as_of)}
    (begun,) = cast("tuple[int]", read_cursor(cursor, question, (int,)) or (0,))
    book = means.service.publications
    if _wants_lines(request, named):
        return _lines_answer(request, book, theaters, instant, begun)
    asking = Asking(request, wanted_form(request, named))
    page = cut(book.page(theaters, instant, begun, limit + 1), limit, question, lambda item: (item.number,))
    settled = settled_in(means, theaters, instant)
    rows = [row for item in page.rows for row in rows_of(item, settled)]
    return asking.page(StatedBody, Page(rows, page.cursor), lambda row: row, as_of=instant)


def _wants_lines(request: Request, named: str | None) -> bool:
    if named is not None:
        return named == "ndjson"
    tables = tuple(form.media_type.partition(";")[0] for form in Form)
    return liked_of(request.headers.get("accept", "*/*"), (*tables, _LINES)) == _LINES


def _lines_answer(
    request: Request, book: PublicationBook, theaters: Sequence[str], instant: datetime, begun: int
) -> Response:
    latest = [item.sha256 for name in theaters if (item := book.latest(name, instant)) is not None]
    # A hash names everything before it in the chain, so the last ones name the whole.
    tag = f'"{hashlib.sha256(f"{begun} {sorted(latest)}".encode()).hexdigest()[:32]}-lines"'
    headers = {"Vary": "Accept", "Tocsin-As-Of": write_instant(instant)}
    if holds(request, tag):
        return with_tag(request, Response(headers=headers), tag)
    answer = StreamingResponse(_lines(book, theaters, instant, begun), headers=headers, media_type=_LINES)
    return with_tag(request, answer, tag)


def _lines(book: PublicationBook, theaters: Sequence[str], instant: datetime, begun: int) -> Iterator[bytes]:
    # A page at a time: a client that reads slowly holds no connection to the store.
    while page := book.page(theaters, instant, begun, _AT_ONCE):
        yield "".join(f"{exported(item)}\n" for item in page).encode("ascii")
        begun = page[-1].number
