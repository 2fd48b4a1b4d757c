"""The detector: quiet over feeds that stay as they are, loud where something was planted."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from tocsin.domain.feed import Feed, FeedState
from tocsin.domain.feed_record import Tally
from tocsin.domain.feed_watch import ALARM_LEVEL, FEWEST_WEEKS, MOST_WEEKS, changes, two_sided_t, unread, watch_feed

_NOW = datetime(2016, 6, 1, tzinfo=UTC)
_FEED = Feed("t/f", "F", "folder", {}, timedelta(hours=1), date(2016, 1, 1), False, 3, False, (), {})  # noqa: FBT003
_WEEKS = MOST_WEEKS + 1


def _week(random: np.random.Generator, rate: float, shape: float, unmapped: float, clump: float) -> Tally:
    """A week of a feed in bursts: a negative binomial number of rows, whose shares differ from week to week."""
    rows = int(random.negative_binomial(shape, shape / (shape + rate)))

    def some(share: float, of: int) -> int:
        own = share if clump == 0 else float(random.beta(share * clump, (1 - share) * clump))
        return int(random.binomial(of, own))

    unreadable = some(0.02, rows)
    incidents = rows - unreadable
    missing = {"deaths": some(0.3, incidents), "area": some(0.05, incidents)}
    return Tally(rows, some(unmapped, incidents), unreadable, incidents, missing)


@pytest.mark.parametrize(
    ("rate", "shape", "clump", "times"),
    [(5.0, 1e6, 0.0, 2), (40.0, 1e6, 0.0, 2), (40.0, 4.0, 0.0, 2), (400.0, 20.0, 60.0, 3), (3000.0, 50.0, 200.0, 2)],
    ids=["few", "even", "bursts", "clumps", "many"],
)
def test_a_stable_feed_rings_no_more_often_than_stated(rate: float, shape: float, clump: float, times: int) -> None:
    """4,000 feeds of 27 weeks each. The level holds for all tests of a look together.

    Twice the level is allowed: Anscombe's scales are nearly normal, not exactly; at the level itself 8 would ring on
    average, and 16 or fewer are found in 99.6 % of runs of a test that holds it. Three times where a rare share comes
    in heavy clumps (2 % on average, whose own standard deviation is 1.8 %): that is too lopsided for any root or sine.
    """
    random = np.random.default_rng(20160307)
    rang = sum(bool(changes([_week(random, rate, shape, 0.4, clump) for _ in range(_WEEKS)])) for _ in range(4000))
    assert rang <= times * ALARM_LEVEL * 4000


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda week: Tally(week.rows * 6, week.unmapped * 6, week.unreadable * 6, week.incidents * 6), "rows"),
        (lambda week: Tally(week.rows // 20, 0, 0, week.rows // 20), "rows"),
        (lambda week: Tally(week.rows, week.rows - week.unreadable, week.unreadable, week.incidents), "unmapped"),
        (lambda week: Tally(week.rows, 0, week.unreadable, week.incidents), "unmapped"),
        (lambda week: Tally(week.rows, week.unmapped // 2, week.rows // 2, week.incidents // 2), "unreadable"),
        (
            lambda week: Tally(
                week.rows, week.unmapped, week.unreadable, week.incidents, week.missing | {"deaths": week.incidents}
            ),
            "without deaths",
        ),
        (
            lambda week: Tally(
                week.rows, week.unmapped, week.unreadable, week.incidents, week.missing | {"kind": week.incidents}
            ),
            "without kind",
        ),
    ],
    ids=["more", "fewer", "unmapped", "mapped", "unreadable", "emptied", "never empty before"],
)
def test_a_planted_change_rings_in_its_first_week(change: object, what: str) -> None:
    """40 rows a week are enough for each, in 95 of 100 feeds."""
    random = np.random.default_rng(7)
    found = 0
    for _ in range(100):
        *past, last = (_week(random, 60.0, 40.0, 0.4, 0.0) for _ in range(_WEEKS))
        found += what in {finding.what for finding in changes([*past, change(last)])}  # type: ignore[operator]
    assert found >= 95


def test_a_feed_is_compared_with_its_own_past_only_once_it_has_one() -> None:
    """Eight weeks of it."""
    past = [Tally(rows=50, incidents=50) for _ in range(FEWEST_WEEKS)]
    assert changes([*past[1:], Tally(rows=5000, incidents=5000)]) == ()
    assert [item.what for item in changes([*past, Tally(rows=5000, incidents=5000)])] == ["rows"]
    assert changes([]) == ()


def test_a_feed_that_never_brought_anything_may_go_on_so() -> None:
    """Zeros are no change from zeros, and one row is no alarm."""
    nothing = [Tally()] * _WEEKS
    assert changes(nothing) == ()
    assert changes([*nothing[1:], Tally(rows=1, incidents=1)]) == ()


@given(st.integers(1, 60), st.floats(-50, 50))
def test_the_tails_of_student_are_those_of_scipy(freedom: int, value: float) -> None:
    """1e-12 absolute: the sums end in 1 − (nearly 1)."""
    assert two_sided_t(value, freedom) == pytest.approx(2 * student.sf(abs(value), freedom), abs=1e-12)


@pytest.mark.parametrize(("days", "silent"), [(0.0, False), (3.9, False), (4.0, True), (40.0, True)])
def test_silence_longer_than_usual_is_told(days: float, silent: bool) -> None:  # noqa: FBT001
    """Three days are usual here; counted from the last new record, or from the start where none ever came."""
    last = _NOW - timedelta(days=days)
    for state in (FeedState(started_at=last), FeedState(started_at=last - timedelta(days=99), new_at=last)):
        found = watch_feed(_FEED, state, [], _NOW)
        assert [item.what for item in found] == (["silent"] if silent else [])
    assert watch_feed(_FEED, FeedState(), [], _NOW) == ()


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("weeks", "told"),
    [
        ([(1, 0)] * 9 + [(1, 1)] * 3, "3 of the last 3 rows, in 3 weeks, could not be read"),
        (
            [(2, 0)] * 9 + [(0, 0), (2, 2), (0, 0), (0, 0), (2, 1)],
            "3 of the last 4 rows, in 4 weeks, could not be read",
        ),
        ([(0, 0), (3, 3)], "3 of the last 3 rows, in 1 week, could not be read"),
        ([(4, 3)] * 9, "3 of the last 4 rows, in 1 week, could not be read"),
        ([(1, 0)] * 9 + [(1, 1)] * 2, None),
        ([(4, 2)] * 9, None),
        ([(1, 1)] * 3 + [(9, 0)], None),
        ([], None),
    ],
)
def test_a_feed_of_few_rows_that_cannot_be_read_any_more_is_told(
    weeks: list[tuple[int, int]], told: str | None
) -> None:
    """Too few for shares week by week, and whatever the weeks before were like."""
    tallies = [Tally(rows=rows, unreadable=bad, incidents=rows - bad) for rows, bad in weeks]
    found = unread(tallies)
    assert (None if found is None else found.detail) == told
    state = FeedState(started_at=_NOW, new_at=_NOW)
    assert [item.what for item in watch_feed(_FEED, state, tallies, _NOW)] == ([] if told is None else ["unreadable"])


def test_now_and_then_a_bad_row_is_no_finding() -> None:
    """Of 2,000 looks at feeds of a few rows a week, of which one in fifty is bad, none or one tells.

    Three of three to five rows are bad with a chance below 1e-4, and any run of weeks may show it: 0.1 expected.
    """
    random = np.random.default_rng(7)
    rang = 0
    for _ in range(2_000):
        rows = random.poisson(2.0, size=_WEEKS)
        rang += unread([Tally(rows=int(n), unreadable=int(random.binomial(n, 0.02))) for n in rows]) is not None
    assert rang <= 1
