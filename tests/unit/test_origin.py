import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation, effective
from tocsin.domain.origin import count_sources, effective_sources

_THEATER = full_theater()
_KNOWN = datetime(2016, 3, 8, 12, tzinfo=UTC)


def _report(name: str, origin: str, grade: str, day: date, indicator: str = "field/attack") -> Observation:
    return Observation(name, indicator, day, 1.0, Grade(*grade), origin, "", "", "analyst", _KNOWN)


def test_echoes_count_once_at_the_best_grade_in_the_step_of_the_report_that_speaks() -> None:
    """Two origins in the week of 29 February, one of them with an echo a week earlier; another indicator beside."""
    told = count_sources(
        _THEATER,
        [
            _report("echo", "one", "C3", date(2016, 2, 24)),
            _report("best", "one", "B2", date(2016, 3, 1)),
            _report("other", "two", "C3", date(2016, 3, 2)),
            _report("early", "three", "A1", date(2016, 2, 24)),
            _report("alert", "one", "E5", date(2016, 3, 1), "field/alert"),
        ],
    )
    assert [(item.indicator, str(_THEATER.timeline.start_of(item.step)), item.origins) for item in told] == [
        ("field/attack", "2016-02-22", (("early",),)),
        ("field/attack", "2016-02-29", (("echo", "best"), ("other",))),
        ("field/alert", "2016-02-29", (("alert",),)),
    ]
    assert [item.reports for item in told] == [1, 3, 1]
    assert [item.effective for item in told] == [0.98, 0.91 + 0.60, 0.02]


_TRUSTS = st.lists(st.floats(0.0, 1.0), max_size=8)


@given(_TRUSTS, st.floats(0.0, 1.0))
def test_a_further_origin_adds_its_trust_and_never_takes_any_away(trusts: list[float], more: float) -> None:
    """A sure one adds 1, one at trust 0 nothing; no order; never more than there are, nor less than corroboration."""
    before, after = effective_sources(trusts), effective_sources([more, *trusts])
    assert after >= before
    assert math.isclose(after - before, more, abs_tol=1e-14)  # a rounding of a sum up to 9
    assert effective_sources([0.0, *trusts]) == before
    assert effective_sources([1.0] * len(trusts)) == len(trusts)
    assert 1.0 - math.prod(1.0 - trust for trust in trusts) <= before + 1e-15
    assert before <= len(trusts)


_REPORTS = st.lists(
    st.builds(
        lambda origin, grade, days: (origin, grade, days),
        st.sampled_from("abcd"),
        st.sampled_from(["A1", "B2", "C3", "E5"]),
        st.integers(0, 27),
    ),
    min_size=1,
    max_size=10,
)


@given(_REPORTS)
def test_sources_and_evidence_tell_the_same_reports_in_the_same_steps(reports: Sequence[tuple[str, str, int]]) -> None:
    """Two pages must not show different things for one."""
    standing = [
        _report(f"{number:02}", origin, grade, date(2016, 2, 10 + days) if days < 20 else date(2016, 3, days - 19))
        for number, (origin, grade, days) in enumerate(reports)
    ]
    evidence = derive_evidence(_THEATER, standing, _THEATER.timeline.close_of(date(2016, 3, 8)))
    sources = count_sources(_THEATER, effective(standing, evidence.as_of))
    seen = {cell.step + evidence.first_step: set(cell.reports) for cell in evidence.cells if cell.reports}
    told = {item.step: {name for origin in item.origins for name in origin} for item in sources}
    assert told == seen
