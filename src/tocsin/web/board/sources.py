"""Sources: the feeds that bring reports, and how their reports have fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from tocsin.domain.access import Right
from tocsin.usecases.track_links import track_links
from tocsin.usecases.track_sources import track_sources
from tocsin.usecases.watch_feeds import watch_feeds
from tocsin.web.board.page import PageRoute, Reader, render
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.job import FeedBody

if TYPE_CHECKING:
    from tocsin.domain.access import Principal
    from tocsin.usecases.watch_feeds import Watched
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_MOST = 100


@router.get("/theaters/{theater}/sources")
async def show_sources(request: Request, theater: str, means: Acting, principal: Reader) -> Response:
    """What feeds brought and what is wrong with them; how the reports of each source have fared; and of each link."""
    return await in_turn(request, principal, lambda _: _page(request, theater, means, principal))


def _page(request: Request, theater: str, means: Means, principal: Principal) -> Response:
    declared, now = means.service.catalog.theater(theater), means.clock()
    service = means.service
    links = track_links(declared, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=now)
    sources = track_sources(declared, ledger=service.ledger, resolutions=service.resolutions, as_of=now)
    feeds = [item for item in means.service.catalog.feeds.values() if item.theater == theater]
    watched: list[Watched] = []
    if principal.may(Right.OPERATE):
        watched = watch_feeds(feeds, book=means.service.feeds, now=now)
    return render(
        request,
        "sources.html",
        theater=declared,
        now=now,
        feeds=[(FeedBody.of(item), item.unwell) for item in watched],
        may=principal.may(Right.OPERATE),
        sources=sorted(sources, key=lambda item: (-item.reports, item.source))[:_MOST],
        links=links,
    )
