"""The port of answers that are kept for repetition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.answer import Answer, Keyed, Standing


class AnswerBook(Protocol):
    """The record of requests that bore a key, and of what was answered."""

    def claim(self, asked: Keyed) -> tuple[Standing, Keyed]:
        """Take a request up if its key is new (`standing_of`), and how it stands; of several at once one is new.

        What stands: the request itself where it is new, otherwise what is on record.
        """
        ...

    def keep(self, asked: Keyed, answer: Answer) -> None:
        """Keep what was answered, unless the request has been taken up by somebody else meanwhile."""
        ...

    def release(self, asked: Keyed) -> None:
        """Nothing was decided: the key is as if it had never been used."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove what was taken up before an instant; how many those were."""
        ...
