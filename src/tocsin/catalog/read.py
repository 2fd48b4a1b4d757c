"""Reads a folder of declarations into theaters, or refuses it with everything that is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from tocsin.catalog.alert_rule import ALERT_RULE_SHAPES, AnyAlertRuleFile, alert_rule_of
from tocsin.catalog.alert_rule_references import alert_rule_problems, inhibition_problems
from tocsin.catalog.branching import branching
from tocsin.catalog.document import Document, parse_document
from tocsin.catalog.feed import FEED_SHAPES, AnyFeedFile, feed_of
from tocsin.catalog.feed_references import feed_problems
from tocsin.catalog.indicator import INDICATOR_SHAPES, AnyIndicatorFile, indicator_of
from tocsin.catalog.references import (
    Declared,
    Known,
    grade_table,
    scenario_problems,
    theater_problems,
)
from tocsin.catalog.scenario import SCENARIO_SHAPES, AnyScenarioFile, scenario_of
from tocsin.catalog.shape import read_kind, read_shape
from tocsin.catalog.theater import TheaterFile
from tocsin.catalog.tree import Tree, survey
from tocsin.domain.errors import InvalidDeclarationError, Problem, UnknownNameError
from tocsin.domain.theater import Coupling, Theater
from tocsin.domain.timeline import Step, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.feed import Feed
    from tocsin.domain.indicator import Indicator


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every declared theater, and every feed and alert rule of one, by id."""

    theaters: Mapping[str, Theater]
    feeds: Mapping[str, Feed]
    alert_rules: Mapping[str, AlertRule]

    def theater(self, name: str) -> Theater:
        """The theater of that id; UnknownNameError otherwise."""
        if name not in self.theaters:
            raise UnknownNameError("theater", name, sorted(self.theaters))
        return self.theaters[name]

    def feed(self, name: str) -> Feed:
        """The feed of that id, `<theater>/<feed>`; UnknownNameError otherwise."""
        if name not in self.feeds:
            raise UnknownNameError("feed", name, sorted(self.feeds))
        return self.feeds[name]

    def alert_rule(self, theater: str, name: str) -> AlertRule:
        """The alert rule of that id in a theater; UnknownNameError otherwise."""
        known = {rule.id: rule for rule in self.alert_rules.values() if rule.theater == theater}
        if name not in known:
            raise UnknownNameError("alert rule", name, sorted(known))
        return known[name]

    def indicators(self, theater: str) -> Mapping[str, Indicator]:
        """The indicators that a theater watches, by id, in its order and per its step."""
        return MappingProxyType({indicator.id: indicator for indicator in self.theater(theater).indicators})


def read_catalog(root: Path) -> Catalog:
    """The catalog in a folder that holds `models/` and `indicators/`.

    1. Find the files. 2. Hold each to its shape. 3. Judge what crosses files. 4. Assemble the theaters in
    which nothing was wrong, and refuse those that feed on themselves. InvalidDeclarationError names every
    problem of every file, by path below `root`; nothing is read in part.
    """
    tree = survey(root)
    problems = tree.problems
    indicators: Known[AnyIndicatorFile] = {
        name: _declared(tree, path, _read_indicator, problems) for name, path in tree.indicators.items()
    }
    theaters: dict[str, Theater] = {}
    feeds: dict[str, Feed] = {}
    rules: dict[str, AlertRule] = {}
    for name in sorted({*tree.theaters, *tree.scenarios, *tree.feeds, *tree.alert_rules}):
        theater = _theater(tree, name, indicators, problems)
        if theater is not None:
            theaters[name] = theater
        feeds |= {feed.id: feed for feed in _feeds(tree, name, theater, problems)}
        rules |= {f"{name}/{rule.id}": rule for rule in _alert_rules(tree, name, theater, problems)}
    if problems:
        raise InvalidDeclarationError(problems)
    return Catalog(MappingProxyType(theaters), MappingProxyType(feeds), MappingProxyType(rules))


def _feeds(tree: Tree, name: str, theater: Theater | None, problems: list[Problem]) -> Iterator[Feed]:
    """The feeds of a theater whose own files are right; of any other only what is wrong with their shapes is told."""
    for feed, path in tree.feeds.get(name, {}).items():
        declared: Declared[AnyFeedFile] | None = _declared(tree, path, _read_feed, problems)
        if declared is not None and theater is not None:
            problems.extend(feed_problems(declared, theater))
            yield feed_of(f"{name}/{feed}", declared.content)


def _alert_rules(tree: Tree, name: str, theater: Theater | None, problems: list[Problem]) -> Iterator[AlertRule]:
    """The alert rules of a theater, as `_feeds`."""
    rules: Known[AnyAlertRuleFile] = {
        rule: _declared(tree, path, _read_alert_rule, problems) for rule, path in tree.alert_rules.get(name, {}).items()
    }
    whole = _whole(rules)
    problems.extend(inhibition_problems(whole))
    if theater is None:
        return
    for rule, declared in whole.items():
        problems.extend(alert_rule_problems(declared, theater, tree.feeds.get(name, {}), rules))
        yield alert_rule_of(name, rule, declared.content, theater.timeline)


def _theater(tree: Tree, name: str, indicators: Known[AnyIndicatorFile], problems: list[Problem]) -> Theater | None:
    """One theater, or None with at least one problem added (or one of its indicators refused before)."""
    before = len(problems)
    path = tree.theaters.get(name)
    theater = None if path is None else _declared(tree, path, _read_theater, problems)
    scenarios: Known[AnyScenarioFile] = {
        scenario: _declared(tree, place, _read_scenario, problems)
        for scenario, place in tree.scenarios.get(name, {}).items()
    }
    if theater is not None:
        problems.extend(theater_problems(theater, scenarios, indicators))
    for scenario in _whole(scenarios).values():
        problems.extend(scenario_problems(scenario, None if theater is None else theater.content, indicators))
    if theater is None or len(problems) > before:
        return None
    declared = _whole(indicators)
    if not set(theater.content.indicators) <= set(declared):
        return None
    assembled = _assembled(name, theater.content, _whole(scenarios), declared)
    problems.extend(_branching_problems(theater, assembled))
    return assembled


def _assembled(
    name: str,
    theater: TheaterFile,
    scenarios: Mapping[str, Declared[AnyScenarioFile]],
    indicators: Mapping[str, Declared[AnyIndicatorFile]],
) -> Theater:
    step = Step(theater.step)
    return Theater(
        id=name,
        title=theater.title,
        timeline=Timeline(step, theater.window, theater.time_zone),
        scenarios=tuple(scenario_of(key, item.content, step) for key, item in sorted(scenarios.items())),
        indicators=tuple(indicator_of(key, indicators[key].content, step) for key in theater.indicators),
        couplings=tuple(Coupling(item.source, item.target, item.adds.plain()) for item in theater.couplings),
        grades=grade_table(theater),
    )


def _branching_problems(declared: Declared[TheaterFile], theater: Theater) -> Iterator[Problem]:
    found = branching(theater)
    if found.ratio < 1:
        return
    around = set(zip(found.cycle, (*found.cycle[1:], found.cycle[0]), strict=True))
    position = next(place for place, item in enumerate(theater.couplings) if (item.source, item.target) in around)
    cycle = " → ".join((*found.cycle, found.cycle[0]))
    value = f"part of a cycle that feeds on itself: {cycle} (branching ratio {found.ratio:.2f})"
    accepted = "couplings whose branching ratio is below 1: lower `adds` or the multipliers along the cycle"
    yield declared.document.problem(("couplings", position), value, accepted)


def _declared[T](
    tree: Tree, path: Path, read: Callable[[Document, list[Problem]], T | None], problems: list[Problem]
) -> Declared[T] | None:
    label = tree.label(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem(label, None, "the file", f"not readable ({error.strerror})", "a file that can be read"))
        return None
    document, found = parse_document(label, content)
    problems.extend(found)
    if document is None:
        return None
    declared = read(document, problems)
    return None if declared is None else Declared(document, declared)


def _read_theater(document: Document, problems: list[Problem]) -> TheaterFile | None:
    return read_shape(document, TheaterFile, problems)


def _read_scenario(document: Document, problems: list[Problem]) -> AnyScenarioFile | None:
    return cast("AnyScenarioFile | None", read_kind(document, SCENARIO_SHAPES, problems))


def _read_indicator(document: Document, problems: list[Problem]) -> AnyIndicatorFile | None:
    return cast("AnyIndicatorFile | None", read_kind(document, INDICATOR_SHAPES, problems))


def _read_alert_rule(document: Document, problems: list[Problem]) -> AnyAlertRuleFile | None:
    return cast("AnyAlertRuleFile | None", read_kind(document, ALERT_RULE_SHAPES, problems))


def _read_feed(document: Document, problems: list[Problem]) -> AnyFeedFile | None:
    return cast("AnyFeedFile | None", read_kind(document, FEED_SHAPES, problems))


def _whole[T](known: Known[T]) -> dict[str, Declared[T]]:
    return {name: declared for name, declared in known.items() if declared is not None}
