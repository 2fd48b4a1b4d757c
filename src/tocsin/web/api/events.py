"""Events: what changes, as it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tocsin.domain.access import RIGHTS, Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.web.access import Allow
from tocsin.web.followers import Follower, Followers
from tocsin.web.means import Acting, Means
from tocsin.web.telling import Told

router = APIRouter(tags=["events"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_RECHECK_SECONDS = 2.0  # how long a stream lives on after its key was revoked or its session closed
_RETRY_MS = 2_000  # how soon a reader that was cut off comes back


@dataclass(frozen=True, slots=True)
class _Wish:
    """Which theaters to tell of, and after which event; None for what comes from now on."""

    seen: frozenset[str]
    after: int | None


def _wish(
    means: Acting,
    principal: _Reader,
    theater: Annotated[list[str] | None, Query(description="Only of this theater; may be given several times.")] = None,
    after: Annotated[int | None, Query(ge=0, description="The number of the last event that you know of.")] = None,
    last_event_id: Annotated[str | None, Header(description="The same; browsers send it when they come back.")] = None,
) -> _Wish:
    """What a request wants; asked before the stream begins, while it can still be refused."""
    may = frozenset(name for name in means.service.catalog.theaters if principal.may(Right.READ, name))
    for name in theater or ():
        if name not in may:
            raise UnknownNameError("theater", name, sorted(may))
    if last_event_id is not None:
        if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 18):  # noqa: PLR2004
            problem = Problem("", None, "Last-Event-ID", repr(last_event_id), "the number of an event")
            raise InvalidInputError([problem])
        after = int(last_event_id)
    return _Wish(may if theater is None else frozenset(theater), after)


async def _seat(request: Request, principal: _Reader) -> AsyncIterator[None]:
    """A place among the open streams, until the stream has ended."""
    followers: Followers = request.app.state.followers
    with followers.seat(principal.name):
        yield


@router.get("/events", response_class=EventSourceResponse, dependencies=[Depends(_seat)])
async def follow_events(
    request: Request, means: Acting, principal: _Reader, wish: Annotated[_Wish, Depends(_wish)]
) -> AsyncIterator[ServerSentEvent]:
    """What changes in the theaters that you may see, as server-sent events.

    Kinds: `observations`, `fit`, `order`, `publication`, `resolution`, `review`, `alert`, `notice`, `silence`, `rule`
    and `delivery` are events, with their numbers as ids; `odds`, without one, comes before events that change the odds
    of a theater, and has the new ones. `delivery` is told to who may read deliveries. After a break, `Last-Event-ID`
    (or `after`) brings what was missed; where that is too much, `gap` comes instead: read anew what you show.
    """
    followers: Followers = request.app.state.followers
    everything = principal.theaters is None and wish.seen == frozenset(means.service.catalog.theaters)
    follower = Follower(wish.seen, everything, RIGHTS[principal.role])
    await followers.join(follower)
    try:
        # So that whoever is cut off before the first event knows where to go on.
        yield ServerSentEvent(
            comment="following", id=None if wish.after is not None else str(follower.since), retry=_RETRY_MS
        )
        for told in [] if wish.after is None else await followers.missed(follower, wish.after):
            yield _message(told, follower, means)
        checked = monotonic()
        while not follower.ended:
            for told in await follower.take(_RECHECK_SECONDS):
                yield _message(told, follower, means)
            if monotonic() - checked >= _RECHECK_SECONDS:
                if not await _still(means, principal):
                    return
                checked = monotonic()
    finally:
        followers.leave(follower)


def _message(told: Told, follower: Follower, means: Means) -> ServerSentEvent:
    text = told.text(follower.seen, means.service.catalog)
    return ServerSentEvent(raw_data=text, event=told.kind, id=None if told.number is None else str(told.number))


async def _still(means: Means, principal: Principal) -> bool:
    """Whether whoever follows may still see what they saw when they began."""
    now = await means.gate.still(principal)
    return now is not None and now.may(Right.READ) and (now.role, now.theaters) == (principal.role, principal.theaters)
