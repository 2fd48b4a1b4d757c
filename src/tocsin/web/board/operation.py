"""What runs, where notices go, and what changed: for those who operate and administer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from tocsin.channels.check import check_destination
from tocsin.channels.signature import new_secret
from tocsin.domain.access import Principal, Right
from tocsin.domain.delivery import Destination, DestinationKind
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.domain.event import Event, EventKind
from tocsin.usecases.set_destination import set_destination
from tocsin.usecases.trial import trial_message
from tocsin.web.access import Allow
from tocsin.web.board.filled import UNTOUCHED, Filled
from tocsin.web.board.page import PageRoute, go_to, render
from tocsin.web.means import Acting
from tocsin.web.overseen import known_destinations, overseen_events, refuse_part
from tocsin.web.schemas.delivery import DestinationBody

if TYPE_CHECKING:
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_Operator = Annotated[Principal, Depends(Allow(Right.OPERATE))]
_Text = Annotated[str, Form()]
_REFUSED = 422
_DESTINATIONS = "/admin/destinations"
_PAGE, _STRETCH = 100, 1_000
_LONGEST = 2_000


@router.get("/admin/jobs")
def show_jobs(request: Request, means: Acting, principal: _Operator) -> Response:
    """The workers, and what they run."""
    now, book = means.clock(), means.service.jobs
    runs = [run for run in book.standing(now) if _seen(principal, run.job)]
    runs.sort(key=lambda run: (run.started_at, run.id), reverse=True)
    return render(request, "jobs.html", workers=book.workers(), runs=runs, now=now)


def _seen(principal: Principal, job: str) -> bool:
    theater = job.partition("/")[2].partition("/")[0]
    return not theater or principal.may(Right.OPERATE, theater)


@router.get("/admin/destinations")
def show_destinations(request: Request, means: Acting, _: _Operator) -> Response:
    """Where notices go; neither addresses nor secrets."""
    return _destinations(request, means)


@router.post("/admin/destinations")
def set_destination_here(
    request: Request,
    means: Acting,
    principal: _Admin,
    name: _Text = "",
    kind: _Text = "",
    title: _Text = "",
    address: _Text = "",
    digest_minutes: _Text = "",
) -> Response:
    """Set a destination, new or anew. The secret of a webhook is made here, shown on this page and never again."""
    refuse_part(principal)
    try:
        wanted = _destination(name, kind, title, address, digest_minutes)
        set_destination(
            wanted, check=check_destination, book=means.service.destinations, actor=principal.name, now=means.clock()
        )
    except InvalidInputError as error:
        typed = {"name": name, "kind": kind, "title": title, "address": address, "digest_minutes": digest_minutes}
        return _destinations(request, means, Filled("set", typed, error.problems))
    return _destinations(request, means, made=wanted if wanted.secret else None)


@router.post("/admin/destinations/{destination}/test")
def test_destination_here(destination: str, means: Acting, principal: _Admin) -> Response:
    """Send a message that says that it is a test, by way of the worker."""
    refuse_part(principal)
    known = known_destinations(means.service.destinations)
    if destination not in known:
        raise UnknownNameError("destination", destination, sorted(known))
    means.service.deliveries.post(trial_message(known[destination], means.clock()), destination)
    return go_to(_DESTINATIONS)


@router.post("/admin/destinations/{destination}/remove")
def remove_destination_here(destination: str, means: Acting, principal: _Admin) -> Response:
    """Forget a destination; what was sent there stays on record."""
    refuse_part(principal)
    if not means.service.destinations.remove(destination, principal.name, means.clock()):
        raise UnknownNameError("destination", destination, sorted(known_destinations(means.service.destinations)))
    return go_to(_DESTINATIONS)


def _destination(name: str, kind: str, title: str, address: str, digest: str) -> Destination:
    if kind not in set(DestinationKind):
        raise InvalidInputError([Problem("", None, "kind", repr(kind[:40]), ", ".join(DestinationKind))])
    if len(address) > _LONGEST or "\0" in name + title + address:
        raise InvalidInputError([Problem("", None, "address", "too long", f"at most {_LONGEST:,} characters")])
    every = digest.strip()
    if every and not (every.isascii() and every.isdigit() and int(every[:6]) >= 1):
        raise InvalidInputError(
            [Problem("", None, "digest_minutes", repr(every[:20]), "a number of minutes, or nothing")]
        )
    secret = new_secret() if kind == DestinationKind.WEBHOOK else None
    span = timedelta(minutes=int(every)) if every else None
    return Destination(name.strip(), DestinationKind(kind), title.strip(), address.strip(), secret, span)


def _destinations(
    request: Request, means: Means, filled: Filled = UNTOUCHED, made: Destination | None = None
) -> Response:
    counts = means.service.deliveries.counts()
    known = known_destinations(means.service.destinations)
    return render(
        request,
        "destinations.html",
        status=_REFUSED if filled.problems else 200,
        destinations=[DestinationBody.of(item, counts) for _, item in sorted(known.items())],
        kinds=list(DestinationKind),
        filled=filled,
        made=made,
    )


@router.get("/admin/audit")
def show_audit(
    request: Request,
    means: Acting,
    principal: _Admin,
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    kind: Annotated[str, Query()] = "",
    actor: Annotated[str, Query()] = "",
) -> Response:
    """What changed, the latest first, a page at a time."""
    kinds = [] if not kind else [item for item in EventKind if item.value == kind]
    if kind and not kinds:
        raise InvalidInputError([Problem("", None, "kind", repr(kind[:40]), ", ".join(EventKind))])
    book = means.service.events
    asked = actor.strip() if actor.strip().isprintable() else ""
    end = before or book.last() + 1
    begin, events = end - 1, list[Event]()
    while begin > 0 and len(events) < _PAGE:  # back from the end, until a page is full
        begin, until = max(0, begin - _STRETCH), begin
        found = book.after(begin, _STRETCH, kinds, asked or None)
        events = [item for item in found if item.number <= until] + events
    seen = overseen_events(events, principal, means.service.access, means.service.catalog)
    return render(
        request,
        "audit.html",
        events=list(reversed(seen)),
        earlier=begin + 1 if begin else 0,
        kinds=list(EventKind),
        kind=kind,
        actor=actor,
    )
