"""What can be judged of an alert rule only beside its theater, its feeds and the other rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.catalog.alert_rule import OddsRuleFile, OverdueIndicatorFile, SilentFeedFile, TripwireFile
from tocsin.catalog.names import nearest
from tocsin.domain.indicator import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tocsin.catalog.alert_rule import AnyAlertRuleFile
    from tocsin.catalog.references import Declared
    from tocsin.domain.errors import Problem
    from tocsin.domain.theater import Theater

_COUNTED = {Kind.COUNT, Kind.PRESENCE}


def alert_rule_problems(
    rule: Declared[AnyAlertRuleFile], theater: Theater, feeds: Collection[str], rules: Collection[str]
) -> Iterator[Problem]:
    """What is wrong between a rule file and the rest.

    Args:
        rule: The file.
        theater: Its theater.
        feeds: Ids of the theater's feeds, within the theater.
        rules: Ids of all rules of the theater.
    """
    document, content = rule.document, rule.content
    match content:
        case OddsRuleFile():
            yield from _odds_problems(rule, content, theater)
        case SilentFeedFile() if content.feed not in feeds:
            yield document.problem(
                ("feed",), repr(content.feed), f"a feed of this theater{nearest(content.feed, feeds)}"
            )
        case OverdueIndicatorFile() | TripwireFile():
            yield from _indicator_problems(rule, content, theater)
        case _:
            pass
    for position, name in enumerate(content.inhibited_by):
        if name not in rules:
            accepted = f"the id of a rule of this theater{nearest(name, rules)}"
            yield document.problem(("inhibited_by", position), repr(name), accepted)


def inhibition_problems(rules: Mapping[str, Declared[AnyAlertRuleFile]]) -> Iterator[Problem]:
    """Rules that quiet each other in a circle, told once for each of them: none of them would ever be heard."""
    quieting = {name: rule.content.inhibited_by for name, rule in rules.items()}
    for name, rule in rules.items():
        yield from circle_problems(name, rule, quieting)


def circle_problems(
    name: str, rule: Declared[AnyAlertRuleFile], quieting: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    """A rule that quiets itself by way of others; `quieting` has all rules, with those that each is inhibited by."""
    circle = _circle(name, quieting)
    if circle is not None:
        way = " ← ".join((name, *circle))
        yield rule.document.problem(("inhibited_by",), f"a circle: {way}", "rules that do not quiet each other")


def _circle(start: str, quieting: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The way from a rule back to itself along `inhibited_by`; None where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in quieting.get(way[-1], ()):
            if name == start:
                return (*way[1:], name)
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return None


def _odds_problems(rule: Declared[AnyAlertRuleFile], content: OddsRuleFile, theater: Theater) -> Iterator[Problem]:
    document = rule.document
    scenarios = {scenario.id: scenario for scenario in theater.scenarios}
    scenario = scenarios.get(content.scenario)
    if scenario is None:
        accepted = f"a scenario of this theater{nearest(content.scenario, scenarios)}"
        yield document.problem(("scenario",), repr(content.scenario), accepted)
    elif content.horizon not in scenario.horizons:
        days = ", ".join(str(item) for item in scenario.horizons)
        yield document.problem(("horizon",), repr(content.horizon), f"a horizon of {scenario.id}: {days}")


def _indicator_problems(
    rule: Declared[AnyAlertRuleFile], content: OverdueIndicatorFile | TripwireFile, theater: Theater
) -> Iterator[Problem]:
    document = rule.document
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    indicator = indicators.get(content.indicator)
    if indicator is None:
        accepted = f"an indicator that the theater lists{nearest(content.indicator, indicators)}"
        yield document.problem(("indicator",), repr(content.indicator), accepted)
    elif isinstance(content, TripwireFile) and indicator.kind not in _COUNTED:
        value = f"{content.indicator!r}, of kind {indicator.kind}"
        yield document.problem(("indicator",), value, "an indicator of kind count or presence")
    elif isinstance(content, OverdueIndicatorFile) and indicator.expect_every_days is None:
        accepted = "an indicator whose file says collection.expect_every_days"
        yield document.problem(("indicator",), repr(content.indicator), accepted)
