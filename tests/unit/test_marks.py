from __future__ import annotations

from datetime import date, timedelta

import pytest

from support.theaters import full_theater
from tocsin.domain.scenario import Event
from tocsin.web.board.marks import happened_in

_THEATER = full_theater()
_SCENARIO = next(
    item for item in _THEATER.scenarios if isinstance(item.mechanism, Event) and item.mechanism.occurrences
)
_DAY = date(2015, 12, 1)


@pytest.mark.parametrize(
    ("begin", "after", "seen"),
    [
        (_DAY, timedelta(0), True),  # known at the end of its day
        (_DAY, -timedelta(seconds=1), False),  # and no earlier
        (_DAY + timedelta(days=1), timedelta(days=9), False),  # before the chart begins
    ],
)
def test_what_happened_is_marked_once_it_was_known(begin: date, after: timedelta, *, seen: bool) -> None:
    """As the page may be of an earlier instant."""
    found = happened_in(_THEATER, _SCENARIO, begin, _THEATER.timeline.close_of(_DAY) + after)
    assert [item.on for item in found] == ([_DAY] if seen else [])


def test_a_scenario_with_a_rule_has_no_declared_occurrences() -> None:
    """What happens of it is in the evidence."""
    ruled = [item for item in _THEATER.scenarios if not isinstance(item.mechanism, Event)]
    assert ruled
    for item in ruled:
        assert happened_in(_THEATER, item, date(2010, 1, 1), _THEATER.timeline.close_of(_DAY)) == []
