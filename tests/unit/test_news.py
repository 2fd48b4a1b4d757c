"""Whether something is worth a publication: each reason, and noise that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.publications import stated_odds, statement
from tocsin.domain.news import moved, why_publish
from tocsin.domain.odds import Status

_LATEST = statement().chained(None)
_NOW = statement(1, odds=_LATEST.odds)


@pytest.mark.parametrize(
    ("changes", "new_day", "reason"),
    [
        ({}, False, None),
        ({}, True, "daily"),
        ({"fit": "other"}, False, "new fit"),
        ({"status": Status.PROVISIONAL}, False, "status changed"),
        ({"status": Status.FITTED}, False, None),  # no less reliable
        ({"status": Status.REFIT_WANTED}, True, "status changed"),
        ({"odds": (stated_odds(probability=0.4),)}, False, "odds moved"),
        ({"odds": (stated_odds(probability=0.3001),)}, False, None),
        ({"odds": (stated_odds(), stated_odds("coup"))}, False, "odds moved"),
        ({"fit": "other", "odds": (stated_odds(probability=0.4),)}, True, "new fit"),
    ],
)
def test_each_reason_is_named(changes: dict[str, object], new_day: bool, reason: str | None) -> None:  # noqa: FBT001
    """The first that holds; without any, nothing is published, and it is said why."""
    found, why = why_publish(_LATEST, replace(_NOW, **changes), new_day=new_day)  # type: ignore[arg-type]
    assert found == reason
    assert why


def test_the_first_statement_needs_no_other_reason() -> None:
    """There is nothing to compare it with."""
    assert why_publish(None, _LATEST, new_day=True)[0] == "first"


@pytest.mark.parametrize(
    ("before", "after", "error", "counts"),
    [
        (0.30, 0.32, 0.001, True),
        (0.30, 0.32, 0.010, False),  # two standard errors of both are 0.028
        (0.30, 0.309, 0.0, False),  # shown as 30 % and as 31 %, but not a whole point
        (0.004, 0.0045, 0.0001, True),
        (0.050, 0.0508, 0.0001, False),
        (0.050, 0.0512, 0.0001, True),
        (0.996, 0.9965, 0.0001, True),
    ],
)
def test_odds_move_by_more_than_noise_and_by_what_can_be_seen(
    before: float,
    after: float,
    error: float,
    counts: bool,  # noqa: FBT001
) -> None:
    """Near both ends of the scale smaller moves can be seen."""
    found = moved([stated_odds(probability=before, error=error)], [stated_odds(probability=after, error=error)])
    assert (found is not None) == counts


@given(st.floats(0, 1), st.floats(0, 0.1))
def test_what_is_said_again_never_moved(probability: float, error: float) -> None:
    """Whatever it is."""
    odds = [stated_odds(probability=probability, error=error)]
    assert moved(odds, odds) is None


def test_the_largest_move_is_the_one_that_is_told() -> None:
    """Beyond noise: a small move that is sure comes before a large one that is not."""
    before = [stated_odds("coup", 0.30, error=0.02), stated_odds("offensive", 0.30, error=0.001)]
    after = [stated_odds("coup", 0.37, error=0.02), stated_odds("offensive", 0.34, error=0.001)]
    assert moved(before, after) == "offensive by 30 days: 0.3000 to 0.3400"


@pytest.mark.parametrize("status", list(Status))
def test_the_very_same_statement_is_not_published_again(status: Status) -> None:
    """Odds that wait for a refit for days are one statement, whatever day it is."""
    latest = replace(_LATEST, status=status)
    assert why_publish(latest, replace(latest, stated_at=_NOW.stated_at), new_day=True)[0] is None
