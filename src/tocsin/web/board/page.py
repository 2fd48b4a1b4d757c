"""What every page shares: how it is answered, how it is refused, and what stands around its content."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast, override
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, NotSignedInError, Problem, TocsinError
from tocsin.domain.instants import read_as_of
from tocsin.usecases.alert_overview import overview
from tocsin.web.access import Allow, GuardedRoute, right_of
from tocsin.web.board.templates import template
from tocsin.web.cookies import SAFE_METHODS
from tocsin.web.demo_gate import DemoGate
from tocsin.web.means import Means
from tocsin.web.negotiation import liked_of
from tocsin.web.overseen import seen_theaters
from tocsin.web.problems import MEDIA_TYPE, answer_error, of_http

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import FastAPI

    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline

    type _Handler = Callable[[Request, Exception], Coroutine[None, None, Response]]

SIGN_IN = "/sign-in"
_FORM = "application/x-www-form-urlencoded"
_SEE_OTHER = 303
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing from elsewhere, nothing inline, no eval: what is injected into a page does not run."""

Reader = Annotated[Principal, Depends(Allow(Right.READ))]
Observer = Annotated[Principal, Depends(Allow(Right.OBSERVE))]
Officer = Annotated[Principal, Depends(Allow(Right.ACKNOWLEDGE))]
AsOf = Annotated[str | None, Query(description="A day or an instant; now, where it is left out or empty.")]


class PageRoute(GuardedRoute):
    """A route that answers with pages, what it refuses too: who has not signed in is led to where they can."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        handle = super().get_route_handler()

        async def paged(request: Request) -> Response:
            try:
                await self._refuse_zeros(request)
                return await handle(request)
            except NotSignedInError as error:
                return _to_sign_in(request) if request.method in SAFE_METHODS else await _refused(request, error)
            except (TocsinError, RequestValidationError, HTTPException) as error:
                return await _refused(request, error)

        return paged

    async def _refuse_zeros(self, request: Request) -> None:
        """InvalidInputError for a form with a zero character, which no database holds; first it is asked who may."""
        kind = request.headers.get("content-type", "")
        if request.method in SAFE_METHODS or not kind.startswith(_FORM):
            return
        allow = right_of(self)
        if allow is not None:
            await allow(request)
        body = await request.body()
        if b"%00" in body or b"\0" in body:
            raise InvalidInputError([Problem("", None, "form", "a zero character", "text without one")])


@dataclass(frozen=True, slots=True)
class Asked:
    """The instant that a page is of.

    Attributes:
        text: As it was asked for; empty where it is now.
        instant: The instant.
        now: The present one.
    """

    text: str
    instant: datetime
    now: datetime

    @property
    def past(self) -> bool:
        """Whether the page looks back: then nothing on it can be changed, and nothing moves by itself."""
        return bool(self.text)


def asked(as_of: str | None, timeline: Timeline, now: datetime) -> Asked:
    """The instant that a page is asked of; a form that was left empty asks of now. InvalidInputError as elsewhere."""
    text = (as_of or "").strip()
    return Asked(text, read_as_of(text or None, timeline, now, "as_of"), now)


def render(
    request: Request,
    page: str,
    *,
    status: int = 200,
    theater: Theater | None = None,
    when: Asked | None = None,
    **content: Any,  # noqa: ANN401 (what a template wants is the template's to say)
) -> HTMLResponse:
    """A template as a page.

    Args:
        request: Who asks, and where.
        page: Name of the template, in `templates/`.
        status: HTTP status.
        theater: Which theater it is about; the frame then has that theater's places.
        when: Of which instant it is, if it can be of an earlier one; the frame then lets people choose.
        content: What the template shows.
    """
    frame = _frame(request, theater, when)
    html = template(page).render(frame=frame, theater=theater, when=when, **content)
    return HTMLResponse(html, status, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})


def go_to(path: str, **parameters: str) -> RedirectResponse:
    """Have the browser ask for a page after it has changed something: so that to load it anew changes nothing."""
    return RedirectResponse(path + ("?" + urlencode(parameters) if parameters else ""), _SEE_OTHER)


def page_path(theater: str, *parts: str) -> str:
    """The address of a page of a theater."""
    return "/".join(["/theaters", quote(theater, safe=""), *(quote(part, safe="/") for part in parts)])


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page.

    Attributes:
        principal: Who looks at it; None before they have signed in.
        demo: Whether this is a demonstration, which nobody signs in to.
        theaters: Those that they may see, as id and title.
        path: The page's own address without parameters.
        here: The address with the instant that is looked at, and no other parameters.
        keep: The same for links to other pages: `?as_of=…`, or empty for now.
        now: What time it is here, which in a demonstration is another than outside.
        waiting: How many alerts of the theater ring and wait for somebody; None where there is no theater.
    """

    principal: Principal | None
    demo: bool
    theaters: list[tuple[str, str]]
    path: str
    here: str
    keep: str
    now: datetime
    waiting: int | None

    def may(self, right: str) -> bool:
        """Whether who looks at it has a right, by its name."""
        return self.principal is not None and self.principal.may(Right(right))


def _frame(request: Request, theater: Theater | None, when: Asked | None) -> Frame:
    means: Means = request.app.state.means
    principal: Principal | None = getattr(request.state, "principal", None)
    catalog = means.service.catalog
    seen = [] if principal is None else seen_theaters(principal, catalog)
    keep = "?" + urlencode({"as_of": when.text}) if when is not None and when.past else ""
    return Frame(
        principal=principal,
        demo=isinstance(means.gate, DemoGate),
        theaters=[(name, catalog.theater(name).title) for name in seen],
        path=request.url.path,
        here=request.url.path + keep,
        keep=keep,
        now=means.clock(),
        waiting=None if theater is None else _waiting(means, theater),
    )


def _waiting(means: Means, theater: Theater) -> int:
    service = means.service
    return sum(item.waits for item in overview(theater.id, rules=service.rules, book=service.alerts, now=means.clock()))


def _to_sign_in(request: Request) -> Response:
    end = request.url.path + ("?" + request.url.query if request.url.query else "")
    place = f"{SIGN_IN}?{urlencode({'next': end})}"
    if "hx-request" in request.headers:  # a part of a page is asked for, and the whole page has to go
        return Response(status_code=204, headers={"hx-redirect": place})
    return RedirectResponse(place, _SEE_OTHER)


async def _refused(request: Request, error: Exception) -> HTMLResponse:
    """What a route refuses, as a page."""
    return as_page(request, of_http(error) if isinstance(error, HTTPException) else await answer_error(request, error))


def as_page(request: Request, answer: Response) -> HTMLResponse:
    """A problem as a page: what is wrong, where, what is accepted, and what to do."""
    page = render(request, "refused.html", status=answer.status_code, problem=json.loads(bytes(answer.body)))
    for name in ("retry-after", "allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page


def install_pages(app: FastAPI) -> None:
    """Answer a browser that asks for an address that is not there with a page, and programs with a problem as ever."""
    as_problem = cast("_Handler", app.exception_handlers[HTTPException])

    async def answer(request: Request, error: Exception) -> Response:
        problem = await as_problem(request, error)
        for_people = not request.url.path.startswith("/api/")
        liked = liked_of(request.headers.get("accept", "*/*"), (MEDIA_TYPE, "text/html"))
        return as_page(request, problem) if for_people and liked == "text/html" else problem

    app.add_exception_handler(HTTPException, answer)
