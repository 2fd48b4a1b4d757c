"""What can be judged only across files: names, pairs, and what a link may do to its indicator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from tocsin.catalog.names import nearest
from tocsin.catalog.scenario import AnyScenarioFile, ThresholdScenarioFile
from tocsin.catalog.spans import whole_steps
from tocsin.domain.grading import Grade, GradeTable
from tocsin.domain.timeline import Step

if TYPE_CHECKING:
    from tocsin.catalog.document import Document, Loc
    from tocsin.catalog.indicator import AnyIndicatorFile
    from tocsin.catalog.theater import TheaterFile
    from tocsin.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class Declared[T]:
    """One file that has the right shape."""

    document: Document
    content: T


type Known[T] = Mapping[str, Declared[T] | None]
"""Everything declared of one noun, by id; None where the file was refused: its name is still known."""


def theater_problems(
    theater: Declared[TheaterFile], scenarios: Known[AnyScenarioFile], indicators: Known[AnyIndicatorFile]
) -> Iterator[Problem]:
    """What is wrong between a theater file and the rest."""
    document = theater.document
    if not scenarios:
        yield document.problem(("scenarios",), "missing", "at least one file in scenarios/ beside theater.yaml")
    listed: set[str] = set()
    for position, name in enumerate(theater.content.indicators):
        loc: Loc = ("indicators", position)
        if name in listed:
            yield document.problem(loc, repr(name), "each indicator once (it is listed above)")
        elif name not in indicators:
            yield document.problem(loc, repr(name), f"a declared indicator{nearest(name, indicators)}")
        listed.add(name)
    yield from _coupling_problems(theater, scenarios)
    yield from _grade_problems(theater)


def _coupling_problems(theater: Declared[TheaterFile], scenarios: Known[AnyScenarioFile]) -> Iterator[Problem]:
    document = theater.document
    pairs: set[tuple[str, str]] = set()
    for position, coupling in enumerate(theater.content.couplings):
        loc: Loc = ("couplings", position)
        for key, name in (("from", coupling.source), ("to", coupling.target)):
            if name not in scenarios:
                accepted = f"a scenario of this theater{nearest(name, scenarios)}"
                yield document.problem((*loc, key), repr(name), accepted)
        if coupling.source == coupling.target:
            accepted = "a scenario other than its source: what follows on itself is its own pressure"
            yield document.problem((*loc, "to"), repr(coupling.target), accepted)
        pair = (coupling.source, coupling.target)
        if pair in pairs:
            yield document.problem(loc, " → ".join(pair), "each pair once (it is coupled above)")
        pairs.add(pair)
        target = scenarios.get(coupling.target)
        if target is not None and target.content.pressure.fast_half_life is None:
            accepted = "a scenario with a fast part (pressure.fast_half_life), which is what a coupling adds to"
            yield document.problem((*loc, "to"), repr(coupling.target), accepted)


def _grade_problems(theater: Declared[TheaterFile]) -> Iterator[Problem]:
    """One problem for each override that breaks the order, with everything that it breaks."""
    grades = theater.content.grades
    broken: dict[Loc, list[str]] = defaultdict(list)
    for violation in grade_table(theater.content).violations():
        named = next((grade for grade in grades if grade in violation), None)
        broken[("grades",) if named is None else ("grades", named)].append(violation)
    for loc, violations in broken.items():
        accepted = "trusts that never rise along A–E or along 1–5, with F and 6 strictly inside the ends"
        yield theater.document.problem(loc, f"out of order: {'; '.join(violations)}", accepted)


def grade_table(theater: TheaterFile) -> GradeTable:
    """The default table with a theater's overrides."""
    return GradeTable().with_overrides({Grade(text[0], text[1]): trust for text, trust in theater.grades.items()})


def scenario_problems(
    scenario: Declared[AnyScenarioFile], theater: TheaterFile | None, indicators: Known[AnyIndicatorFile]
) -> Iterator[Problem]:
    """What is wrong between a scenario file and the rest; `theater` is None where its file was refused."""
    watched = set(indicators) if theater is None else set(theater.indicators)
    threshold = _rule_problems(scenario, theater, watched, indicators)
    return chain(_link_problems(scenario, watched, indicators), threshold)


def _link_problems(
    scenario: Declared[AnyScenarioFile], watched: Collection[str], indicators: Known[AnyIndicatorFile]
) -> Iterator[Problem]:
    document = scenario.document
    linked: set[str] = set()
    for position, link in enumerate(scenario.content.links):
        loc: Loc = ("links", position)
        yield from _name_problems(document, (*loc, "indicator"), link.indicator, watched, indicators)
        if link.indicator in linked:
            yield document.problem(loc, repr(link.indicator), "one link to each indicator (it is linked above)")
        linked.add(link.indicator)
        declared = indicators.get(link.indicator)
        if declared is not None and (declared.content.kind == "measure") != (link.shift is not None):
            given, accepted = ("multiplier", "shift") if link.shift is None else ("shift", "multiplier")
            value = f"given for an indicator of kind {declared.content.kind}"
            yield document.problem((*loc, given), value, f"{accepted} (with low, high and reason)")


def _rule_problems(
    scenario: Declared[AnyScenarioFile],
    theater: TheaterFile | None,
    watched: Collection[str],
    indicators: Known[AnyIndicatorFile],
) -> Iterator[Problem]:
    if not isinstance(scenario.content, ThresholdScenarioFile):
        return
    document, rule = scenario.document, scenario.content.resolution.threshold
    loc: Loc = ("resolution", "threshold")
    yield from _name_problems(document, (*loc, "indicator"), rule.indicator, watched, indicators)
    declared = indicators.get(rule.indicator)
    if declared is not None and declared.content.kind != "count":
        value = f"{rule.indicator!r} (a {declared.content.kind})"
        yield document.problem((*loc, "indicator"), value, "an indicator of kind count")
    if theater is None:
        return
    steps = whole_steps(rule.within, Step(theater.step))
    if steps is None:
        accepted = f'a whole number of the theater\'s steps, such as "8 {theater.step}s"'
        yield document.problem((*loc, "within"), repr(rule.within), accepted)
    elif steps > theater.window:
        accepted = f"at most the theater's window, which is {theater.window} {theater.step}s"
        yield document.problem((*loc, "within"), repr(rule.within), accepted)


def _name_problems(
    document: Document, loc: Loc, name: str, watched: Collection[str], indicators: Known[AnyIndicatorFile]
) -> Iterator[Problem]:
    if name not in indicators:
        yield document.problem(loc, repr(name), f"a declared indicator{nearest(name, indicators)}")
    elif name not in watched:
        accepted = f"an indicator in the list of theater.yaml (add it there){nearest(name, watched)}"
        yield document.problem(loc, repr(name), accepted)
