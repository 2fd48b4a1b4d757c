from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.met_rule import MetRule, met_rules
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.futures import begin

_THEATER = full_theater()
_RULE = Threshold("field/attack", 4, 6)  # the theater's
_TUESDAY = date(2016, 3, 8)


def _attacks(day: date, value: int, grade: str = "A1") -> Observation:
    letter, digit = grade
    known = datetime(2016, 3, 8, 12, tzinfo=UTC)
    return Observation(f"r{day}", "field/attack", day, float(value), Grade(letter, digit), f"{day}", "", "", "x", known)


def _evidence(*reports: Observation) -> Evidence:
    return derive_evidence(_THEATER, reports, _THEATER.timeline.close_of(_TUESDAY))


@pytest.mark.parametrize("since", [0, 1], ids=["no more than needed", "more"])
def test_a_rule_that_is_met_is_told_with_the_step_that_met_it(since: int) -> None:
    """Two in the week of 1 February, two in that of 29 February; that it was met in November too is another matter."""
    past = _attacks(date(2015, 11, 10), 5)
    reports = past, _attacks(date(2016, 2, 4), 2), _attacks(date(2016, 3, 2), 2), _attacks(_TUESDAY, since)
    assert met_rules(_THEATER, _evidence(*reports)) == {"offensive": MetRule(_RULE, 4 + since, date(2016, 2, 29))}


@pytest.mark.parametrize(
    "reports",
    [
        [_attacks(_TUESDAY, 3)],
        [_attacks(_TUESDAY, 4, "E5")],
        [_attacks(_TUESDAY - timedelta(weeks=6), 2), _attacks(_TUESDAY, 2)],
    ],
    ids=["one too few", "not believed", "further apart than the rule looks"],
)
def test_a_rule_that_is_not_met_is_not_told(reports: list[Observation]) -> None:
    """By what counts toward it in the steps that it looks at."""
    assert met_rules(_THEATER, _evidence(*reports)) == {}


@given(st.lists(st.integers(0, 2), min_size=30, max_size=30))
def test_the_rules_that_are_told_are_those_that_no_future_can_change(counts: list[int]) -> None:
    """The simulation begins with them met: their odds are certain, and of no others are they by the past alone."""
    evidence = replace(_evidence(), counted={"offensive": tuple(counts)})
    (counted,) = begin(_THEATER, lay_out(_THEATER), evidence).counted
    assert ("offensive" in met_rules(_THEATER, evidence)) is (sum(counted) >= _RULE.at_least)
