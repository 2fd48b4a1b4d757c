"""Sessions: whether one is good now, and when its token is to be replaced."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

IDLE_LIMIT = timedelta(hours=12)
"""So long a session may be left alone."""
ABSOLUTE_LIMIT = timedelta(days=7)
"""So long it lasts, however much it is used."""
ROTATED_EVERY = timedelta(minutes=15)
"""How old a token may grow, so that a stolen one is of little use."""
GRACE = timedelta(seconds=60)
"""So long a replaced token is taken: requests that were under way with it must not fail."""


class Standing(StrEnum):
    """What a token is worth now."""

    GOOD = "good"
    DUE = "due"
    """Good, and to be replaced."""
    REPLACED = "replaced"
    """Good a little longer, or until the other is sent: another has taken its place just now."""
    CLOSED = "closed"
    IDLE = "idle"
    AGED = "aged"
    REUSED = "reused"
    """Replaced some time ago: whoever sends it may have stolen it."""

    @property
    def is_good(self) -> bool:
        """Whether a request that bears the token is let in."""
        return self in {Standing.GOOD, Standing.DUE, Standing.REPLACED}


SAID = {
    Standing.CLOSED: "this session was closed",
    Standing.IDLE: f"this session was left alone for {IDLE_LIMIT // timedelta(hours=1)} hours",
    Standing.AGED: f"this session is {ABSOLUTE_LIMIT.days} days old, and none lasts longer",
    Standing.REUSED: "this session goes on with another token",
}
"""What is said of tokens that are not good."""


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in, until it is closed or ends by itself.

    Attributes:
        id: Its id, which is no secret.
        account: Id of the account.
        token: SHA-256 of the token that is in use.
        previous: SHA-256 of the one that it replaced; None for the first.
        opened_at: When somebody signed in.
        rotated_at: When the token was given out.
        seen_at: When it was last used, to the minute.
        closed_at: When it was closed; None where it was not.
        agent: What the browser calls itself.
        address: Where the sign-in came from.
        taken_up: Somebody has sent the token that is in use. Until then the answer that held it may have been lost.
    """

    id: str
    account: str
    token: str = field(repr=False)
    previous: str | None = field(repr=False)
    opened_at: datetime
    rotated_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    agent: str
    address: str
    taken_up: bool = True


def digest(token: str) -> str:
    """What is kept of a token: its SHA-256. It holds 32 random bytes, so nothing slower is needed against guessing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def judge(session: Session, token: str, now: datetime) -> Standing:
    """What a token of a session, given by its SHA-256, is worth at an instant."""
    if session.closed_at is not None:
        return Standing.CLOSED
    if now - session.opened_at >= ABSOLUTE_LIMIT:
        return Standing.AGED
    if now - session.seen_at >= IDLE_LIMIT:
        return Standing.IDLE
    if token == session.token:
        return Standing.DUE if now - session.rotated_at >= ROTATED_EVERY else Standing.GOOD
    return _of_former(session, token, now)


def _of_former(session: Session, token: str, now: datetime) -> Standing:
    """What a token is worth in whose place another has come."""
    if token == session.previous and now - session.rotated_at < GRACE:
        return Standing.REPLACED
    # Who has not heard of the new token still has the old one, which has one successor at a time.
    return Standing.DUE if token == session.previous and not session.taken_up else Standing.REUSED


def is_open(session: Session, now: datetime) -> bool:
    """Whether somebody may go on with it."""
    return judge(session, session.token, now).is_good


def next_look(session: Session, token: str) -> datetime:
    """Until when a good token's standing stays what it is, if nobody closes the session.

    A token is turned long before it has been left alone for too long, so that limit does not come into it.
    """
    turns = session.rotated_at + (ROTATED_EVERY if token == session.token else GRACE)
    return min(turns, session.opened_at + ABSOLUTE_LIMIT)
