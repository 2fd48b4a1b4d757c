"""What judging alerts works with, on a store or in a rehearsal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.usecases.alert_ports import AlertRecord, Compose, Explain
    from tocsin.usecases.feed_ports import FeedBook
    from tocsin.usecases.ports import FitBook, Ledger


class Statements(Protocol):
    """What was stated; `PublicationBook` says what each of these gives."""

    def latest(self, theater: str, as_of: datetime) -> Publication | None:
        """The last publication of a theater that was stated by an instant."""
        ...

    def newest(self, theater: str) -> Publication | None:
        """The last publication of a theater, whenever it was stated."""
        ...

    def page(self, theaters: Collection[str], as_of: datetime, after: int, limit: int) -> list[Publication]:
        """At most `limit` publications of these theaters stated by an instant, of numbers above `after`, in order."""
        ...


class JudgingMeans(Protocol):
    """What a rule's condition is read off, and where what was judged is kept; `AlertMeans` is that of a store."""

    @property
    def alerts(self) -> AlertRecord:
        """The record of alerts."""
        ...

    @property
    def publications(self) -> Statements:
        """What was stated."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What was observed."""
        ...

    @property
    def fits(self) -> FitBook:
        """What was fitted."""
        ...

    @property
    def feeds(self) -> FeedBook:
        """How the feeds stand."""
        ...

    @property
    def compose(self) -> Compose:
        """Says a notice."""
        ...

    @property
    def explain(self) -> Explain:
        """Tells what moved the odds."""
        ...
