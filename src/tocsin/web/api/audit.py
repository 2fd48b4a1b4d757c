"""The audit: what changed, when, and who did it."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.event import EventKind
from tocsin.web.access import Allow
from tocsin.web.asked import PRINTABLE
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.means import Acting
from tocsin.web.overseen import overseen_events
from tocsin.web.schemas.event import AuditBody
from tocsin.web.tables import Asked, Page, PageBody, cut

router = APIRouter(tags=["operation"])
_Administrator = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_Kinds = Annotated[list[EventKind] | None, Query(description="Only these kinds; may be given several times.")]
_Actor = Annotated[
    str | None, Query(max_length=200, pattern=PRINTABLE, description="Only what this one did.", examples=["ada"])
]
_After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Only what came after the event of this number.")]


@router.get("/audit", response_model=PageBody[AuditBody], responses=TABLE)
def list_events(
    asked: Asked,
    means: Acting,
    principal: _Administrator,
    kind: _Kinds = None,
    actor: _Actor = None,
    after: _After = 0,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What changed, oldest first.

    Whoever administers some theaters sees what is of these, and of the accounts and keys that see no others.
    """
    kinds = sorted(set(kind or ()))
    question = {"list": "audit", "of": (kinds, actor, after)}
    (begun,) = cast("tuple[int]", read_cursor(cursor, question, (int,)) or (after,))
    events = means.service.events.after(begun, limit + 1, kinds, actor)
    page = cut(events, limit, question, lambda item: (item.number,))
    seen = overseen_events(page.rows, principal, means.service.access, means.service.catalog)
    return asked.page(AuditBody, Page(seen, page.cursor), AuditBody.of)
