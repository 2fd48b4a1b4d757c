"""Events as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, Field

from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from tocsin.domain.event import Event


class AuditBody(BaseModel):
    """One change, as it was written with the change itself."""

    number: int = Field(description="Its place in the order in which changes came about.")
    at: datetime
    kind: EventKind
    theater: str = Field(description="Empty where it is of several theaters or of none.")
    subject: str = Field(description="Id of what changed.")
    actor: str = Field(description="Who did it: an account, key:ID, a feed or a job.")
    detail: dict[str, Any]

    @classmethod
    def of(cls, item: Event) -> Self:
        """The body of an event."""
        return cls(
            number=item.number,
            at=item.at,
            kind=item.kind,
            theater=item.theater,
            subject=item.subject,
            actor=item.actor,
            detail=dict(item.detail),
        )
