from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tocsin.domain.elicitation import Range
from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.indicator import Collection, Indicator, Kind, RateBaseline
from tocsin.domain.observation import Draft, Observation
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.usecases.observe import observe
from tocsin.usecases.ports import Recorded

_WEEKS = Timeline(Step.WEEK, window=10, zone="Africa/Tunis")
_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)
_RANGE = Range(0.1, 0.4, "")
_TOLL = Indicator(
    id="violence/security-forces-toll",
    title="",
    definition="Members of the security forces killed",
    kind=Kind.COUNT,
    unit="",
    collection=Collection.OCCASIONAL,
    coverage=0.9,
    since=None,
    delay_days=0,
    baseline=RateBaseline(_RANGE, _RANGE),
)
_DRAFT = Draft(_TOLL.id, "2016-03-07", "11", "B2", "ben-guerdane-2016-toll", "Eleven killed", "ministry")


class Memory:
    """A ledger that remembers."""

    def __init__(self) -> None:
        self.kept: list[Observation] = []

    def record(self, observations: Sequence[Observation]) -> Recorded:
        self.kept.extend(observations)
        return Recorded(tuple(item.id for item in observations), 0)

    def observations(self, indicators: object, as_of: datetime) -> list[Observation]:
        raise NotImplementedError


def _observe(draft: Draft, memory: Memory, *, now: datetime = _NOW) -> Recorded:
    return observe(
        [draft],
        indicators={_TOLL.id: _TOLL},
        timeline=_WEEKS,
        ledger=memory,
        now=now,
        author="duty analyst",
        history=False,
    )


def test_what_was_seen_is_recorded_with_who_said_so_and_when() -> None:
    """The id comes from the content."""
    memory = Memory()
    recorded = _observe(_DRAFT, memory)
    (kept,) = memory.kept
    assert recorded == Recorded((kept.id,), 0)
    assert kept.id == kept.fingerprint()[:16]
    assert (kept.author, kept.recorded_at, kept.observed_on) == ("duty analyst", _NOW, date(2016, 3, 7))


def test_looked_and_not_seen_is_recorded_too() -> None:
    """Zero is a value."""
    memory = Memory()
    _observe(replace(_DRAFT, value="0", coverage="0.4"), memory)
    assert [(item.value, item.coverage) for item in memory.kept] == [(0.0, 0.4)]


def test_everything_wrong_is_told_at_once_and_nothing_is_recorded() -> None:
    """Somebody types this at three in the morning."""
    memory = Memory()
    draft = replace(_DRAFT, indicator="violence/tol", value="many", grade="2B", coverage="70", summary="=1")
    with pytest.raises(InvalidObservationError) as caught:
        _observe(draft, memory)
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"indicator", "value", "grade", "coverage", "summary"}
    assert memory.kept == []


def test_the_disputed_toll_of_ben_guerdane_counts_once_and_follows_its_correction() -> None:
    """11 or 12 dead, one origin: the better grade speaks, among equals the later; a correction replaces."""
    theater = Theater("tunisia", "", _WEEKS, (), (_TOLL,))
    memory = Memory()

    def toll(as_of: datetime) -> list[tuple[float, float]]:
        (cell,) = derive_evidence(theater, memory.kept, as_of).cells
        return [(item.value, item.trust) for item in cell.alternatives]

    hour = timedelta(hours=1)
    _observe(_DRAFT, memory, now=_NOW)
    _observe(replace(_DRAFT, value="12", source="press", grade="C3"), memory, now=_NOW + hour)
    assert toll(_NOW + hour) == [(11.0, 0.91)]  # never 23, and the press is graded lower
    _observe(replace(_DRAFT, value="12", source="hospital"), memory, now=_NOW + 2 * hour)
    assert toll(_NOW + 2 * hour) == [(12.0, 0.91)]  # as good as the ministry, and later
    hospital = memory.kept[-1]
    correction = replace(hospital, value=11.0, supersedes=hospital.id, recorded_at=_NOW + 3 * hour)
    memory.kept.append(replace(correction, id=correction.fingerprint()[:16]))
    assert toll(_NOW + 3 * hour) == [(11.0, 0.91)]
    assert toll(_NOW + 2 * hour) == [(12.0, 0.91)]  # what we knew then does not change
