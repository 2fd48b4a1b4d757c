from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Range
from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.indicator import Collection, Indicator, Kind, MeasureBaseline, RateBaseline
from tocsin.domain.observation import Draft, Observation
from tocsin.domain.timeline import Step, Timeline
from tocsin.feeds.observation_csv import read_observation_csv
from tocsin.usecases.observe import observe
from tocsin.usecases.ports import Recorded

_WEEKS = Timeline(Step.WEEK, window=156, zone="Africa/Tunis")  # one hour ahead of UTC
_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)
_RANGE = Range(0.1, 0.4, "")
_ATTACK = Indicator(
    id="violence/border-attack",
    title="",
    definition="",
    kind=Kind.COUNT,
    unit="",
    collection=Collection.OCCASIONAL,
    coverage=0.7,
    since=None,
    delay_days=2,
    baseline=RateBaseline(_RANGE, _RANGE),
)
_PRICE = replace(_ATTACK, id="economy/price", kind=Kind.MEASURE, baseline=MeasureBaseline(_RANGE, _RANGE))
_INDICATORS = {_ATTACK.id: _ATTACK, _PRICE.id: _PRICE}
_DRAFT = Draft(_ATTACK.id, "2016-03-07", "1", "B2", "bg", "Posts attacked", "desk note")


class Memory:
    """A ledger that remembers and knows fingerprints."""

    def __init__(self) -> None:
        self.kept: dict[str, Observation] = {}

    def record(self, observations: Sequence[Observation]) -> Recorded:
        fresh = {item.fingerprint(): item for item in observations if item.fingerprint() not in self.kept}
        self.kept.update(fresh)
        return Recorded(tuple(item.id for item in fresh.values()), len(observations) - len(fresh))

    def observations(self, indicators: object, as_of: datetime) -> list[Observation]:
        raise NotImplementedError


def _import(drafts: Sequence[Draft], memory: Memory, *, history: bool = False, now: datetime = _NOW) -> Recorded:
    return observe(
        drafts,
        indicators=_INDICATORS,
        timeline=_WEEKS,
        ledger=memory,
        now=now,
        author="duty analyst",
        history=history,
    )


def test_an_import_is_known_from_now() -> None:
    """What somebody brings today was not known yesterday, however old the days in it are."""
    memory = Memory()
    _import([_DRAFT, replace(_DRAFT, observed_on="2014-01-01")], memory)
    assert {item.recorded_at for item in memory.kept.values()} == {_NOW}
    assert {item.author for item in memory.kept.values()} == {"duty analyst"}


def test_shipped_history_is_known_at_the_end_of_its_day_plus_the_delay() -> None:
    """7 March and two days: the 9th ends in Tunis at 23:00 UTC."""
    memory = Memory()
    _import([_DRAFT], memory, history=True, now=datetime(2026, 1, 1, tzinfo=UTC))
    (kept,) = memory.kept.values()
    assert kept.recorded_at == datetime(2016, 3, 9, 23, tzinfo=UTC)
    assert kept.observed_on == date(2016, 3, 7)


@pytest.mark.parametrize("history", [True, False])
def test_importing_twice_is_importing_once(*, history: bool) -> None:
    """Also when the second comes later and holds more."""
    memory = Memory()
    first = _import([_DRAFT, _DRAFT], memory, history=history)
    again = _import([_DRAFT, replace(_DRAFT, origin="x")], memory, history=history, now=_NOW + timedelta(days=1))
    assert (len(first.added), first.known_already) == (1, 1)
    assert (len(again.added), again.known_already) == (1, 1)


def test_the_same_import_into_two_fresh_stores_gives_the_same_ids() -> None:
    """Whoever imports it and whenever; other content has other ids."""
    drafts = [_DRAFT, replace(_DRAFT, value="2"), replace(_DRAFT, coverage="0.5")]
    first = _import(drafts, Memory())
    second = _import(drafts, Memory(), history=True, now=_NOW + timedelta(days=400))
    assert first == second
    assert len(set(first.added)) == 3
    assert all(len(name) == 16 for name in first.added)


def test_one_bad_row_keeps_all_out_and_every_bad_row_is_named() -> None:
    """Atomic: a half import is worse than none."""
    memory = Memory()
    bad = [
        replace(_DRAFT, value="one", place="x.csv", line=3),
        replace(_DRAFT, grade="Z9", observed_on="7.3.2016", place="x.csv", line=5),
    ]
    with pytest.raises(InvalidObservationError) as caught:
        _import([_DRAFT, *bad], memory)
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [
        (3, "value"),
        (5, "grade"),
        (5, "observed_on"),
    ]
    assert memory.kept == {}


@pytest.mark.parametrize("history", [True, False])
def test_a_day_that_has_not_begun_is_refused(*, history: bool) -> None:
    """At 22:59 UTC it is still the 8th in Tunis; an hour later it is the 9th."""
    draft = replace(_DRAFT, observed_on="2016-03-09")
    with pytest.raises(InvalidObservationError, match="a day that has begun: 2016-03-08"):
        _import([draft], Memory(), history=history, now=datetime(2016, 3, 8, 22, 59, tzinfo=UTC))
    assert _import([draft], Memory(), history=history, now=datetime(2016, 3, 8, 23, 59, tzinfo=UTC)).added


def test_zero_is_one_report_however_it_is_written() -> None:
    """0, 0.0 and -0 say the same."""
    recorded = _import([replace(_DRAFT, value=zero) for zero in ("0", "0.0", "-0", "0e5")], Memory())
    assert (len(recorded.added), recorded.known_already) == (1, 3)


@pytest.mark.parametrize("formula", ["=1+1", "=HYPERLINK(1)", "@SUM(1)", "+cmd|1", "-2+3"])
@pytest.mark.parametrize("column", ["observed_on", "indicator", "value", "grade", "origin", "summary", "source"])
def test_a_formula_in_any_cell_of_a_file_is_refused(column: str, formula: str) -> None:
    """The next spreadsheet that opens an export would run it."""
    cells = {
        "observed_on": "2016-03-07",
        "indicator": _ATTACK.id,
        "value": "1",
        "grade": "B2",
        "origin": "bg",
        "summary": "Posts attacked",
        "source": "desk note",
    }
    cells[column] = formula
    data = f"{','.join(cells)}\n{','.join(cells.values())}\n".encode()
    memory = Memory()
    with pytest.raises(InvalidObservationError) as caught:
        _import(read_observation_csv(data, "x.csv"), memory)
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [(2, column)]
    assert memory.kept == {}


def test_a_measure_below_zero_is_no_formula() -> None:
    """A number may begin with a sign."""
    assert _import([replace(_DRAFT, indicator=_PRICE.id, value="-1.5")], Memory()).added


@given(st.lists(st.sampled_from(["1", "2", "3"]), max_size=6))
def test_every_row_is_added_or_was_known(values: list[str]) -> None:
    """Nothing vanishes in silence."""
    recorded = _import([replace(_DRAFT, value=value) for value in values], Memory())
    assert len(recorded.added) + recorded.known_already == len(values)
    assert len(recorded.added) == len(set(values))


def test_the_disputed_toll_of_ben_guerdane_is_one_report_with_two_figures() -> None:
    """11 or 12 members of the security forces died: two drafts of one origin are kept as two observations."""
    toll = replace(_ATTACK, id="violence/toll")
    drafts = [
        replace(_DRAFT, indicator=toll.id, value=value, origin="ben-guerdane-2016-toll", source=source)
        for value, source in (("11", "ministry"), ("12", "press"))
    ]
    memory = Memory()
    observe(
        drafts,
        indicators={toll.id: toll},
        timeline=_WEEKS,
        ledger=memory,
        now=_NOW,
        author="duty analyst",
        history=False,
    )
    assert [item.value for item in memory.kept.values()] == [11.0, 12.0]
    assert len({item.origin for item in memory.kept.values()}) == 1
