"""Silences: rules of which nothing is said for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.alert_rule import AlertRule
from tocsin.usecases.silencing import begin_silence, end_silence, seen
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting, Means
from tocsin.web.overseen import seen_theaters
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.silence import NewSilence, SilenceBody
from tocsin.web.schemas.texts import ID
from tocsin.web.tables import Asked, PageBody, after, cut

router = APIRouter(tags=["alerts"], route_class=KeyedRoute)
_Officer = Annotated[Principal, Depends(Allow(Right.ACKNOWLEDGE))]


@router.get("/silences", response_model=PageBody[SilenceBody], responses=TABLE)
def list_silences(
    asked: Asked,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.READ))],
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Silences that have not ended and may be about theaters that you see, those that end first first."""
    question, now = {"list": "silences", "of": principal.name}, means.clock()
    begun = read_cursor(cursor, question, (datetime, str))
    rules = _rules(means, principal)
    found = [SilenceBody.of(item, rules, now) for item in means.service.silences.silences(now) if seen(item, principal)]
    page = cut(after(found, begun, _place), limit, question, _place)
    return asked.page(SilenceBody, page, lambda body: body, as_of=now)


@router.post("/silences", status_code=201, responses=problems(409, 413, 422), dependencies=KEYED)
def make_silence(body: NewSilence, means: Acting, principal: _Officer) -> SilenceBody:
    """Leave rules unsaid for a while. What fires meanwhile, and still does then, is told when it is over."""
    now, rules = means.clock(), _rules(means, principal)
    begun = begin_silence(body.silence(now), rules=rules, book=means.service.silences, actor=principal, now=now)
    return SilenceBody.of(begun, rules, now)


@router.delete("/silences/{silence}", responses=problems(404, 409, 422), dependencies=KEYED)
def stop_silence(
    silence: Annotated[str, Path(description="Id of the silence.", pattern=ID)], means: Acting, principal: _Officer
) -> SilenceBody:
    """Let a silence end now; it stays on record as it is then."""
    now = means.clock()
    ended = end_silence(silence, book=means.service.silences, actor=principal, now=now)
    return SilenceBody.of(ended, _rules(means, principal), now)


def _rules(means: Means, principal: Principal) -> list[AlertRule]:
    """The rules of the theaters that somebody sees."""
    return [
        rule for name in seen_theaters(principal, means.service.catalog) for rule in means.service.rules.of(name).rules
    ]


def _place(body: SilenceBody) -> tuple[datetime, str]:
    return body.ends_at, body.id
