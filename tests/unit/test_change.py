from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from support.theaters import full_theater
from tocsin.domain.change import Cause, CellChanges, differences, sort_changes
from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation

THEATER = full_theater()
TIMELINE = THEATER.timeline
THEN = TIMELINE.close_of(date(2016, 3, 8))
LATER = TIMELINE.close_of(date(2016, 3, 18))


def _report(name: str, day: date, known: datetime, **changes: object) -> Observation:
    report = Observation(name, "field/attack", day, 1.0, Grade("B", "2"), name, "", "", "test", known)
    return replace(report, **changes)  # type: ignore[arg-type]


FIRST = _report("first", date(2016, 3, 1), THEN - timedelta(days=3))
NEW = _report("new", date(2016, 3, 9), LATER - timedelta(days=5))
CORRECTION = _report("corrected", date(2016, 3, 1), LATER - timedelta(days=4), value=3.0, supersedes="first")


def _evidence(as_of: datetime, *reports: Observation) -> Evidence:
    return derive_evidence(THEATER, reports, as_of)


def _sorted(
    corrections: tuple[Observation, ...], reports: tuple[Observation, ...]
) -> dict[tuple[str, str], CellChanges]:
    changes = sort_changes(
        _evidence(THEN, FIRST),
        _evidence(LATER, FIRST, *corrections),
        _evidence(LATER, FIRST, *corrections, *reports),
    )
    return {(change.cause.value, change.indicator): change for change in changes}


def test_a_table_does_not_differ_from_itself() -> None:
    """Nor from the same table of the week after, but for the week that was added."""
    evidence = _evidence(THEN, FIRST)
    assert differences(evidence, evidence) == {}


def test_steps_are_those_of_the_later_window() -> None:
    """A week on, the report of 1 March stands one step earlier."""
    before, after = _evidence(THEN), _evidence(LATER, FIRST)
    passed = after.first_step - before.first_step
    assert passed == 1
    own = TIMELINE.number(date(2016, 3, 1)) - after.first_step
    old, new = differences(before, after)["field/attack", own]
    assert old is None
    assert new is not None
    assert new.reports == ("first",)


def test_who_reported_it_is_no_difference() -> None:
    """An echo of the same grade adds a name and nothing else."""
    echo = _report("echo", date(2016, 3, 1), FIRST.recorded_at, origin="first")
    assert differences(_evidence(THEN, FIRST), _evidence(THEN, FIRST, echo)) == {}


def test_a_new_report_takes_the_place_of_the_silence_that_would_have_stood() -> None:
    """The week of 7 March: one report, and no silence of the same indicator beside it."""
    found = _sorted((), (NEW,))
    reported = found["reported", "field/attack"]
    step = TIMELINE.number(NEW.observed_on) - _evidence(LATER).first_step
    assert [(cell.step, cell.reports) for cell in reported.gained] == [(step, ("new",))]
    assert ("unseen", "field/attack") not in found


def test_silence_that_came_with_time_is_told_apart() -> None:
    """Nothing came in: what stayed silent over the week is `unseen`, and nothing is `reported`."""
    found = _sorted((), ())
    assert {cause for cause, _ in found} == {Cause.UNSEEN.value}
    assert ("unseen", "field/claim") in found


def test_a_correction_is_not_a_report() -> None:
    """The old value is lost, the new one gained, both on the account of the correction."""
    found = _sorted((CORRECTION,), ())
    changes = found["corrected", "field/attack"]
    assert [cell.reports for cell in changes.lost] == [("first",)]
    assert [cell.reports for cell in changes.gained] == [("corrected",)]
    assert ("reported", "field/attack") not in found


def test_a_retraction_leaves_the_silence_that_stood_before_it() -> None:
    """Withdrawn: the week is silent again."""
    gone = replace(CORRECTION, withdrawn=True)
    changes = _sorted((gone,), (NEW,))["corrected", "field/attack"]
    assert all(cell.silent for cell in changes.gained)
    assert [cell.reports for cell in changes.lost] == [("first",)]


def test_a_correction_and_a_report_of_the_same_week_are_two_changes() -> None:
    """First the correction, then the report on top of it."""
    more = _report("more", date(2016, 3, 2), LATER - timedelta(days=2))
    found = _sorted((CORRECTION,), (more,))
    corrected, reported = found["corrected", "field/attack"], found["reported", "field/attack"]
    assert [cell.reports for cell in corrected.gained] == [("corrected",)]
    assert [cell.reports for cell in reported.lost] == [("corrected",)]
    assert [cell.reports for cell in reported.gained] == [("corrected", "more")]
