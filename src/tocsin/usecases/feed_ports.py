"""What feeds and the review queue need from outside; see `ports`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from tocsin.domain.feed import FeedState
    from tocsin.domain.feed_record import Kept, Outcome, Tally, Unmapped
    from tocsin.domain.feed_revision import Standing
    from tocsin.domain.incident import Incident
    from tocsin.domain.observation import Draft, Observation
    from tocsin.domain.review import Decision, ReviewItem
    from tocsin.usecases.ports import Recorded


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as an upstream sent it, before anybody has understood it.

    Attributes:
        upstream_id: What the upstream calls it; the same event keeps it through all revisions.
        revision: What tells one version of it from another: a time stamp, a number, or the SHA-256 of its content.
        content: Its bytes, as a deletion perhaps empty.
        deleted: The upstream says that it withdraws the record.
        doubtful: As a deletion: the record is not there any more, and a person must say whether that withdraws it.
    """

    upstream_id: str
    revision: str
    content: bytes
    deleted: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Records that are taken in together, and the watermark once they are: both are written in one transaction."""

    records: tuple[RawRecord, ...]
    watermark: str


class Connector(Protocol):
    """One upstream feed."""

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """What is new since a watermark (None: since the beginning that the feed declares), oldest first.

        A page is small enough to be held in memory. FeedUnavailableError where the upstream does not answer as it
        should, FeedRefusedError where it refuses the credential, FeedFormatError where what it sends is not of the
        form that is known. Pages that came before the error stay taken in.
        """
        ...

    def read(self, record: RawRecord) -> Incident | Draft:
        """What a record says: an incident that rules must map, or an observation already.

        FeedFormatError where the record cannot be understood.
        """
        ...


@dataclass(frozen=True, slots=True)
class Latest:
    """The last revision of an upstream record that could be read, and what it stands as."""

    record: str
    revision: str
    sha256: str
    deleted: bool
    observations: tuple[str, ...]
    dismissed: tuple[Draft, ...]


class FeedPage(Protocol):
    """One page in one transaction: what is read in it still holds when it is written."""

    def seen(self, records: Collection[str]) -> Mapping[str, Outcome]:
        """Of these record ids, those that are kept already, and what became of them."""
        ...

    def latest(self, upstream_ids: Collection[str]) -> Mapping[str, Latest]:
        """By upstream id, the last revision of each that is known."""
        ...

    def standing(self, observations: Collection[str]) -> Mapping[str, Standing]:
        """By id, what has become of those of these observations that are in the ledger."""
        ...

    def shared(self, observations: Collection[str], besides: Collection[str]) -> set[str]:
        """Of these observations, those that the last revision of an upstream record besides these stands as."""
        ...

    def unreadable_in_a_row(self) -> int | None:
        """How many records could not be read since the last instant at which one could; None where none ever could."""
        ...

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Write observations into the ledger, as `Ledger.record` does."""
        ...

    def keep(self, records: Sequence[tuple[Kept, Sequence[ReviewItem]]], fetched_at: datetime) -> None:
        """Keep records with what became of them; what waited of their earlier revisions waits no more.

        No upstream id stands in it twice.
        """
        ...

    def say_whether_gone(self, records: Collection[str], *, gone: bool) -> None:
        """Say of what waits of these records whether their rows are gone from their file (`ROW_GONE`), or there."""
        ...

    def advance(self, watermark: str, now: datetime, *, brought: bool) -> None:
        """Move the watermark; `brought` says whether there was anything new that could be read."""
        ...


class FeedBook(Protocol):
    """The record of feeds: how it stands with each, and every record as it came."""

    def state(self, feed: str) -> FeedState:
        """How it stands with a feed, which may never have been asked."""
        ...

    def start(self, feed: str, now: datetime) -> FeedState:
        """Note that a feed is asked, and give how it stood before."""
        ...

    def page(self, feed: str) -> AbstractContextManager[FeedPage]:
        """A transaction that takes in one page, or nothing of it."""
        ...

    def succeed(self, feed: str) -> None:
        """Note that the feed that was started last has answered to the end."""
        ...

    def fail(self, feed: str, problem: str, retry_at: datetime) -> None:
        """Note what was wrong, and until when the feed is to be left alone."""
        ...

    def outcomes(self, feed: str) -> Mapping[Outcome, int]:
        """How many upstream records have come to what, each by its last revision."""
        ...

    def unmapped(self, feed: str) -> list[Unmapped]:
        """Why records were not mapped, the most frequent reason first."""
        ...

    def weeks(self, feed: str, now: datetime, most: int) -> list[Tally]:
        """The whole weeks up to an instant, oldest first, without what came within a day of the first take-in."""
        ...


class ReviewQueue(Protocol):
    """What a person must decide."""

    def items(self, feeds: Collection[str], decision: Decision) -> list[ReviewItem]:
        """What became so of what these feeds brought, oldest first."""
        ...

    def named(self, beginning: str) -> list[ReviewItem]:
        """The items whose id begins so; a few where they are many."""
        ...

    def decide(self, item: ReviewItem, observation: Observation | None) -> None:
        """Write the decision that an item holds, and the observation that it becomes, in one transaction.

        InvalidInputError where the item has been decided already, ConflictError as for `Ledger.record`.
        """
        ...
