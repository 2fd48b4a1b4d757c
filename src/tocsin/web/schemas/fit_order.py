"""Orders of fits as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.job import State

if TYPE_CHECKING:
    from tocsin.usecases.order_fit import Order


class FitOrderBody(BaseModel):
    """An order of a fit, and what came of it."""

    id: str
    theater: str
    state: State = Field(description="open: it waits for a worker; running; done; failed; skipped.")
    ordered_at: datetime = Field(description="What was known at this instant is fitted.")
    attempt: int = Field(description="Which attempt it is in, from 1; 0 before the first.")
    started_at: datetime | None = Field(description="When the last attempt began.")
    ended_at: datetime | None = Field(description="When the last attempt ended.")
    next_attempt_at: datetime | None
    outcome: str | None = Field(description="What came of it, in a sentence.")
    problem: str | None = Field(description="Why the last attempt failed.")
    fit: str | None = Field(description="Id of the accepted fit that answers for it, once it is done.")
    hint: str | None = Field(description="Why it may take longer than it should, and what to do.")
    follow: str = Field(description="Where to ask again what came of it.")

    @classmethod
    def of(cls, theater: str, order: Order, follow: str) -> Self:
        """The body of an order."""
        run = order.run
        return cls(
            id=run.id,
            theater=theater,
            state=run.state,
            ordered_at=run.slot,
            attempt=run.attempt,
            started_at=run.started_at if run.attempt else None,
            ended_at=run.ended_at,
            next_attempt_at=run.next_attempt_at,
            outcome=run.outcome,
            problem=run.problem,
            fit=None if order.fit is None else order.fit.id,
            hint=order.hint,
            follow=follow,
        )
