"""What has become of alerts: every step that they took, and everything that was told of them."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import UnknownIdError
from tocsin.web.access import Allow
from tocsin.web.asked import PRINTABLE
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import READ, TABLE
from tocsin.web.means import Acting
from tocsin.web.schemas.alert import StepBody
from tocsin.web.schemas.delivery import NoticeBody, WholeNoticeBody
from tocsin.web.schemas.texts import ID
from tocsin.web.tables import Asked, PageBody, cut, give

router = APIRouter(tags=["alerts"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Rule = Annotated[
    str | None,
    Query(max_length=200, pattern=PRINTABLE, description="Only of this rule, also one that is there no more."),
]


@router.get("/theaters/{theater}/alert-steps", response_model=PageBody[StepBody], responses=TABLE)
def list_alert_steps(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    rule: _Rule = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Every step that the alerts of a theater took, and why, oldest first."""
    declared = means.service.catalog.theater(theater)
    question = {"list": "alert-steps", "of": (declared.id, rule)}
    (begun,) = cast("tuple[int]", read_cursor(cursor, question, (int,)) or (0,))
    rows = means.service.alerts.steps(declared.id, begun, limit + 1, rule)
    return asked.page(StepBody, cut(rows, limit, question, lambda item: (item.number,)), StepBody.of)


@router.get("/theaters/{theater}/notices", response_model=PageBody[NoticeBody], responses=TABLE)
def list_notices(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    rule: _Rule = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Everything that was told of the alerts of a theater, oldest first."""
    declared = means.service.catalog.theater(theater)
    question = {"list": "notices", "of": (declared.id, rule)}
    (begun,) = cast("tuple[int]", read_cursor(cursor, question, (int,)) or (0,))
    rows = means.service.alerts.notices(declared.id, rule, begun, limit + 1)
    return asked.page(NoticeBody, cut(rows, limit, question, lambda item: (item.number,)), NoticeBody.of)


@router.get("/theaters/{theater}/notices/{notice}", response_model=WholeNoticeBody, responses=READ)
def show_notice(
    theater: str,
    notice: Annotated[str, Path(description="Id of the notice.", pattern=ID)],
    request: Request,
    means: Acting,
    _: _Reader,
) -> Response:
    """One notice: what it says, and what became of it."""
    declared, service = means.service.catalog.theater(theater), means.service
    kept, message = service.alerts.notice(declared.id, notice), service.deliveries.message(notice)
    if kept is None or message is None:
        raise UnknownIdError("notice", notice, f"they are listed at /theaters/{theater}/notices")
    trails = service.deliveries.trails([declared.id], message=notice)
    return give(request, WholeNoticeBody.whole(kept, message, trails))
