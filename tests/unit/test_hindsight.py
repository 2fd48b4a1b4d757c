"""Which reports would have been known at an instant, had each been right from the beginning."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from support.theaters import full_theater
from tocsin.domain.grading import Grade
from tocsin.domain.hindsight import as_corrected
from tocsin.domain.observation import Observation, effective

_THEATER = full_theater()  # days of Africa/Tunis, one hour ahead of UTC; every delay is a day
_THEN = datetime(2016, 3, 10, 12, tzinfo=UTC)
_LATER = _THEN + timedelta(days=5)
_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)


def _report(name: str, **changes: object) -> Observation:
    plain = Observation(name, "field/attack", date(2016, 3, 7), 3.0, Grade("B", "2"), f"o{name}", "", "", "x", _NOON)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _said(*rows: Observation) -> list[tuple[str, date, float, datetime]]:
    return [(item.id, item.observed_on, item.value, item.recorded_at) for item in as_corrected(_THEATER, rows, _THEN)]


def test_without_later_corrections_it_is_what_was_known() -> None:
    """Earlier corrections and retractions stand as they stood, to the row."""
    rows = [
        _report("a"),
        _report("b", supersedes="a", value=2.0, recorded_at=_NOON + timedelta(hours=1)),
        _report("c"),
        _report("d", supersedes="c", withdrawn=True, recorded_at=_NOON + timedelta(hours=1)),
        _report("e", recorded_at=_LATER),
    ]
    assert tuple(as_corrected(_THEATER, rows, _THEN)) == effective(rows, _THEN)


def test_a_later_correction_counts_from_when_the_report_was_known() -> None:
    """However many versions lie between, before and after the instant."""
    rows = [
        _report("a"),
        _report("b", supersedes="a", value=2.0, recorded_at=_NOON + timedelta(hours=1)),
        _report("c", supersedes="b", value=1.0, recorded_at=_LATER),
        _report("d", supersedes="c", value=4.0, recorded_at=_LATER + timedelta(hours=1)),
    ]
    assert _said(*rows) == [("d", date(2016, 3, 7), 4.0, _NOON)]


def test_what_is_retracted_later_was_never_there() -> None:
    """As if nobody had made it."""
    assert _said(_report("a"), _report("b", supersedes="a", withdrawn=True, recorded_at=_LATER)) == []


def test_a_report_that_came_later_is_no_correction() -> None:
    """Corrected or not: nobody knew of it."""
    rows = [_report("a", recorded_at=_LATER), _report("b", supersedes="a", value=1.0, recorded_at=_LATER)]
    assert _said(*rows) == []


def test_a_report_moved_to_a_later_day_is_known_once_that_day_has_begun() -> None:
    """The 9th began at 23:00 of the 8th in UTC; the 11th had not begun on the 10th."""
    moved = [
        [_report("a"), _report("b", supersedes="a", observed_on=date(2016, 3, day), recorded_at=_LATER)]
        for day in (9, 11)
    ]
    assert _said(*moved[0]) == [("b", date(2016, 3, 9), 3.0, datetime(2016, 3, 8, 23, tzinfo=UTC))]
    assert _said(*moved[1]) == []


def test_history_is_known_when_its_day_as_corrected_would_have_been() -> None:
    """Moved into what was known, or out of it: a day's delay after the end of its day."""
    entered = _LATER - timedelta(days=1)
    late = _report("a", observed_on=date(2016, 3, 12), recorded_at=_LATER, entered_at=entered)
    early = replace(late, id="b", supersedes="a", observed_on=date(2016, 3, 8), recorded_at=_LATER, entered_at=None)
    assert _said(late, early) == [("b", date(2016, 3, 8), 3.0, datetime(2016, 3, 9, 23, tzinfo=UTC))]
    back = replace(early, id="c", supersedes="b", observed_on=date(2016, 3, 10))
    assert _said(late, early, back) == []
