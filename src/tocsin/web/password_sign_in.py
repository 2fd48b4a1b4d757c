"""Signing in by name and password, by the API and by a page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.concurrency import run_in_threadpool

from tocsin.usecases.open_session import Visitor
from tocsin.usecases.sign_in import admit, sign_in
from tocsin.web.cookies import refuse_bare_http
from tocsin.web.hashing import hashing

if TYPE_CHECKING:
    from fastapi import Request

    from tocsin.usecases.open_session import Opened
    from tocsin.web.means import Means


async def open_by_password(request: Request, means: Means, name: str, password: str) -> Opened:
    """A session of whoever has a name and a password; NotSignedInError or TooManyAttemptsError where there is none."""
    refuse_bare_http(request)
    access, now, visitor = means.service.access, means.clock(), visitor_of(request)
    attempt = await run_in_threadpool(admit, name, visitor.address, access=access, now=now)
    work = partial(sign_in, name, password, attempt, visitor, access=access, now=now)
    return await to_thread.run_sync(work, limiter=hashing(request))


def visitor_of(request: Request) -> Visitor:
    """Where a request comes from."""
    address = "" if request.client is None else request.client.host
    return Visitor(address, request.headers.get("user-agent", ""))
