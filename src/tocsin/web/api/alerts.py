"""Alerts: how they stand, and what people say to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.alert import Phase
from tocsin.domain.alert_rule import Severity
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.silence import Silence
from tocsin.usecases.acknowledge import acknowledge
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.assign import assign
from tocsin.usecases.silencing import begin_silence
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import READ, TABLE
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting, Means
from tocsin.web.overseen import seen_theaters
from tocsin.web.schemas.alert import AlertBody, Assigning, Snoozing, TakingUp
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.silence import SilenceBody
from tocsin.web.tables import Asked, PageBody, after, cut, give

router = APIRouter(tags=["alerts"], route_class=KeyedRoute)
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Officer = Annotated[Principal, Depends(Allow(Right.ACKNOWLEDGE))]
_Waiting = Annotated[bool, Query(description="Only what fires and nobody has in hand.")]
_ACTED = problems(404, 409, 413, 422)


@router.get("/alerts", response_model=PageBody[AlertBody], responses=TABLE)
def list_alerts(
    asked: Asked,
    means: Acting,
    principal: _Reader,
    theater: Annotated[str | None, Query(description="Only of this theater.")] = None,
    phase: Annotated[list[Phase] | None, Query(description="Only of these; may be given several times.")] = None,
    severity: Annotated[list[Severity] | None, Query(description="Only of these.")] = None,
    waiting: _Waiting = False,  # noqa: FBT002 - FastAPI makes a parameter of the query of it
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """How the alert of every rule stands, in the theaters that you may see."""
    names = seen_theaters(principal, means.service.catalog)
    if theater is not None and theater not in names:
        raise UnknownNameError("theater", theater, names)
    question = {"list": "alerts", "of": (theater, phase, severity, waiting, names)}
    begun = read_cursor(cursor, question, (str, str))
    now = means.clock()
    found = [body for name in names if theater in {None, name} for body in _bodies(means, name, now)]
    wanted = [
        body
        for body in found
        if (not phase or body.phase in phase)
        and (not severity or body.severity in severity)
        and (not waiting or body.waits)
    ]
    page = cut(after(wanted, begun, _place), limit, question, _place)
    return asked.page(AlertBody, page, lambda body: body, as_of=now)


@router.get("/alerts/{theater}/{rule}", response_model=AlertBody, responses=READ)
def show_alert(theater: str, rule: str, request: Request, means: Acting, _: _Reader) -> Response:
    """How the alert of one rule stands."""
    now = means.clock()
    return give(request, _body(means, theater, rule, now), now)


@router.post("/alerts/{theater}/{rule}/acknowledge", responses=_ACTED, dependencies=KEYED)
def acknowledge_alert(theater: str, rule: str, body: TakingUp, means: Acting, principal: _Officer) -> AlertBody:
    """Take an alert up that fires: it is not escalated nor told again while you have it in hand."""
    service, now = means.service, means.clock()
    known = service.rules.rule(service.catalog.theater(theater).id, rule).rule
    acknowledge(
        known.theater, known.id, note=body.note, lasts=body.lasts, book=service.alerts, actor=principal.name, now=now
    )
    return _body(means, theater, rule, now)


@router.post("/alerts/{theater}/{rule}/assign", responses=_ACTED, dependencies=KEYED)
def assign_alert(theater: str, rule: str, body: Assigning, means: Acting, principal: _Officer) -> AlertBody:
    """Ask somebody to take an alert up that fires. Until they do, it is told and escalated as before."""
    service, now = means.service, means.clock()
    known = service.rules.rule(service.catalog.theater(theater).id, rule).rule
    assign(
        known.theater,
        known.id,
        to=body.to,
        note=body.note,
        book=service.alerts,
        accounts=service.access.accounts,
        actor=principal.name,
        now=now,
    )
    return _body(means, theater, rule, now)


@router.post("/alerts/{theater}/{rule}/snooze", status_code=201, responses=_ACTED, dependencies=KEYED)
def snooze_alert(theater: str, rule: str, body: Snoozing, means: Acting, principal: _Officer) -> SilenceBody:
    """Leave one alert unsaid for some hours, whether it fires or not: a silence of this rule, which can be ended."""
    service, now = means.service, means.clock()
    known = service.rules.rule(service.catalog.theater(theater).id, rule).rule
    wanted = Silence("", known.theater, known.id, "*", now, now + timedelta(hours=body.hours), "", body.comment)
    begun = begin_silence(wanted, rules=[known], book=service.silences, actor=principal, now=now)
    return SilenceBody.of(begun, [known], now)


def _bodies(means: Means, theater: str, now: datetime) -> list[AlertBody]:
    found = overview(theater, rules=means.service.rules, book=means.service.alerts, now=now)
    return [AlertBody.of(item) for item in found]


def _body(means: Means, theater: str, rule: str, now: datetime) -> AlertBody:
    known = means.service.rules.rule(means.service.catalog.theater(theater).id, rule).rule
    return next(body for body in _bodies(means, known.theater, now) if body.rule == known.id)


def _place(body: AlertBody) -> tuple[str, str]:
    return body.theater, body.rule
