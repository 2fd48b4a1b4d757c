"""The chronicle and UCDP tell of the same Tunisian events; what they say together, worked out by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tocsin.domain.elicitation import Range
from tocsin.domain.evidence import Cell, derive_evidence
from tocsin.domain.indicator import Collection, Indicator, Kind, RateBaseline
from tocsin.domain.observation import Observation
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.feeds.shipped import shipped_drafts
from tocsin.usecases.observe import observe
from tocsin.usecases.ports import Recorded

_ROOT = Path(__file__).parents[2] / "indicators"
_WEEKS = Timeline(Step.WEEK, window=156, zone="Africa/Tunis")
_NAMES = ("border-attack", "mass-casualty-attack", "central-attack", "western-libya-fighting")
_A1, _A2, _B2 = 0.98, 0.94, 0.91  # trusts of the grading table


def _indicator(name: str) -> Indicator:
    rate = Range(0.02, 0.15, "")
    return Indicator(
        id=f"violence/{name}",
        title=name,
        definition="",
        kind=Kind.COUNT,
        unit="",
        collection=Collection.OCCASIONAL,
        coverage=0.7,
        since=None,
        delay_days=0,
        baseline=RateBaseline(rate, rate),
    )


_THEATER = Theater("tunisia", "Tunisia", _WEEKS, (), tuple(_indicator(name) for name in _NAMES))


class _Memory:
    def __init__(self) -> None:
        self.kept: list[Observation] = []

    def record(self, observations: Sequence[Observation]) -> Recorded:
        self.kept.extend(observations)
        return Recorded(tuple(item.id for item in observations), 0)

    def observations(self, indicators: object, as_of: datetime) -> list[Observation]:
        raise NotImplementedError


def _cells(through: date) -> dict[tuple[str, date], Cell]:
    """Evidence of the shipped history, by indicator and first day of the week."""
    memory = _Memory()
    indicators = {indicator.id: indicator for indicator in _THEATER.indicators}
    observe(
        [draft for draft in shipped_drafts(_ROOT) if draft.indicator in indicators],
        indicators=indicators,
        timeline=_WEEKS,
        ledger=memory,
        now=datetime(2026, 1, 1, tzinfo=UTC),
        author="shipped",
        history=True,
    )
    evidence = derive_evidence(_THEATER, memory.kept, _WEEKS.close_of(through))
    return {
        (cell.indicator.removeprefix("violence/"), _WEEKS.start_of(evidence.first_step + cell.step)): cell
        for cell in evidence.cells
    }


def _said(cell: Cell) -> list[tuple[float, float]]:
    return [(item.value, round(item.trust, 9)) for item in cell.alternatives]


def test_the_week_of_ben_guerdane_through_the_8th_holds_two_border_attacks() -> None:
    """The assault of the 7th (chronicle, UCDP 219499) and the clashes of the 8th (chronicle, UCDP 219503)."""
    cell = _cells(date(2016, 3, 8))["border-attack", date(2016, 3, 7)]
    assert _said(cell) == [(2.0, _A1)]
    assert len(cell.reports) == 4  # both sources tell of both


def test_the_whole_week_of_ben_guerdane_holds_four_border_attacks() -> None:
    """7th, 8th, 9th (219505) and 10th (219507), each told twice."""
    cell = _cells(date(2016, 3, 13))["border-attack", date(2016, 3, 7)]
    assert _said(cell) == [(4.0, _A1)]
    assert len(cell.reports) == 8


def test_the_week_before_holds_the_clash_that_only_the_chronicle_knows() -> None:
    """UCDP locates no event in Tunisia on 2 March."""
    cell = _cells(date(2016, 3, 13))["border-attack", date(2016, 2, 29)]
    assert _said(cell) == [(1.0, _B2)]


def test_bardo_sousse_and_the_bus_are_one_attack_each_and_ben_guerdane_is_none() -> None:
    """UCDP has two rows for each of the first two."""
    cells = _cells(date(2016, 3, 13))
    weeks = {week: _said(cell) for (name, week), cell in cells.items() if name == "mass-casualty-attack"}
    assert weeks == {
        date(2015, 3, 16): [(1.0, _A1)],
        date(2015, 6, 22): [(1.0, _A1)],
        date(2015, 11, 23): [(1.0, _A1)],
    }


def test_the_killing_near_kasserine_is_one_central_attack() -> None:
    """Only the chronicle holds it as one; by rule UCDP's row, AQIM's, is left out."""
    cells = _cells(date(2016, 3, 13))
    weeks = {week: _said(cell) for (name, week), cell in cells.items() if name == "central-attack"}
    assert weeks == {date(2015, 10, 5): [(1.0, _A2)]}


def test_the_clashes_around_sabratha_after_the_strike_add_up() -> None:
    """UCDP: the strike on the 19th, a clash on the 20th; two on the 23rd at one place, then 25th and 26th."""
    cells = _cells(date(2016, 3, 8))
    assert _said(cells["western-libya-fighting", date(2016, 2, 15)]) == [(2.0, _A2)]
    assert _said(cells["western-libya-fighting", date(2016, 2, 22)]) == [(3.0, _A2)]
