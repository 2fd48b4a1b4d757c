"""Events: what changed in a store, when, and who did it: the audit, and what followers of the store are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class EventKind(StrEnum):
    """What happened."""

    OBSERVATIONS_RECORDED = "observations.recorded"
    """Observations came in, corrections and retractions among them; `detail` counts and names them."""
    FIT_ACCEPTED = "fit.accepted"
    FIT_REJECTED = "fit.rejected"
    FIT_ORDERED = "fit.ordered"
    """Somebody asked for a fit; a worker makes it."""
    ODDS_PUBLISHED = "odds.published"
    WINDOW_SETTLED = "window.settled"
    REVIEW_DECIDED = "review.decided"
    """A person confirmed or dismissed what a feed brought."""
    ALERT_FIRED = "alert.fired"
    ALERT_RESOLVED = "alert.resolved"
    ALERT_CHANGED = "alert.changed"
    """An alert took any other step; `detail` says which."""
    ALERT_TOLD = "alert.told"
    """A notice was decided, and is on its way to its destinations."""
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_ASSIGNED = "alert.assigned"
    RULE_CHANGED = "rule.changed"
    """Somebody set or removed an alert rule that no file declares."""
    SILENCE_BEGUN = "silence.begun"
    SILENCE_ENDED = "silence.ended"
    """A person ended a silence before its time."""
    DELIVERY_FAILED = "delivery.failed"
    """A message was given up; somebody may send it again."""
    DELIVERY_REVIVED = "delivery.revived"
    """Somebody has a message that was given up sent again."""
    DESTINATION_CHANGED = "destination.changed"
    ACCOUNT_CHANGED = "account.changed"
    KEY_CHANGED = "key.changed"
    SIGNED_IN = "session.opened"
    SIGNED_OUT = "session.closed"
    SIGN_IN_LIMITED = "sign-in.limited"
    """Too many attempts failed; told once while it lasts, not once an attempt."""
    CREDENTIAL_REFUSED = "credential.refused"
    """A key or session that was good once was sent again; told once an hour for each."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change, written in the transaction of the change itself.

    Attributes:
        kind: What happened.
        at: When it was written down.
        theater: Whose odds it may have to do with; empty where it is of several theaters or of none.
        subject: Id of what changed.
        actor: Who did it: an account, `key:<id>`, a feed or a job.
        detail: What else there is to say, as JSON can hold it; no secret.
        number: Its place in the store, from 1, in the order in which the changes came about; 0 until it is recorded.
    """

    kind: EventKind
    at: datetime
    theater: str
    subject: str
    actor: str
    detail: Mapping[str, object] = field(default_factory=dict)
    number: int = 0
