"""The windows that are remembered, held to those that are read anew each time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from support.publications import STATED_AT, stated_odds, statement
from tocsin.domain.resolution import windows_of
from tocsin.web.windows import OpenedWindows

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tocsin.domain.publication import Publication

_HOUR = timedelta(hours=1)


@dataclass
class Book:
    """Publications in memory."""

    kept: list[Publication]
    read: int = 0

    def page(self, theaters: Collection[str], as_of: datetime, after: int, limit: int) -> list[Publication]:
        """As the store gives them."""
        found = [item for item in self.kept if item.theater in theaters and item.stated_at <= as_of]
        page = [item for item in found if item.number > after][: min(limit, 2)]
        self.read += len(page)
        return page


def _publication(number: int, hours: int, day: int, *, foresight: bool) -> Publication:
    stated = statement(
        stated_at=STATED_AT + hours * _HOUR,
        opens_on=date(2016, 3, 9) + timedelta(days=day),
        foresight=foresight,
        odds=(stated_odds("offensive"), stated_odds("wilayat")),
    )
    return replace(stated, number=number)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(-60, 60)), min_size=1, max_size=6),
)
def test_what_is_remembered_is_what_would_be_read(
    stated: list[tuple[int, int, bool]], asked: list[tuple[int, int]]
) -> None:
    """Also where clocks were set back, and whichever instants are asked about in between; each is read once."""
    publications = [
        _publication(number, hours, day, foresight=foresight)
        for number, (hours, day, foresight) in enumerate(stated, start=1)
    ]
    book = Book([])
    windows = OpenedWindows(book)  # type: ignore[arg-type]
    for count, hours in sorted(asked):
        book.kept = publications[:count]
        as_of = STATED_AT + hours * _HOUR
        known = [item for item in book.kept if item.stated_at <= as_of]
        found = windows.of(publications[0].theater if publications else "full", as_of)
        assert found == windows_of(known)
        assert [window.publication for window in found.values()] == [
            it.publication for it in windows_of(known).values()
        ]
    assert book.read == len(book.kept)
