"""API keys: what programs sign in with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.api_key import ApiKey
from tocsin.usecases.add_account import declared_theaters
from tocsin.usecases.make_key import make_key as make
from tocsin.usecases.revoke_key import revoke_key as revoke
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.idempotency import KEYED, KeyedRoute, keep_instead
from tocsin.web.means import Acting
from tocsin.web.overseen import overseen, seen_theaters
from tocsin.web.problems import problem
from tocsin.web.schemas.key import KeyBody, MadeKeyBody, NewKey
from tocsin.web.schemas.problem import problems
from tocsin.web.tables import Asked, PageBody, after, cut

router = APIRouter(tags=["keys"], route_class=KeyedRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]


@router.get("/keys", response_model=PageBody[KeyBody], responses=TABLE)
def list_keys(
    asked: Asked, means: Acting, principal: _Admin, cursor: AskedCursor = None, limit: Limit = 100
) -> Response:
    """Every key that sees no more theaters than you do, revoked and expired ones too, oldest first."""
    question = {"list": "keys", "of": principal.name}
    begun = read_cursor(cursor, question, (datetime, str))
    found = sorted(overseen(means.service.access.keys.every(), principal), key=_place)
    return asked.page(KeyBody, cut(after(found, begun, _place), limit, question, _place), KeyBody.of)


def _place(key: ApiKey) -> tuple[datetime, str]:
    return key.created_at, key.id


@router.post("/keys", status_code=201, responses=problems(409, 422), dependencies=KEYED)
def make_key(body: NewKey, request: Request, means: Acting, principal: _Admin) -> MadeKeyBody:
    """Make a key; you cannot give more than you have, and a key none that lasts longer than itself.

    It is shown in this answer and never again: the same request under the same `Idempotency-Key` makes no other one,
    and is answered by a problem that names the one that was made.
    """
    made = make(
        body.name,
        role=body.role,
        theaters=declared_theaters(body.theaters, seen_theaters(principal, means.service.catalog)),
        expires_at=body.expires_at,
        actor=principal,
        access=means.service.access,
        now=means.clock(),
    )
    keep_instead(request, _shown_once(made.key.id))
    return MadeKeyBody.made(made)


def _shown_once(key: str) -> Response:
    detail = (
        f"the first request with this Idempotency-Key made API key {key}, whose text was in that answer and is not "
        f"kept; if nobody heard it, revoke it (DELETE /api/v1/keys/{key}) and make another one under another "
        "Idempotency-Key. GET /api/v1/keys lists all"
    )
    return problem(409, "shown-once", detail, key=key)


@router.delete("/keys/{key}", status_code=204, responses=problems(404, 409, 422), dependencies=KEYED)
def revoke_key(key: str, means: Acting, principal: _Admin) -> None:
    """Revoke a key, at once and for good."""
    revoke(key, actor=principal, access=means.service.access, now=means.clock())
