"""Track records: how links and sources have done. Both are shown, and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from tocsin.domain.access import Principal, Right
from tocsin.usecases.ports import Progress
from tocsin.usecases.track_links import track_links
from tocsin.usecases.track_sources import track_sources
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.track_record import LinkHeadBody, LinkRecordBody, LinksBody, SourceRecordBody
from tocsin.web.tables import Asked, Page, PageBody, after, cut

router = APIRouter(tags=["scores"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]


@router.get("/theaters/{theater}/track-record/links", response_model=LinksBody, responses=TABLE)
async def show_link_record(
    theater: str, asked: Asked, means: Acting, principal: _Reader, as_of: AsOf = None
) -> Response:
    """Each declared link beside what the last fit has learned of it, and when its indicator was seen.

    It says which indicators no longer discriminate. No range, weight or odds change by it.
    """
    declared, service = means.service.catalog.theater(theater), means.service
    instant = instant_of(as_of, declared.timeline, means.clock())

    def work(_: Callable[[Progress], None]) -> Response:
        found = track_links(declared, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=instant)
        page = Page(found.links, None)
        return asked.page(LinkRecordBody, page, LinkRecordBody.of, as_of=instant, more=LinkHeadBody.of(found))

    return await in_turn(asked.request, principal, work)


@router.get("/theaters/{theater}/track-record/sources", response_model=PageBody[SourceRecordBody], responses=TABLE)
async def show_source_record(
    theater: str,
    asked: Asked,
    means: Acting,
    principal: _Reader,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What became of the reports of each source, by its name: corrected, retracted, contradicted or confirmed.

    No grade or trust changes by it. The whole ledger of the theater is read.
    """
    declared, service = means.service.catalog.theater(theater), means.service
    instant = instant_of(as_of, declared.timeline, means.clock())
    question = {"list": "source record", "of": (theater, as_of)}
    begun = read_cursor(cursor, question, (str,))

    def work(_: Callable[[Progress], None]) -> Response:
        found = track_sources(declared, ledger=service.ledger, resolutions=service.resolutions, as_of=instant)
        page = cut(after(found, begun, lambda item: (item.source,)), limit, question, lambda item: (item.source,))
        return asked.page(SourceRecordBody, page, SourceRecordBody.of, as_of=instant)

    return await in_turn(asked.request, principal, work)
