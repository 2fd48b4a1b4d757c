"""What a sound catalog becomes: domain objects in the theater's steps."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tocsin.domain.elicitation import Range
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import MeasureBaseline, RateBaseline, Transform
from tocsin.domain.scenario import Event, Occurrence, Threshold
from tocsin.domain.timeline import Step
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared

if TYPE_CHECKING:
    from conftest import Folder

THEATER = "models/border/theater.yaml"
WEEKS_A_YEAR = 365.2425 / 7
# Both sides are a few multiplications of the same doubles.
ROUNDING = 1e-12


def test_the_sound_catalog_is_read(folder: Folder) -> None:
    theater = folder.read().theater("border")
    assert theater.timeline.step is Step.WEEK
    assert [scenario.id for scenario in theater.scenarios] == ["crackdown", "offensive"]
    assert [indicator.id for indicator in theater.indicators] == [
        "border/attack",
        "border/claim",
        "state/measure",
        "state/price",
    ]
    assert theater.couplings[1].adds == Range(0.1, 0.6, "resentment")
    assert theater.grades.trust(Grade("A", "1")) == 0.985
    assert theater.grades.trust(Grade("B", "2")) == 0.91


@pytest.mark.parametrize(("step", "per_year"), [("day", 365.2425), ("week", WEEKS_A_YEAR), ("month", 12.0)])
def test_rates_and_half_lives_are_in_the_theaters_step(folder: Folder, step: str, per_year: float) -> None:
    folder.edit(THEATER, "step: week", f"step: {step}")
    folder.edit(THEATER, "window: 104", "window: 400")
    folder.edit("models/border/scenarios/offensive.yaml", "within: 8 weeks", "within: 12 months")
    theater = folder.read().theater("border")
    rates = theater.indicator("border/attack").baseline
    assert isinstance(rates, RateBaseline)
    assert rates.per_step.low == pytest.approx(2 / per_year, rel=ROUNDING)
    assert rates.per_step.high == pytest.approx(8 / per_year, rel=ROUNDING)
    offensive = theater.scenario("offensive")
    assert offensive.pressure.fast_half_life is not None
    assert offensive.pressure.fast_half_life.high == pytest.approx(3 / 12 * per_year, rel=ROUNDING)
    assert offensive.pressure.slow_share is None
    assert offensive.mechanism == Threshold("border/attack", 6, round(per_year))


def test_a_base_rate_becomes_a_hazard_per_step(folder: Folder) -> None:
    mechanism = folder.read().theater("border").scenario("crackdown").mechanism
    assert isinstance(mechanism, Event)
    low, high = (-math.log(1 - chance) / WEEKS_A_YEAR for chance in (0.03, 0.12))
    assert mechanism.base_hazard.mean == pytest.approx((math.log(low) + math.log(high)) / 2, rel=ROUNDING)
    assert mechanism.base_rate == Range(0.03, 0.12, "uncommon")


def test_occurrences_keep_their_day_although_yaml_once_read_on_as_true(folder: Folder) -> None:
    folder.edit(
        "models/border/scenarios/crackdown.yaml",
        "links:",
        "occurrences: [{on: 2015-07-04, reason: decree}]\nlinks:",
    )
    mechanism = folder.read().theater("border").scenario("crackdown").mechanism
    assert isinstance(mechanism, Event)
    assert mechanism.occurrences == (Occurrence(date(2015, 7, 4), "decree"),)


def test_a_measure_keeps_its_transform_and_its_shift(folder: Folder) -> None:
    theater = folder.read().theater("border")
    price = theater.indicator("state/price")
    assert price.transform is Transform.LOG
    assert price.baseline == MeasureBaseline(Range(-1.5, -0.5, "about 0.3 dinars"), Range(0.05, 0.2, "steady"), 4.0)
    assert theater.scenario("crackdown").links[1].effect == Range(0.5, 2.0, "prices follow unrest")


def test_a_measure_may_declare_its_degrees_of_freedom(folder: Folder) -> None:
    """4 where it declares none; whole or broken numbers."""
    folder.edit("indicators/state/price.yaml", "reason: steady}", "reason: steady}\n  degrees_of_freedom: 30")
    price = folder.read().theater("border").indicator("state/price")
    assert isinstance(price.baseline, MeasureBaseline)
    assert price.baseline.degrees_of_freedom == 30.0


def test_a_stated_dispersion_replaces_the_default(folder: Folder) -> None:
    folder.texts["indicators/border/attack.yaml"] += "dispersion: {low: 1, high: 2, reason: steady}\n"
    baseline = folder.read().theater("border").indicator("border/attack").baseline
    assert isinstance(baseline, RateBaseline)
    assert baseline.dispersion == Range(1, 2, "steady")


def test_a_count_may_declare_by_what_power_its_dispersion_grows(folder: Folder) -> None:
    """None where it declares none; below 0 and above 1 are beliefs too."""
    attack = "indicators/border/attack.yaml"
    assert folder.read().theater("border").indicator("border/attack").baseline.dispersion_power is None  # type: ignore[union-attr]
    folder.texts[attack] += "dispersion_power: {low: -0.1, high: 1.2, reason: wars are steadier}\n"
    baseline = folder.read().theater("border").indicator("border/attack").baseline
    assert isinstance(baseline, RateBaseline)
    assert baseline.dispersion_power == Range(-0.1, 1.2, "wars are steadier")


def test_a_rhythm_may_be_declared_and_changes_no_odds(folder: Folder) -> None:
    """Whoever declares when a report is expected needs no refit for it."""
    before = folder.read().theater("border")
    folder.edit("indicators/border/attack.yaml", "delay_days: 1", "delay_days: 1\n  expect_every_days: 7")
    after = folder.read().theater("border")
    assert before.indicator("border/attack").expect_every_days is None
    assert after.indicator("border/attack").expect_every_days == 7
    assert declared(after, lay_out(after)) == declared(before, lay_out(before))


def test_an_indicator_without_a_link_is_legal(folder: Folder) -> None:
    claim = folder.texts["indicators/border/claim.yaml"]
    folder.texts["indicators/border/rumor.yaml"] = claim
    folder.edit(THEATER, "  - state/price", "  - state/price\n  - border/rumor")
    assert len(folder.read().indicators("border")) == 5


def test_an_unknown_theater_names_the_known_ones(folder: Folder) -> None:
    with pytest.raises(UnknownNameError, match="known: border"):
        folder.read().theater("boarder")
