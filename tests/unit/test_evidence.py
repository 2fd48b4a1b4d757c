import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Range, hazard_prior
from tocsin.domain.evidence import Alternative, Cell, Evidence, crossings, derive_evidence
from tocsin.domain.grading import Grade, GradeTable
from tocsin.domain.indicator import (
    Baseline,
    Collection,
    Indicator,
    Kind,
    MeasureBaseline,
    OrdinalBaseline,
    RateBaseline,
    Transform,
)
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Event, Occurrence, Pressure, Resolution, Scenario, Threshold
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline, known_since

_WEEKS = Timeline(Step.WEEK, window=10, zone="Africa/Tunis")
_TUESDAY = date(2016, 3, 8)
_NOW = _WEEKS.close_of(_TUESDAY)
_FIRST = _WEEKS.number(date(2016, 1, 4))  # ten weeks: from Monday 4 January to the one that holds 8 March
_WHOLE = 4  # the week of 1 February, long past
_IN_WHOLE = date(2016, 2, 3)
_ROUNDING = 1e-12  # a few additions and multiplications of numbers up to 1

_RATE = RateBaseline(Range(0.1, 0.6, ""), Range(0.5, 5.0, ""))
_BASELINES: dict[Kind, Baseline] = {
    Kind.COUNT: _RATE,
    Kind.PRESENCE: _RATE,
    Kind.ORDINAL: OrdinalBaseline((0.5, 0.35, 0.15), 2.0, ""),
    Kind.MEASURE: MeasureBaseline(Range(1.0, 2.0, ""), Range(0.3, 0.9, "")),
}


def _indicator(name: str, kind: Kind, **changes: object) -> Indicator:
    """Looked at always, since long ago, heard of a day later; a measure only on occasion."""
    measure = kind is Kind.MEASURE
    plain = Indicator(
        id=name,
        title="",
        definition="",
        kind=kind,
        unit="",
        collection=Collection.OCCASIONAL if measure else Collection.CONTINUOUS,
        coverage=0.7,
        since=None if measure else date(2015, 1, 1),
        delay_days=1,
        baseline=_BASELINES[kind],
        levels=("none", "some", "much") if kind is Kind.ORDINAL else (),
        transform=Transform.LOG if measure else Transform.NONE,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


_ATTACK = _indicator("attack", Kind.COUNT)
_CLAIM = _indicator("claim", Kind.PRESENCE)
_ALERT = _indicator("alert", Kind.ORDINAL)
_PRICE = _indicator("price", Kind.MEASURE)
_ALL = (_ATTACK, _CLAIM, _ALERT, _PRICE)
_BY_KIND = {indicator.kind: indicator for indicator in _ALL}


def _scenario(name: str, mechanism: Event | Threshold) -> Scenario:
    resolution = Resolution(date(2016, 3, 8), "", ())
    return Scenario(name, "", "", resolution, (30,), mechanism, Pressure(Range(4, 14, ""), None, None), ())


def _event(watched_since: date, *days: date) -> Event:
    base = Range(0.05, 0.2, "")
    occurrences = tuple(Occurrence(day, "") for day in days)
    return Event(base, hazard_prior(base, 52.0), Range(4, 15, ""), watched_since, occurrences)


def _theater(indicators: Iterable[Indicator] = _ALL, /, **changes: object) -> Theater:
    plain = Theater("small", "", _WEEKS, (), tuple(indicators))
    return replace(plain, **changes)  # type: ignore[arg-type]


def _report(
    name: str,
    indicator: Indicator,
    value: float,
    grade: str = "B2",
    *,
    on: date = _IN_WHOLE,
    origin: str | None = None,
    **changes: object,
) -> Observation:
    """A report of its own origin, known at the end of its day."""
    plain = Observation(
        id=name,
        indicator=indicator.id,
        observed_on=on,
        value=value,
        grade=Grade(*grade),
        origin=origin or name,
        summary="",
        source="",
        author="",
        recorded_at=_WEEKS.close_of(on),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def _cell_of(evidence: Evidence, indicator: Indicator, step: int = _WHOLE) -> Cell | None:
    found = [cell for cell in evidence.cells if (cell.indicator, cell.step) == (indicator.id, step)]
    assert len(found) <= 1
    return found[0] if found else None


def _cell(reports: Sequence[Observation], indicator: Indicator, step: int = _WHOLE, **changes: object) -> Cell:
    found = _cell_of(derive_evidence(_theater(**changes), reports, _NOW), indicator, step)
    assert found is not None
    return found


def _mixture(cell: Cell) -> dict[float | None, float]:
    """The chance of each value; of None, that nothing said is right."""
    chances: dict[float | None, float] = {None: 1.0}
    for alternative in cell.alternatives:
        chances[alternative.value] = chances.get(alternative.value, 0.0) + alternative.trust
        chances[None] -= alternative.trust
    return chances


def _believed(cell: Cell) -> dict[float | None, float]:
    """The same, where silence stands in the place of nothing."""
    chances = _mixture(cell)
    if cell.silence_stands:
        chances[0.0] = chances.get(0.0, 0.0) + chances.pop(None)
    return chances


def _distance(one: Cell, other: Cell) -> float:
    """Total variation: the most by which any statement's chance differs."""
    first, second = _believed(one), _believed(other)
    return math.fsum(abs(first.get(value, 0.0) - second.get(value, 0.0)) for value in {*first, *second}) / 2


def _expected(*alternatives: tuple[float, float]) -> dict[float | None, float]:
    return {None: 1.0 - math.fsum(trust for _, trust in alternatives), **dict(alternatives)}


# --- nothing said, nothing known ---


def test_an_empty_ledger_is_empty_evidence_even_where_somebody_always_looks() -> None:
    """Where nobody has recorded anything, silence says nothing either."""
    theater = _theater(scenarios=(_scenario("coup", _event(date(2015, 6, 1), date(2016, 2, 2))),))
    evidence = derive_evidence(theater, [], _NOW)
    assert evidence.empty
    assert (evidence.cells, evidence.occurred, evidence.watched) == ((), {}, {})
    assert (evidence.theater, evidence.first_step, evidence.steps) == ("small", _FIRST, 10)


def test_a_ledger_that_was_all_withdrawn_is_empty_evidence() -> None:
    """What was retracted was never a sign that somebody looks."""
    said = _report("o1", _ATTACK, 2)
    taken_back = _report("o2", _ATTACK, 2, supersedes="o1", withdrawn=True)
    assert not derive_evidence(_theater(), [said], _NOW).empty
    assert derive_evidence(_theater(), [said, taken_back], _NOW).empty


def test_reports_of_other_indicators_are_no_reports() -> None:
    """Another theater's ledger says nothing here."""
    foreign = _report("o1", _indicator("elsewhere", Kind.COUNT), 5)
    assert derive_evidence(_theater(), [foreign], _NOW).empty
    own = _report("o2", _ATTACK, 1)
    assert derive_evidence(_theater(), [foreign, own], _NOW) == derive_evidence(_theater(), [own], _NOW)


def test_reports_from_before_the_window_give_no_cell_but_wake_the_silence() -> None:
    """3 January is the day before the first week; the ledger is in use all the same."""
    before = derive_evidence(_theater(), [_report("o1", _ATTACK, 5, on=date(2016, 1, 3))], _NOW)
    assert before.cells
    assert all(cell.silent for cell in before.cells)
    inside = derive_evidence(_theater(), [_report("o1", _ATTACK, 5, on=date(2016, 1, 4))], _NOW)
    assert [cell.step for cell in inside.cells if not cell.silent] == [0]


@pytest.mark.parametrize(("day", "elapsed"), [(7, 1), (8, 2), (12, 6), (13, 7)])
def test_the_last_step_has_elapsed_by_its_days(day: int, elapsed: int) -> None:
    """From Monday's end, one seventh, to Sunday's, all of it; the window does not move within the week."""
    evidence = derive_evidence(_theater(), [], _WEEKS.close_of(date(2016, 3, day)))
    assert evidence.elapsed == pytest.approx(elapsed / 7, rel=_ROUNDING)
    assert evidence.first_step == _FIRST


def test_the_window_rolls_on_with_the_week() -> None:
    """One instant after Sunday's end a new step begins, of which no day has ended."""
    evidence = derive_evidence(_theater(), [], _WEEKS.close_of(date(2016, 3, 13)) + timedelta(microseconds=1))
    assert evidence.first_step == _FIRST + 1
    assert evidence.elapsed == 0.0


# --- silence ---


def _silent_steps(indicator: Indicator, as_of: datetime = _NOW) -> list[int]:
    other = _indicator("other", Kind.MEASURE)
    ledger = [_report("o1", other, 2.0, on=date(2016, 1, 4))]
    evidence = derive_evidence(_theater((indicator, other)), ledger, as_of)
    cells = [cell for cell in evidence.cells if cell.indicator == indicator.id]
    assert all(cell.silent and cell.alternatives == (Alternative(0.0, 1.0),) for cell in cells)
    assert all(cell.coverage == indicator.coverage for cell in cells)
    return [evidence.first_step + cell.step for cell in cells]


def _step(day: date) -> int:
    return _WEEKS.number(day)


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (date(2015, 6, 1), date(2016, 1, 4)),
        (date(2016, 1, 18), date(2016, 1, 18)),
        (date(2016, 1, 19), date(2016, 1, 25)),  # the week of the 18th was not watched as a whole
        (date(2016, 1, 24), date(2016, 1, 25)),
    ],
)
def test_silence_counts_only_from_the_day_since_which_somebody_looks(since: date, first: date) -> None:
    """In whole weeks, up to the last one that is over."""
    found = _silent_steps(replace(_ATTACK, since=since))
    assert found == list(range(_step(first), _step(date(2016, 2, 29)) + 1))


@pytest.mark.parametrize("delay", [0, 1, 3, 9])
def test_silence_about_a_week_counts_from_the_end_of_the_day_on_which_news_of_it_would_be_here(delay: int) -> None:
    """Evening by evening, as the instant moves on; the week of 22 February ends on the 28th."""
    week, end = _step(date(2016, 2, 22)), date(2016, 2, 28)
    watched = replace(_ATTACK, delay_days=delay)
    for later in range(-3, 13):
        evening = _WEEKS.close_of(end + timedelta(days=later))
        assert (week in _silent_steps(watched, evening)) == (later >= delay)


@pytest.mark.parametrize("delay", [0, 1, 3])
@given(minutes=st.integers(-3 * 24 * 60, 6 * 24 * 60))
def test_silence_does_not_count_an_instant_before_a_report_of_the_weeks_last_day_would_be_known(
    delay: int, minutes: int
) -> None:
    """A report of Sunday is known at the end of Sunday plus the delay; until that instant nobody is silent."""
    week, end = _step(date(2016, 2, 22)), date(2016, 2, 28)
    as_of = _WEEKS.close_of(end) + timedelta(minutes=minutes)
    counts = week in _silent_steps(replace(_ATTACK, delay_days=delay), as_of)
    assert counts == (as_of >= known_since(_WEEKS, end, delay))


@pytest.mark.parametrize("kind", list(Kind))
def test_silence_about_what_is_looked_at_only_on_occasion_never_counts(kind: Kind) -> None:
    """Not looked is no evidence, even with a day since when it has been looked at."""
    occasional = replace(_indicator("x", kind), collection=Collection.OCCASIONAL, since=date(2015, 1, 1))
    assert _silent_steps(occasional) == []


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.PRESENCE, Kind.ORDINAL])
def test_silence_about_what_is_always_looked_at_is_a_zero_of_full_trust(kind: Kind) -> None:
    """In each of the nine weeks that are over; not in the running one."""
    assert _silent_steps(_indicator("x", kind)) == list(range(_FIRST, _FIRST + 9))


# --- one voice an origin ---


_SAID = {Kind.COUNT: 3.0, Kind.PRESENCE: 1.0, Kind.ORDINAL: 2.0, Kind.MEASURE: 4.5}
_OTHERWISE = {Kind.COUNT: 5.0, Kind.PRESENCE: 0.0, Kind.ORDINAL: 1.0, Kind.MEASURE: 2.25}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("echo_grade", ["B2", "C3", "E5"])
def test_an_echo_changes_nothing(kind: Kind, echo_grade: str) -> None:
    """The same origin again, at no better grade: only the list of reports grows."""
    indicator = _BY_KIND[kind]
    said = _report("o1", indicator, _SAID[kind], "B2", origin="bg")
    echo = _report("o2", indicator, _SAID[kind], echo_grade, origin="bg", on=_IN_WHOLE + timedelta(days=1))
    alone = derive_evidence(_theater(), [said], _NOW)
    echoed = derive_evidence(_theater(), [said, echo], _NOW)
    assert _cell([said, echo], indicator).reports == ("o1", "o2")
    assert [replace(cell, reports=()) for cell in echoed.cells] == [replace(cell, reports=()) for cell in alone.cells]


@pytest.mark.parametrize("kind", list(Kind))
def test_of_echoes_the_best_graded_one_speaks(kind: Kind) -> None:
    """Whichever came first."""
    indicator = _BY_KIND[kind]
    best = _report("o1", indicator, _SAID[kind], "B2", origin="bg")
    for on in (_IN_WHOLE - timedelta(days=1), _IN_WHOLE, _IN_WHOLE + timedelta(days=1)):
        worse = _report("o2", indicator, _OTHERWISE[kind], "C2", origin="bg", on=on)
        assert _cell([best, worse], indicator).alternatives == _cell([best], indicator).alternatives


@pytest.mark.parametrize("kind", list(Kind))
def test_of_echoes_of_one_grade_the_latest_speaks(kind: Kind) -> None:
    """The toll was put at 3 first, then at 5."""
    indicator = _BY_KIND[kind]
    first = _report("o9", indicator, _SAID[kind], "B2", origin="bg", recorded_at=_NOW - timedelta(hours=30))
    latest = _report("o1", indicator, _OTHERWISE[kind], "B2", origin="bg", recorded_at=_NOW - timedelta(hours=29))
    assert _cell([latest, first], indicator).alternatives == _cell([latest], indicator).alternatives


# --- voices of different origins ---


def test_independent_sightings_corroborate() -> None:
    """1 − Π(1 − r): by hand, 1 − 0.40 · 0.67 · 0.96."""
    sightings = [_report("o1", _CLAIM, 1, "C3"), _report("o2", _CLAIM, 1, "B4"), _report("o3", _CLAIM, 1, "D5")]
    (alternative,) = _cell(sightings, _CLAIM).alternatives
    assert alternative.value == 1
    assert alternative.trust == pytest.approx(0.74272, abs=_ROUNDING)


def test_independent_failures_to_see_corroborate_too() -> None:
    """Two who looked and saw nothing: 1 − 0.09 · 0.31."""
    found = _cell([_report("o1", _CLAIM, 0, "B2"), _report("o2", _CLAIM, 0, "B3")], _CLAIM)
    assert _mixture(found) == pytest.approx(_expected((0.0, 0.9721)), abs=_ROUNDING)


def test_a_sighting_goes_before_a_better_graded_failure_to_see() -> None:
    """One who did not see it can have missed it: 0.43 seen, 0.94 of the rest not seen."""
    found = _cell([_report("o1", _CLAIM, 0, "A2"), _report("o2", _CLAIM, 1, "D3")], _CLAIM)
    assert _mixture(found) == pytest.approx(_expected((1.0, 0.43), (0.0, 0.57 * 0.94)), abs=_ROUNDING)


def test_counts_of_different_origins_add_and_trusts_nest() -> None:
    """An incident is believed only where all better trusted ones are: 0.91, 0.43 and 0.07 part at each other."""
    reports = [_report("o1", _ATTACK, 5, "D3"), _report("o2", _ATTACK, 2, "B2"), _report("o3", _ATTACK, 1, "C5")]
    expected = [(2.0, 0.91 - 0.43), (7.0, 0.43 - 0.07), (8.0, 0.07)]
    found = [(alternative.value, alternative.trust) for alternative in _cell(reports, _ATTACK).alternatives]
    assert [value for value, _ in found] == [value for value, _ in expected]
    assert [trust for _, trust in found] == pytest.approx([trust for _, trust in expected], abs=_ROUNDING)


def test_counts_of_one_grade_simply_add() -> None:
    """Two incidents from two places, each B2, are their sum at B2."""
    found = _cell([_report("o1", _ATTACK, 3, "B2"), _report("o2", _ATTACK, 4, "B2")], _ATTACK)
    assert found.alternatives == (Alternative(7.0, 0.91),)


def test_a_weeks_total_does_not_count_the_incidents_of_its_days_again() -> None:
    """Two from the desk and the ministry's three for the week are three, and the week is covered as before."""
    monday, sunday = date(2016, 2, 1), date(2016, 2, 7)
    desk = [_report("o1", _ATTACK, 1), _report("o2", _ATTACK, 1, on=monday)]
    ministry = _report("o3", _ATTACK, 3, on=monday, through=sunday, recorded_at=_WEEKS.close_of(sunday))
    assert _cell([*desk, ministry], _ATTACK).alternatives == (Alternative(3.0, 0.91),)
    assert _cell([*desk, ministry], _ATTACK).coverage == _cell(desk, _ATTACK).coverage


def test_a_total_of_the_running_week_covers_it_up_to_its_last_day() -> None:
    """A total through Tuesday says that Monday and Tuesday were looked at, though news are a day late."""
    monday = _TUESDAY - timedelta(days=1)
    slow = replace(_ATTACK, delay_days=6)
    theater = _theater((slow,))
    total = _report("o1", slow, 2, on=monday, through=_TUESDAY, recorded_at=_NOW)
    found = _cell_of(derive_evidence(theater, [total], _NOW), slow, 9)
    assert found is not None
    assert found.coverage == pytest.approx(0.7 * 2 / 7, abs=_ROUNDING)


def test_of_levels_the_best_trusted_is_believed_first_and_where_it_is_wrong_the_next() -> None:
    """0.91 at level 1, 0.43 of the rest at 2, 0.25 of what is left at 1 again."""
    reports = [_report("o1", _ALERT, 1, "C4"), _report("o2", _ALERT, 2, "D3"), _report("o3", _ALERT, 1, "B2")]
    found = _mixture(_cell(reports, _ALERT))
    assert found == pytest.approx(_expected((1.0, 0.91 + 0.09 * 0.57 * 0.25), (2.0, 0.09 * 0.43)), abs=_ROUNDING)


def test_a_measure_is_transformed_and_believed_in_turn() -> None:
    """Its logarithm counts, at 0.77 and at 0.57 of the rest."""
    found = _cell([_report("o1", _PRICE, 4.5, "E2"), _report("o2", _PRICE, 0.25, "A3")], _PRICE)
    expected = _expected((math.log(0.25), 0.77), (math.log(4.5), 0.23 * 0.57))
    assert _mixture(found) == pytest.approx(expected, abs=_ROUNDING)


_VALUES = {
    Kind.COUNT: st.integers(0, 4),
    Kind.PRESENCE: st.integers(0, 1),
    Kind.ORDINAL: st.integers(0, 2),
    Kind.MEASURE: st.sampled_from([0.25, 1.0, 4.5]),
}
_GRADES = ["A1", "A2", "B2", "C3", "F6", "D4", "D5"]


@pytest.mark.parametrize("kind", list(Kind))
@given(data=st.data(), trust=st.floats(1e-9, 1 - 1e-9))
def test_a_further_report_changes_what_is_believed_by_at_most_its_trust(
    kind: Kind, data: st.DataObject, trust: float
) -> None:
    """So a report that is not trusted changes nothing, whatever it says. That somebody looked is known from another."""
    indicator = _BY_KIND[kind]
    looked = _report("looked", _CLAIM if kind is not Kind.PRESENCE else _ATTACK, 0, "B2")
    voices = data.draw(st.lists(st.tuples(_VALUES[kind], st.sampled_from(_GRADES)), min_size=1, max_size=4))
    said = [_report(f"o{number}", indicator, value, grade) for number, (value, grade) in enumerate(voices)]
    further = _report("further", indicator, data.draw(_VALUES[kind]), "E5")
    grades = GradeTable().with_overrides({Grade("E", "5"): trust})
    before = _cell([looked, *said], indicator, grades=grades)
    after = _cell([looked, *said, further], indicator, grades=grades)
    assert _distance(before, after) <= trust + _ROUNDING
    assert math.fsum(alternative.trust for alternative in after.alternatives) <= 1 + _ROUNDING
    assert all(alternative.trust > 0 for alternative in after.alternatives)


def test_a_report_that_does_not_count_wakes_no_silence() -> None:
    """One rumor is no sign that somebody has been looking; a report that counts is."""
    rumor, report = (_report("o1", _PRICE, 4.5, grade) for grade in ("E5", "B2"))
    assert not [cell for cell in derive_evidence(_theater(), [rumor], _NOW).cells if cell.silent]
    assert [cell for cell in derive_evidence(_theater(), [report], _NOW).cells if cell.silent]


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.PRESENCE, Kind.ORDINAL])
@given(trust=st.floats(1e-9, 1 - 1e-9))
def test_a_report_into_a_silent_week_changes_what_is_believed_by_at_most_its_trust(kind: Kind, trust: float) -> None:
    """Where the rumor is wrong the silence stands: one E5 report must not wipe out a whole week of looking."""
    indicator = _BY_KIND[kind]
    elsewhere = _report("o1", _PRICE, 4.5)
    rumor = _report("rumor", indicator, 1, "E5")
    grades = GradeTable().with_overrides({Grade("E", "5"): trust})
    silent = _cell([elsewhere], indicator, grades=grades)
    assert silent.silent
    assert _distance(silent, _cell([elsewhere, rumor], indicator, grades=grades)) <= trust + _ROUNDING


# --- coverage ---


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.PRESENCE])
def test_a_running_week_is_covered_by_the_days_of_which_news_would_be_here(kind: Kind) -> None:
    """Monday's report, one day of delay: a seventh by Tuesday's end, two by Wednesday's, all by the next Monday's."""
    indicator = replace(_BY_KIND[kind], coverage=0.7)
    theater = _theater((indicator,))
    ledger = [_report("o1", indicator, 1, on=date(2016, 3, 7))]
    evenings = {7: 1, 8: 1, 9: 2, 10: 3, 12: 5, 13: 6, 14: 7, 15: 7, 25: 7}
    for day, sevenths in evenings.items():
        evidence = derive_evidence(theater, ledger, _WEEKS.close_of(date(2016, 3, day)))
        cell = _cell_of(evidence, indicator, _WEEKS.number(date(2016, 3, 7)) - evidence.first_step)
        assert cell is not None
        assert cell.coverage == pytest.approx(0.7 * sevenths / 7, rel=_ROUNDING)


def test_a_report_covers_the_week_up_to_its_own_day() -> None:
    """Who reports on Tuesday that morning's attack has seen Monday and Tuesday, the usual delay or not."""
    found = _cell([_report("o1", _ATTACK, 2, on=_TUESDAY)], _ATTACK, 9)
    assert found.coverage == pytest.approx(0.7 * 2 / 7, rel=_ROUNDING)


def test_a_stated_coverage_takes_the_place_of_the_declared_one() -> None:
    """Of several the widest; in a running week it is scaled by its days as well."""
    reports = [_report("o1", _ATTACK, 2, coverage=0.35), _report("o2", _ATTACK, 1, "C3", coverage=0.45)]
    assert _cell(reports[:1], _ATTACK).coverage == 0.35
    assert _cell(reports, _ATTACK).coverage == 0.45
    running = _report("o1", _ATTACK, 2, on=date(2016, 3, 7), coverage=0.35)
    assert _cell([running], _ATTACK, 9).coverage == pytest.approx(0.35 / 7, rel=_ROUNDING)


@pytest.mark.parametrize("kind", [Kind.ORDINAL, Kind.MEASURE])
def test_a_level_and_a_measured_value_need_no_time_to_happen(kind: Kind) -> None:
    """They are there at any moment, so a running week does not scale their coverage."""
    indicator = _BY_KIND[kind]
    assert _cell([_report("o1", indicator, _SAID[kind], on=date(2016, 3, 7))], indicator, 9).coverage == 0.7


# --- order and knowledge ---


_reports = st.builds(
    lambda kind, share, grade, origin, day, hours: (kind, share, grade, origin, day, hours),
    st.sampled_from(list(Kind)),
    st.integers(0, 2),
    st.sampled_from(_GRADES),
    st.sampled_from(["", "bg", "kasserine"]),
    st.sampled_from([date(2016, 2, 2), date(2016, 2, 5), date(2016, 2, 10), date(2016, 3, 7)]),
    st.integers(0, 1),
)


@given(st.lists(_reports, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_the_ledger_does_not_matter_to_the_last_bit(
    drawn: list[tuple[Kind, int, str, str, date, int]], order: Random
) -> None:
    """Echoes, ties of grade and ties of instant among them."""
    ledger = [
        _report(
            f"o{number}",
            _BY_KIND[kind],
            min(share, 1) if kind is Kind.PRESENCE else share + 0.5 if kind is Kind.MEASURE else share,
            grade,
            on=day,
            origin=origin or None,
            recorded_at=_NOW - timedelta(hours=hours),
        )
        for number, (kind, share, grade, origin, day, hours) in enumerate(drawn)
    ]
    shuffled = list(ledger)
    order.shuffle(shuffled)
    theater = _theater(scenarios=(_scenario("offensive", Threshold("attack", 3, 2)),))
    assert repr(derive_evidence(theater, shuffled, _NOW)) == repr(derive_evidence(theater, ledger, _NOW))


def test_what_is_known_later_does_not_count_now_and_counts_then() -> None:
    """A report, its correction and its withdrawal, each from its own instant on."""
    hour = timedelta(hours=1)
    ledger = [
        _report("o1", _ATTACK, 2, recorded_at=_NOW + hour),
        _report("o2", _ATTACK, 4, recorded_at=_NOW + 2 * hour, supersedes="o1"),
        _report("o3", _ATTACK, 4, recorded_at=_NOW + 3 * hour, supersedes="o2", withdrawn=True),
        _report("o4", _PRICE, 4.5),
    ]
    values = []
    for hours in range(4):
        cell = _cell_of(derive_evidence(_theater(), ledger, _NOW + hours * hour), _ATTACK)
        assert cell is not None
        values.append((cell.reports, cell.alternatives[0].value))
    assert values == [((), 0.0), (("o1",), 2.0), (("o2",), 4.0), ((), 0.0)]


def test_cells_come_in_the_declared_order_of_indicators_then_by_step() -> None:
    """Array order is fixed by declaration, not by name or arrival."""
    backwards = (_PRICE, _CLAIM, _ATTACK)
    ledger = [_report("o1", _ATTACK, 2), _report("o2", _PRICE, 4.5), _report("o3", _PRICE, 2.25, on=date(2016, 1, 5))]
    cells = derive_evidence(_theater(backwards), ledger, _NOW).cells
    assert [(cell.indicator, cell.step) for cell in cells] == [
        ("price", 0),
        ("price", 4),
        *product(["claim", "attack"], range(9)),
    ]


# --- what scenarios read off it ---


def _counted(*grades: str) -> int:
    """What a week counts toward a rule when each grade reports one incident of its own origin."""
    theater = _theater(scenarios=(_scenario("offensive", Threshold("attack", 4, 6)),))
    ledger = [_report(f"o{number}", _ATTACK, 1, grade) for number, grade in enumerate(grades)]
    counted = derive_evidence(theater, ledger, _NOW).counted["offensive"]
    assert sum(counted) == counted[_WHOLE]
    return counted[_WHOLE]


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        (("A1",), 1),
        (("C6",), 1),  # exactly one half
        (("F6",), 1),
        (("D3",), 0),  # 0.43
        (("A1", "C6", "D3"), 2),
        (("A1", "B2", "E5", "C3"), 3),
        (("D3", "D3", "D3"), 0),  # three doubtful incidents are not one certain one
    ],
)
def test_a_report_counts_toward_a_rule_when_it_is_as_likely_right_as_wrong(
    grades: tuple[str, ...], expected: int
) -> None:
    """Trust of one half or more."""
    assert _counted(*grades) == expected


@given(st.lists(st.sampled_from(sorted(str(grade) for grade in GradeTable().trusts)), min_size=1, max_size=5))
def test_of_incidents_of_different_origins_exactly_those_trusted_by_half_count(grades: list[str]) -> None:
    """Whatever stands beside them."""
    assert _counted(*grades) == sum(GradeTable().trust(Grade(*grade)) >= 0.5 for grade in grades)


@pytest.mark.parametrize("doubtful", [("D3", "B5", "E5"), ("A4", "B5", "E5")])
def test_doubtful_reports_beside_an_incident_of_trust_one_half_do_not_uncount_it(doubtful: tuple[str, ...]) -> None:
    """0.5 − 0.43 + 0.43 − 0.10 + 0.10 − 0.02 + 0.02 is one half, whatever rounding makes of it."""
    assert _counted("C6", *doubtful) == 1


def test_a_rule_counts_values_and_not_reports() -> None:
    """Seven incidents in one B2 report and two in a D3 one are seven; silence and other indicators are none."""
    theater = _theater(scenarios=(_scenario("offensive", Threshold("attack", 4, 6)),))
    ledger = [
        _report("o1", _ATTACK, 7, "B2"),
        _report("o2", _ATTACK, 2, "D3"),
        _report("o3", _CLAIM, 1, "A1", on=date(2016, 2, 10)),
        _report("o4", _ATTACK, 3, "A1", on=date(2016, 3, 7)),
    ]
    evidence = derive_evidence(theater, ledger, _NOW)
    assert evidence.counted == {"offensive": (0, 0, 0, 0, 7, 0, 0, 0, 0, 3)}
    assert evidence.occurred == {"offensive": (4,)}


def _naive_crossings(counts: Sequence[int], at_least: int, within: int) -> tuple[int, ...]:
    found, was_met = [], False
    for step in range(len(counts)):
        total = 0
        for back in range(within):
            if step - back >= 0:
                total += counts[step - back]
        if total >= at_least and not was_met:
            found.append(step)
        was_met = total >= at_least
    return tuple(found)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 9), st.integers(1, 8))
def test_a_rule_is_crossed_where_it_becomes_true(counts: list[int], at_least: int, within: int) -> None:
    """Against a loop over each step and each step of its reach."""
    assert crossings(counts, Threshold("attack", at_least, within)) == _naive_crossings(counts, at_least, within)


def test_a_rule_that_stays_true_is_crossed_once_and_again_after_it_has_been_false() -> None:
    """At least 4 within 3 steps: true at 2 to 4, false at 5, true again at 7."""
    assert crossings((1, 2, 1, 1, 2, 0, 1, 3, 0), Threshold("attack", 4, 3)) == (2, 7)
    assert crossings((5, 0, 0, 0, 5), Threshold("attack", 4, 3)) == (0, 4)
    assert crossings((), Threshold("attack", 1, 1)) == ()


def _events(*scenarios: Scenario, as_of: datetime = _NOW) -> Evidence:
    return derive_evidence(_theater(scenarios=scenarios), [_report("o1", _PRICE, 4.5, on=date(2016, 1, 5))], as_of)


def test_past_occurrences_lie_in_their_steps_of_the_window() -> None:
    """In order, twice in one week once, from before the window and from after the instant not at all."""
    days = (date(2016, 2, 20), date(2016, 1, 4), date(2016, 2, 16), date(2016, 1, 3), date(2016, 3, 9))
    found = _events(
        _scenario("coup", _event(date(2015, 6, 1), *days)),
        _scenario("decline", _event(date(2015, 6, 1))),
    )
    assert found.occurred == {"coup": (0, 6), "decline": ()}


def test_an_occurrence_is_known_at_the_end_of_its_day() -> None:
    """At noon of that day nobody knows of it yet."""
    day = date(2016, 3, 8)
    coup = _scenario("coup", _event(date(2015, 6, 1), day))
    assert _events(coup, as_of=_WEEKS.close_of(day - timedelta(days=1))).occurred == {"coup": ()}
    assert _events(coup, as_of=_WEEKS.close_of(day)).occurred == {"coup": (9,)}
    assert _events(coup, as_of=datetime(2016, 3, 8, 11, tzinfo=UTC)).occurred == {"coup": ()}


def test_absence_is_known_from_the_step_since_which_it_is_watched() -> None:
    """From the window's first step where it has been watched for longer; a rule needs no watching."""
    found = _events(
        _scenario("coup", _event(date(2015, 6, 1))),
        _scenario("decline", _event(date(2016, 1, 25))),
        _scenario("offensive", Threshold("attack", 4, 6)),
    )
    assert found.watched == {"coup": 0, "decline": 3}
