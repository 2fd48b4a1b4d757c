"""The kit that ships: accepted, complete, and every range argued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml

from tocsin.catalog import Catalog, find_kit, read_catalog
from tocsin.catalog.read_rule_tests import declared_rule_tests, read_rule_tests
from tocsin.domain.indicator import Collection, Kind, OrdinalBaseline, RateBaseline
from tocsin.domain.scenario import Event, Threshold
from tocsin.usecases.run_rule_test import run_rule_test

if TYPE_CHECKING:
    from pathlib import Path

KIT = find_kit()
FILES = sorted(
    path
    for folder in ("models", "indicators")
    for path in (KIT / folder).rglob("*.yaml")
    if "observations" not in path.parts
)
MANY_WORDS = 8
NOT_BEFORE_THE_WATCH = {
    "violence/infiltration-clash",
    "group/leadership-loss",
    "flow/weapons-cache",
    "state/border-measures",
    "state/emergency-measure",
    "state/mass-arrests",
    "state/abuse-report",
    "state/existential-rhetoric",
    "society/protest",
    "society/insecurity-protest",
}


@pytest.fixture(scope="module")
def kit() -> Catalog:
    return read_catalog(KIT)


def _mappings(data: object) -> Iterator[Mapping[str, object]]:
    if isinstance(data, Mapping):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _mappings(item)


def _load(path: Path) -> object:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_the_kit_declares_five_scenarios_and_twenty_five_indicators(kit: Catalog) -> None:
    tunisia = kit.theater("tunisia")
    assert len(tunisia.scenarios) == 5
    assert len(tunisia.indicators) == 25
    tests = declared_rule_tests(KIT)
    assert len(FILES) == 1 + 5 + 25 + len(kit.feeds) + len(kit.alert_rules) + len(tests)
    assert len(kit.alert_rules) == 5
    assert list(kit.feeds) == ["tunisia/inbox", "tunisia/ucdp-ged"]
    assert len(tunisia.couplings) == 6
    assert list(kit.indicators("tunisia")) == [indicator.id for indicator in tunisia.indicators]


RANGED = [path for path in FILES if path.parent.name not in {"feeds", "alerts", "tests"}]


@pytest.mark.parametrize("path", RANGED, ids=[str(path.relative_to(KIT)) for path in RANGED])
def test_every_range_has_a_reason_of_its_own(path: Path) -> None:
    ranges = [found for found in _mappings(_load(path)) if {"low", "shares"} & set(found)]
    assert ranges or path.name == "theater.yaml"
    reasons = [str(found["reason"]) for found in ranges]
    assert all(len(reason.split()) >= MANY_WORDS for reason in reasons)
    assert len(set(reasons)) == len(reasons)


def test_no_reason_is_repeated_across_the_kit() -> None:
    reasons = [str(found["reason"]) for path in FILES for found in _mappings(_load(path)) if "reason" in found]
    assert len(reasons) > 25 + 5 * 3 + 6
    assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(KIT)) for path in FILES])
def test_every_file_points_editors_at_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    reference = first.removeprefix("# yaml-language-server: $schema=")
    assert reference != first
    assert (path.parent / reference).resolve().is_file()


def test_every_indicator_is_watched_by_the_theater(kit: Catalog) -> None:
    declared = {f"{path.parent.name}/{path.stem}" for path in FILES if path.is_relative_to(KIT / "indicators")}
    assert declared == set(kit.indicators("tunisia"))


def test_silence_counts_only_from_the_day_somebody_looks(kit: Catalog) -> None:
    for name, indicator in kit.indicators("tunisia").items():
        expected = date(2016, 3, 1) if name in NOT_BEFORE_THE_WATCH else date(2014, 1, 1)
        continuous = indicator.collection is Collection.CONTINUOUS
        assert indicator.since == (expected if continuous else None), name
        assert indicator.delay_days == 1, name


def test_rates_of_the_kit_are_the_stated_ones_per_week(kit: Catalog) -> None:
    indicators = kit.indicators("tunisia")
    baseline = indicators["violence/border-attack"].baseline
    assert isinstance(baseline, RateBaseline)
    assert (baseline.per_step.low, baseline.per_step.high) == (0.02, 0.15)
    assert (baseline.dispersion.low, baseline.dispersion.high) == (0.5, 5.0)
    assert "not elicited" in baseline.dispersion.reason
    measure = indicators["state/emergency-measure"]
    assert measure.kind is Kind.ORDINAL
    assert measure.levels == ("none", "curfew", "emergency", "Article 80")
    assert measure.baseline == OrdinalBaseline((0.5, 0.4, 0.08, 0.02), 2.0, measure.baseline.reason)  # type: ignore[union-attr]


def test_scenarios_of_the_kit_have_the_stated_mechanisms(kit: Catalog) -> None:
    tunisia = kit.theater("tunisia")
    assert {scenario.resolution.opened for scenario in tunisia.scenarios} == {date(2016, 3, 8)}
    offensive = tunisia.scenario("border-offensive").mechanism
    assert offensive == Threshold("violence/border-attack", at_least=6, within_steps=8)
    central = tunisia.scenario("central-expansion").mechanism
    assert central == Threshold("violence/central-attack", at_least=4, within_steps=12)
    wilayat = tunisia.scenario("tunisian-wilayat").mechanism
    assert isinstance(wilayat, Event)
    assert (wilayat.base_rate.low, wilayat.base_rate.high) == (0.005, 0.04)
    assert (wilayat.hazard_link.low, wilayat.hazard_link.high) == (5, 25)
    assert wilayat.watched_since == date(2014, 1, 1)
    assert tunisia.horizon_days == 365


def test_every_shipped_rule_has_a_test_that_it_passes_and_tells_the_log(kit: Catalog) -> None:
    """Who is told is for whoever runs it to say."""
    tests = read_rule_tests(declared_rule_tests(KIT), kit)
    assert {f"{test.theater}/{name}" for test in tests for name in test.rules} == set(kit.alert_rules)
    for test in tests:
        rules = [kit.alert_rule(test.theater, name) for name in test.rules]
        assert run_rule_test(test, kit.theater(test.theater), rules) == [], test.file
    assert {rule.destinations for rule in kit.alert_rules.values()} == {()}
