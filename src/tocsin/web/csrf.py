"""Requests that another site had a browser send, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from tocsin.web.cookies import SAFE_METHODS
from tocsin.web.credentials import bearer_in
from tocsin.web.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_ADVICE = "; send it from this site's own pages, or with an API key as: Authorization: Bearer KEY"


class CrossSiteGuard:
    """Middleware: an unsafe request must come from this site, where a browser would add what signs its user in."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        fault = "" if scope["type"] != "http" else cross_site(scope["method"], Headers(scope=scope))
        if fault:
            await problem(403, "cross-site", fault + _ADVICE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def cross_site(method: str, headers: Headers) -> str:
    """Why a request is refused as another site's; empty where it is not.

    1. What is safe changes nothing, and no browser adds a key to what another site has it send.
    2. Browsers say in Sec-Fetch-Site whose page sent it: this site's, or the user themselves (`none`).
    3. Where they do not, Origin must be this host; a page of nobody's says `null`.
    4. What says neither is no page's. With a cookie it is refused all the same: an old browser may be behind it.
    """
    if method in SAFE_METHODS or bearer_in(headers.get("authorization", "")) is not None:
        return ""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in {"same-origin", "none"} else f"the browser says that it is {site}"
    origin = headers.get("origin")
    if origin is not None:
        host = headers.get("host", "")
        same = origin.lower() in {f"https://{host}".lower(), f"http://{host}".lower()}
        return "" if same else f"its origin is {origin}, and this is {host}"
    return "it has a cookie and neither Sec-Fetch-Site nor Origin" if "cookie" in headers else ""
