"""Deliveries: the attempts to bring a notice to one destination, until it is there or given up for all to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 86_400))
"""After how long a failed attempt is made again, the first time and each further time: a day and three quarters in all.
A receiver that is started anew is back in seconds, one that is broken on a Friday evening is mended on Sunday."""
JITTER = 0.2
"""Waits differ by this share either way, so that what failed together does not come back together."""
LEASE = timedelta(minutes=2)
"""How long an attempt may take; after that another process may make it anew, with the same id."""
MOST_DIGEST_MINUTES = 7 * 24 * 60
"""The longest time whose notices are put together: a week."""
MOST_WAIT = timedelta(days=1)
"""What a receiver may ask for at most."""

GONE = "the receiver has said that it is no longer there"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DestinationKind(StrEnum):
    """By what way somebody is told."""

    WEBHOOK = "webhook"
    EMAIL = "e-mail"
    CHAT = "chat"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where notices go.

    Attributes:
        id: Its id, as rules name it.
        kind: By what way.
        title: What people call it.
        address: An http or https address; mail addresses, with commas between; an address as Apprise writes it; empty
            for the log.
        secret: What a webhook is signed with (`whsec_…`); None for others. Never shown.
        digest_every: Notices of so long are put together into one message; None for one each, at once.
        gone: The receiver has said that it is no longer there, and is sent nothing until somebody sets it anew.
        besides: Those of several addresses that have a message already, and must not get it again.
        refused: Those that refused it for good, each with the reply, and are not asked again.
    """

    id: str
    kind: DestinationKind
    title: str
    address: str
    secret: str | None = None
    digest_every: timedelta | None = None
    gone: bool = False
    besides: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def digest_minutes(self) -> int | None:
        """`digest_every` in minutes."""
        return None if self.digest_every is None else round(self.digest_every.total_seconds() / 60)


THE_LOG = Destination("log", DestinationKind.LOG, "the log of the worker", "")
"""Always there, whatever else is set: where notices of rules go that name no destination."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: one notice, or several of a digest.

    Attributes:
        id: The same at every attempt, so that a receiver who has it already can tell.
        at: When the notice was decided.
        subject: One line.
        text: Plain text.
        html: The same for readers that show it.
        data: The same for programs, as JSON can hold it.
    """

    id: str
    at: datetime
    subject: str
    text: str
    html: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver has it; `answer` is what it said, shortened."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver does not have it, or it is not known whether it does.

    Attributes:
        reason: Why, in words that name no secret.
        retry_after: How long the receiver asks to wait; None where it does not say.
        gone: It will never take anything again (410).
        had: Those of several addresses that have it now.
        refused: Those that refused it for good now, each with the reply.
        hopeless: Whoever does not have it will not take it at another attempt either.
    """

    reason: str
    retry_after: timedelta | None = None
    gone: bool = False
    had: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    hopeless: bool = False


type Outcome = Accepted | Refused


class Stage(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; somebody may send it again."""
    BUNDLED = "bundled"
    """It is said in a digest; `last_word` has the id of that message, whose own delivery tells what became of it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The trail of one message to one destination.

    Attributes:
        message: Id of the message.
        destination: Id of the destination.
        stage: Where it stands.
        attempts: How many were made.
        due_at: When the next one is due.
        claimed_until: Until when an attempt may be under way; None for none.
        last_at: When the last one ended; None before the first.
        last_word: What came of it.
        had: Those of several addresses that have it already.
        refused: Those that refused it for good, each with the reply.
    """

    message: str
    destination: str
    stage: Stage
    attempts: int
    due_at: datetime
    claimed_until: datetime | None = None
    last_at: datetime | None = None
    last_word: str = ""
    had: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Whether an attempt may begin."""
        free = self.claimed_until is None or self.claimed_until <= now
        return self.stage is Stage.WAITING and self.due_at <= now and free


def first_delivery(
    message: str, destination: str, known: Destination | None, now: datetime, *, urgent: bool = False
) -> Delivery:
    """The delivery of a new message; `known` is None where nobody has set that destination yet.

    To one that takes digests it is due with the next of them, unless it is urgent: these end at whole multiples of its
    interval since 1970, so that all that comes in one of them is due together. One that is gone is shown as failed at
    once.
    """
    if known is not None and known.gone:
        return Delivery(message, destination, Stage.DEAD, 0, now, last_at=now, last_word=GONE)
    due_at = now
    if known is not None and known.digest_every is not None and not urgent:
        due_at = now + (_EPOCH - now) % known.digest_every
    return Delivery(message, destination, Stage.WAITING, 0, due_at)


def bundled(delivery: Delivery, digest: str, now: datetime) -> Delivery:
    """A delivery whose message a digest says."""
    return replace(delivery, stage=Stage.BUNDLED, claimed_until=None, last_at=now, last_word=digest)


def claimed(delivery: Delivery, now: datetime) -> Delivery:
    """With an attempt that begins."""
    return replace(delivery, claimed_until=now + LEASE)


def after_attempt(delivery: Delivery, outcome: Outcome, now: datetime, share: float) -> Delivery:
    """With what came of an attempt.

    Args:
        delivery: The delivery.
        outcome: What came of it.
        now: When.
        share: A number from 0 up to 1, drawn anew each time, that spreads the waits.
    """
    attempts = delivery.attempts + 1
    tried = replace(delivery, attempts=attempts, claimed_until=None, last_at=now)
    if isinstance(outcome, Accepted):
        return replace(tried, stage=Stage.DELIVERED, last_word=outcome.answer)
    tried = replace(tried, had=(*delivery.had, *outcome.had), refused=(*delivery.refused, *outcome.refused))
    if outcome.gone or outcome.hopeless or attempts > len(WAITS):
        return replace(tried, stage=Stage.DEAD, last_word=outcome.reason)
    wait = WAITS[attempts - 1] * (1.0 + JITTER * (2.0 * share - 1.0))
    if outcome.retry_after is not None:
        wait = max(wait, min(outcome.retry_after, MOST_WAIT))
    return replace(tried, due_at=now + wait, last_word=outcome.reason)


def sent_again(delivery: Delivery, known: Destination | None, now: datetime) -> Delivery:
    """A dead delivery that somebody wants tried anew, from the first wait on, for those who do not have it.

    InvalidInputError where its destination is gone: it would only be given up once more, and nobody would look.
    """
    if known is not None and known.gone:
        found = f"{known.id!r}, which has said that it is gone"
        raise InvalidInputError([Problem("", None, "destination", found, "one that is set anew")])
    return replace(delivery, stage=Stage.WAITING, attempts=0, due_at=now, claimed_until=None, refused=())
