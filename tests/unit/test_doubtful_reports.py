"""What a report that is not to be trusted may not do."""

from __future__ import annotations

from datetime import date

from support.theaters import full_theater
from tocsin.domain.evidence import Cell, Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation

THEATER = full_theater()
DAY = date(2016, 3, 10)  # a Thursday; reports take a day, so silence is known of Monday to Wednesday
NOW = THEATER.timeline.close_of(DAY)


def _report(name: str, day: date, grade: str) -> Observation:
    known = THEATER.timeline.close_of(day)
    return Observation(name, "field/attack", day, 1.0, Grade(*grade), name, "", "", "test", known)


def _current(evidence: Evidence) -> Cell:
    (cell,) = [cell for cell in evidence.cells if cell.indicator == "field/attack" and cell.step == evidence.steps - 1]
    return cell


def test_a_doubtful_report_of_today_does_not_say_that_today_was_looked_at() -> None:
    """Days that nobody trustworthy speaks of stay to come: an attack that is hardly believed makes none less likely."""
    known = _report("known", date(2016, 3, 8), "B2")
    without = derive_evidence(THEATER, [known], NOW)
    doubtful = derive_evidence(THEATER, [known, _report("doubtful", DAY, "E5")], NOW)
    assert doubtful.uncounted == without.uncounted == {"offensive": 4 / 7}
    assert _current(doubtful).coverage == _current(without).coverage


def test_a_report_to_be_trusted_does() -> None:
    """Who reports of today has looked today."""
    known = _report("known", date(2016, 3, 8), "B2")
    trusted = derive_evidence(THEATER, [known, _report("trusted", DAY, "B2")], NOW)
    assert trusted.uncounted == {"offensive": 3 / 7}
    assert _current(trusted).coverage == 0.7 * 4 / 7
