"""Feeds: what is taken in from where and how often, and how it stands with that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from tocsin.domain.mapping import Rule

type Option = str | int | float | bool | date | tuple[str | int, ...] | Mapping[str, str]

SETTLED_SECONDS = 5.0
"""A file in a folder that was changed less long ago may still be being written, and is left for the next time."""

_LONGEST_WAIT = timedelta(hours=6)
_FIRST_WAIT = timedelta(minutes=1)
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Feed:
    """One declared feed of a theater.

    Attributes:
        id: `<theater>/<feed>`.
        title: What observations name as their source.
        kind: Which connector reads it.
        options: What that connector needs to know.
        every: How often it is asked.
        since: The first day that is of interest.
        review: A person confirms each observation before it counts.
        expected_days: How many days without anything new are usual.
        history: What the first take-in brings counts as known when it would usually have been, not from then on.
        rules: How incidents become observations.
        same_as: By upstream id, the origin of incidents that other sources report too, so that they count once.
    """

    id: str
    title: str
    kind: str
    options: Mapping[str, Option]
    every: timedelta
    since: date
    review: bool
    expected_days: int
    history: bool
    rules: tuple[Rule, ...]
    same_as: Mapping[str, str]

    @property
    def theater(self) -> str:
        """The id of its theater."""
        return self.id.partition("/")[0]

    @property
    def author(self) -> str:
        """Who answers for what it records."""
        return f"feed {self.id}"


@dataclass(frozen=True, slots=True)
class FeedState:
    """How it stands with a feed.

    Attributes:
        started_at: When it was first asked; None where it never was.
        watermark: Up to where it has been taken in; None where nothing has been.
        checked_at: When it was last asked.
        succeeded_at: When it last answered to the end.
        new_at: When it last brought something new.
        failures: How often in a row it has failed since it succeeded.
        problem: What was wrong at the last failure; empty after a success.
        retry_at: Before that instant it is not to be asked again; None where nothing forbids it.
    """

    started_at: datetime | None = None
    watermark: str | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    new_at: datetime | None = None
    failures: int = 0
    problem: str = ""
    retry_at: datetime | None = None


def next_due(feed: Feed, state: FeedState) -> datetime | None:
    """When a feed is to be asked next; None means now, as it never was."""
    if state.checked_at is None:
        return None
    # After a failure the wait may be shorter than usual (it doubles from a minute), or longer where upstream asks so.
    return state.checked_at + feed.every if state.retry_at is None else state.retry_at


def retry_wait(feed: Feed, failures: int, retry_after_seconds: float | None, *, hopeless: bool) -> timedelta:
    """How long to leave a feed alone that has failed so many times in a row.

    A minute, doubled with each failure up to its own interval or six hours, whichever is longer to wait for; never less
    than the upstream asks for. Where asking again does not help (`hopeless`: the credential is refused, an address may
    not be fetched), the full wait at once: whoever mends it takes the feed in by hand.
    """
    longest = max(feed.every, _LONGEST_WAIT)
    doubled = _FIRST_WAIT * 2 ** min(max(failures - 1, 0), _DOUBLINGS)
    wait = longest if hopeless else min(doubled, longest)
    return wait if retry_after_seconds is None else max(wait, timedelta(seconds=retry_after_seconds))
