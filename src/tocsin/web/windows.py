"""The windows that publications opened: each publication is read once, as none is ever rewritten."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.domain.resolution import windows_of

if TYPE_CHECKING:
    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import Window, WindowKey
    from tocsin.usecases.ports import PublicationBook

_PAGE = 200
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class _Read:
    """What was read of a theater: the last number, and for each window what may have opened it."""

    last: int = 0
    # More than one only where a clock was set back: at an instant the first counts that had been stated by then.
    opened: dict[WindowKey, list[tuple[datetime, Window]]] = field(default_factory=dict)

    def take(self, publication: Publication) -> None:
        self.last = publication.number
        for key, window in windows_of([publication]).items():
            known = self.opened.setdefault(key, [])
            if all(publication.stated_at < stated_at for stated_at, _ in known):
                known.append((publication.stated_at, window))


class OpenedWindows:
    """The windows of each theater."""

    def __init__(self, book: PublicationBook) -> None:
        """Nothing was read."""
        self._book = book
        self._lock = threading.Lock()
        self._read: dict[str, _Read] = {}

    def of(self, theater: str, as_of: datetime) -> dict[WindowKey, Window]:
        """Those opened by what had been stated by an instant: what `windows_of` gives of that, in the same order."""
        with self._lock:
            read = self._read.setdefault(theater, _Read())
            while page := self._book.page([theater], _EVER, read.last, _PAGE):
                for publication in page:
                    read.take(publication)
            every = [(key, list(known)) for key, known in read.opened.items()]
        found = {
            key: window
            for key, known in every
            if (window := next((it for stated_at, it in known if stated_at <= as_of), None)) is not None
        }
        return dict(sorted(found.items(), key=lambda item: item[1].publication))
