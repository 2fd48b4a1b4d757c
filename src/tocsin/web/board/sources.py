"""Sources: the feeds that bring reports, and how their reports have fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from tocsin.domain.access import Right
from tocsin.usecases.watch_feeds import watch_feeds
from tocsin.web.board.page import PageRoute, Reader, render
from tocsin.web.means import Acting
from tocsin.web.schemas.job import FeedBody

if TYPE_CHECKING:
    from tocsin.usecases.watch_feeds import Watched

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)


@router.get("/theaters/{theater}/sources")
def show_sources(request: Request, theater: str, means: Acting, principal: Reader) -> Response:
    """What feeds brought, when they last answered and what is wrong with them."""
    declared, now = means.service.catalog.theater(theater), means.clock()
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
    )
