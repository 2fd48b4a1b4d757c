"""What became of the reports of sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from support.theaters import full_theater
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Observation
from tocsin.domain.resolution import How, Outcome, Resolution
from tocsin.domain.source_record import Fate, record_sources

_THEATER = full_theater()
_DAY = date(2016, 3, 1)
_AT = datetime(2016, 3, 2, 8, tzinfo=UTC)
_LATE = _AT + timedelta(days=90)


def _report(source: str = "wire", value: float = 1.0, **changes: object) -> Observation:
    grade = parse_grade(str(changes.pop("grade", "A1")))
    assert grade is not None
    plain = Observation(
        id="",
        indicator="field/attack",
        observed_on=_DAY,
        value=value,
        grade=grade,
        origin=source,
        summary="",
        source=source,
        author="ada",
        recorded_at=_AT,
    )
    return replace(plain, **changes).named()  # type: ignore[arg-type]


def _changed(before: Observation, **changes: object) -> Observation:
    later = before.recorded_at + timedelta(days=1)
    return replace(before, supersedes=before.id, reason="mended", recorded_at=later, **changes).named()  # type: ignore[arg-type]


def _fates(
    observations: list[Observation], resolutions: tuple[Resolution, ...] = (), as_of: datetime = _LATE
) -> dict[str, dict[Fate, int]]:
    return {
        item.source: {fate: count for fate in Fate if (count := getattr(item, fate.value))}
        for item in record_sources(_THEATER, observations, resolutions, as_of)
    }


def test_a_report_alone_is_untested_and_stands() -> None:
    """Nothing is known against it, and that is all."""
    (found,) = record_sources(_THEATER, [_report()], (), _LATE)
    assert (found.source, found.reports, found.untested, found.right) == ("wire", 1, 1, None)
    assert (found.stood.hits, found.stood.cases) == (1, 1)
    assert found.stood.low < 0.3


def test_what_was_corrected_or_withdrawn_counts_against_who_said_it_first() -> None:
    """Whoever mended it, and once however often it was mended; a new grade is no correction."""
    wrong, withdrawn, graded = _report(), _report(origin="b"), _report(origin="c")
    once = _changed(wrong, value=3.0)
    observations = [
        wrong,
        once,
        _changed(once, value=2.0, source="desk"),
        withdrawn,
        _changed(withdrawn, withdrawn=True),
        graded,
        _changed(graded, grade=parse_grade("C3"), summary="one source only"),
    ]
    found = _fates(observations)
    assert found["wire"] == {
        Fate.CORRECTED: 1,
        Fate.RETRACTED: 1,
        Fate.CONFIRMED: 1,  # the desk's correction says of that day what the third report says
    }
    assert set(found) == {"wire"}


def test_a_correction_that_was_taken_back_leaves_what_was_said() -> None:
    """What counts is what the last version says."""
    first = _report(value=2.0)
    once = _changed(first, value=3.0)
    assert _fates([first, once, _changed(once, value=2.0)])["wire"] == {Fate.UNTESTED: 1}


@pytest.mark.parametrize(
    ("others", "fate"),
    [
        ([("radio", 0.0, "A1")], Fate.UNTESTED),  # one against one is no verdict
        ([("radio", 0.0, "A1"), ("patrol", 0.0, "B2")], Fate.CONTRADICTED),
        ([("radio", 0.0, "A1"), ("patrol", 0.0, "E5")], Fate.UNTESTED),  # nobody trusts the patrol
        ([("radio", 0.0, "A1"), ("patrol", 0.0, "A1"), ("mayor", 5.0, "A1")], Fate.CONFIRMED),
        ([("mayor", 5.0, "A1")], Fate.CONFIRMED),  # how often, everybody counts differently
        ([("mayor", 5.0, "E5")], Fate.UNTESTED),
    ],
)
def test_others_confirm_or_contradict_it(others: list[tuple[str, float, str]], fate: Fate) -> None:
    """Independent and trusted ones that speak of the same day; two of them are needed against it."""
    told = [_report(name, value, grade=grade) for name, value, grade in others]
    assert _fates([_report(), *told])["wire"] == {fate: 1}


def test_echoes_and_reports_of_other_days_say_nothing() -> None:
    """Five papers that print one dispatch are one voice."""
    echoes = [_report(f"paper {number}", origin="wire") for number in range(5)]
    other = _report("radio", observed_on=_DAY + timedelta(days=1))
    total = _report("un", observed_on=_DAY, through=_DAY + timedelta(days=3))
    found = _fates([_report(), *echoes, other, total])
    assert {fate for count in found.values() for fate in count} == {Fate.UNTESTED}


def test_levels_agree_or_they_do_not_and_measures_are_never_compared() -> None:
    """An ordinal's level is what it says; two readings of a price differ always."""
    level = {"indicator": "field/alert", "value": 2.0}
    low = {"indicator": "field/alert", "value": 1.0}
    price = {"indicator": "field/price"}
    said = [_report(**level), _report("radio", **low), _report("patrol", **low)]  # type: ignore[arg-type]
    assert _fates(said) == {
        "wire": {Fate.CONTRADICTED: 1},
        "radio": {Fate.CONFIRMED: 1},
        "patrol": {Fate.CONFIRMED: 1},
    }
    prices = [_report(value=number, origin=f"o{number}", **price) for number in (1.0, 2.0, 3.0)]  # type: ignore[arg-type]
    assert _fates(prices) == {"wire": {Fate.UNTESTED: 3}}


def _resolution(outcome: Outcome, how: How, reports: tuple[str, ...] = (), **changes: object) -> Resolution:
    plain = Resolution("full", "offensive", _DAY, 30, 1, outcome, _AT + timedelta(days=3), how, "x", "why", reports)
    return replace(plain, **changes).named()  # type: ignore[arg-type]


def test_what_settled_a_window_is_confirmed_until_a_person_says_no() -> None:
    """Then those who said so were wrong, for all that is known; a void says nothing of them."""
    report = _report()
    rule = _resolution(Outcome.YES, How.RULE, (report.id,))
    later = rule.settled_at + timedelta(days=1)
    no, void = (
        _resolution(outcome, How.JUDGED, supersedes=rule.id, settled_at=later) for outcome in (Outcome.NO, Outcome.VOID)
    )
    assert _fates([report], (rule,))["wire"] == {Fate.CONFIRMED: 1}
    assert _fates([report], (rule, no))["wire"] == {Fate.OVERRULED: 1}
    assert _fates([report], (rule, void))["wire"] == {Fate.UNTESTED: 1}


def test_what_comes_later_is_not_known_yet() -> None:
    """At an earlier instant the report stands."""
    first = _report()
    observations = [first, _changed(first, withdrawn=True)]
    assert _fates(observations, as_of=_AT)["wire"] == {Fate.UNTESTED: 1}
    assert _fates(observations)["wire"] == {Fate.RETRACTED: 1}


def test_a_record_adds_up() -> None:
    """Each report has one fate; what is right is a share of what was tested."""
    wrong, *good = (_report(origin=f"o{number}", observed_on=_DAY + timedelta(days=number)) for number in range(5))
    seen_too = _report("radio", observed_on=_DAY + timedelta(days=2))
    found = {
        item.source: item
        for item in record_sources(_THEATER, [wrong, *good, seen_too, _changed(wrong, value=0.0)], (), _LATE)
    }["wire"]
    assert (found.reports, found.corrected, found.confirmed, found.untested) == (5, 1, 1, 3)
    assert found.stood.share == pytest.approx(4 / 5)
    assert found.right is not None
    assert (found.right.hits, found.right.cases) == (1, 2)
