"""Alerts of a theater: how they stand, and what people say to them."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn

from fastapi import APIRouter, Form, Path, Request, Response

from tocsin.catalog.alert_rule_document import document_of
from tocsin.domain.access import Right
from tocsin.domain.condition_words import condition_words
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.rule_words import patience_words
from tocsin.domain.silence import Silence
from tocsin.usecases.acknowledge import acknowledge
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.assign import assign
from tocsin.usecases.silencing import begin_silence, end_silence, seen
from tocsin.web.board.filled import UNTOUCHED, Filled
from tocsin.web.board.page import Officer, PageRoute, Reader, go_to, page_path, render
from tocsin.web.board.rule_text import as_yaml
from tocsin.web.means import Acting
from tocsin.web.schemas.silence import SilenceBody
from tocsin.web.schemas.texts import ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.usecases.alert_overview import Overview
    from tocsin.usecases.alert_ports import AlertStep, KeptNotice
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_REFUSED = 422
_MOST_HOURS = 24 * 30
_STEPS, _PAGE, _TRAILS = 200, 1_000, 20
_Text = Annotated[str, Form()]


@router.get("/theaters/{theater}/alerts")
def show_alerts(request: Request, theater: str, means: Acting, principal: Reader) -> Response:
    """Every rule with its alert, what rings first; and the silences."""
    return _list(request, means, theater, principal)


@router.post("/theaters/{theater}/silences")
def make_silence(
    request: Request,
    theater: str,
    means: Acting,
    principal: Officer,
    rule: _Text = "*",
    severity: _Text = "*",
    hours: _Text = "",
    comment: _Text = "",
) -> Response:
    """Leave rules of this theater unsaid for some hours."""
    service, now = means.service, means.clock()
    try:
        ends = now + (_hours(hours) or _refuse_hours(hours))
        wanted = Silence("", theater, rule.strip() or "*", severity.strip() or "*", now, ends, "", comment)
        rules = service.rules.of(service.catalog.theater(theater).id).rules
        begin_silence(wanted, rules=rules, book=service.silences, actor=principal, now=now)
    except InvalidInputError as error:
        typed = {"rule": rule, "severity": severity, "hours": hours, "comment": comment}
        return _list(request, means, theater, principal, Filled("silence", typed, error.problems))
    return go_to(page_path(theater, "alerts"))


@router.post("/theaters/{theater}/silences/{silence}/end")
def stop_silence(
    theater: str, silence: Annotated[str, Path(pattern=ID)], means: Acting, principal: Officer
) -> Response:
    """Let a silence end now."""
    end_silence(silence, book=means.service.silences, actor=principal, now=means.clock())
    return go_to(page_path(theater, "alerts"))


@router.get("/theaters/{theater}/alerts/{rule}")
def show_alert(request: Request, theater: str, rule: str, means: Acting, principal: Reader) -> Response:
    """One alert: how it stands, how it came to that, and what was told of it."""
    return _one(request, means, theater, rule, principal)


@router.post("/theaters/{theater}/alerts/{rule}/acknowledge")
def acknowledge_here(
    request: Request,
    theater: str,
    rule: str,
    means: Acting,
    principal: Officer,
    note: _Text = "",
    hours: _Text = "",
) -> Response:
    """Take it up: it is not told again nor escalated while somebody has it in hand."""

    def act(now: datetime) -> None:
        acknowledge(
            theater,
            rule,
            note=note,
            lasts=_hours(hours),
            book=means.service.alerts,
            actor=principal.name,
            now=now,
        )

    return _act(request, means, theater, rule, principal, act, Filled("acknowledge", {"note": note, "hours": hours}))


@router.post("/theaters/{theater}/alerts/{rule}/assign")
def assign_here(
    request: Request,
    theater: str,
    rule: str,
    means: Acting,
    principal: Officer,
    to: _Text = "",
    note: _Text = "",
) -> Response:
    """Ask somebody to take it up; until they do it is told as before."""

    def act(now: datetime) -> None:
        assign(
            theater,
            rule,
            to=to.strip(),
            note=note,
            book=means.service.alerts,
            accounts=means.service.access.accounts,
            actor=principal.name,
            now=now,
        )

    return _act(request, means, theater, rule, principal, act, Filled("assign", {"to": to, "note": note}))


def _act(
    request: Request,
    means: Means,
    theater: str,
    rule: str,
    principal: Principal,
    act: Callable[[datetime], None],
    filled: Filled,
) -> Response:
    means.service.rules.rule(means.service.catalog.theater(theater).id, rule)  # it must be one
    try:
        act(means.clock())
    except InvalidInputError as error:
        return _one(request, means, theater, rule, principal, replace(filled, problems=error.problems))
    return go_to(page_path(theater, "alerts", rule))


_HOURS = f"a whole number of hours from 1 to {_MOST_HOURS}"


def _hours(text: str) -> timedelta | None:
    """For how long; None where nothing was typed. InvalidInputError where it is no number of hours."""
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdigit() or not 1 <= int(text.strip()[:9]) <= _MOST_HOURS:
        _refuse_hours(text)
    return timedelta(hours=int(text))


def _refuse_hours(text: str) -> NoReturn:
    raise InvalidInputError([Problem("", None, "hours", repr(text[:80]), _HOURS)])


def _list(
    request: Request,
    means: Means,
    theater: str,
    principal: Principal,
    filled: Filled = UNTOUCHED,
) -> Response:
    service, now = means.service, means.clock()
    declared = service.catalog.theater(theater)
    found = overview(theater, rules=service.rules, book=service.alerts, now=now)
    rules = service.rules.of(theater)
    silences = [
        SilenceBody.of(item, rules.rules, now) for item in service.silences.silences(now) if seen(item, principal)
    ]
    return render(
        request,
        "alerts.html",
        status=_REFUSED if filled.problems else 200,
        theater=declared,
        rows=sorted(found, key=_urgency),
        broken=rules.problems,
        words=condition_words,
        silences=[item for item in silences if item.rules],
        filled=filled,
        now=now,
    )


def _urgency(item: Overview) -> tuple[object, ...]:
    """What waits for somebody first, then what rings, the more severe first."""
    severity = ["critical", "warning", "information"].index(item.rule.severity.value)
    return not item.waits, not item.rings, severity, item.rule.id


def _last[Numbered: (AlertStep, KeptNotice)](read: Callable[[int], list[Numbered]]) -> list[Numbered]:
    """The last of what a rule has on record, oldest first: the record is read a page at a time from its beginning."""
    found: deque[Numbered] = deque(maxlen=_STEPS)
    page = read(0)
    while page:
        found.extend(page)
        page = read(page[-1].number)
    return list(found)


def _one(
    request: Request,
    means: Means,
    theater: str,
    rule: str,
    principal: Principal,
    filled: Filled = UNTOUCHED,
) -> Response:
    service, now = means.service, means.clock()
    declared = service.catalog.theater(theater)
    known = service.rules.rule(declared.id, rule)
    item = next(it for it in overview(theater, rules=service.rules, book=service.alerts, now=now) if it.rule.id == rule)
    steps = _last(lambda after: service.alerts.steps(theater, after, _PAGE, rule))
    notices = _last(lambda after: service.alerts.notices(theater, rule, after, _PAGE))
    told = [kept.notice.id for kept in notices[-_TRAILS:]] if principal.may(Right.OPERATE) else []
    return render(
        request,
        "alert.html",
        status=_REFUSED if filled.problems else 200,
        theater=declared,
        item=item,
        known=known,
        words=condition_words(known.rule.condition),
        patience=patience_words(known.rule),
        document=as_yaml(document_of(known.rule, declared.timeline)),
        steps=list(reversed(steps)),
        notices=list(reversed(notices)),
        trails=[trail for name in reversed(told) for trail in service.deliveries.trails([theater], message=name)],
        acknowledgements=service.alerts.acknowledgements(theater, rule),
        filled=filled,
        now=now,
    )
