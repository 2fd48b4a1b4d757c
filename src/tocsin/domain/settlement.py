"""How a declared rule settles a window from what has been observed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.counting import beyond_singles
from tocsin.domain.evidence import COUNTED_TRUST, tally_of
from tocsin.domain.observation import effective
from tocsin.domain.origin import group_echoes
from tocsin.domain.plural import counted as in_words
from tocsin.domain.resolution import Outcome
from tocsin.domain.scenario import Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.resolution import Window
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts toward a rule: the best graded report of one origin; of a total, what it says beyond those."""

    day: date
    value: int
    report: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a window, and why; `reports` met it. OPEN says that it is not decided yet."""

    outcome: Outcome
    reason: str
    reports: tuple[str, ...] = ()


def rule_text(scenario: Scenario, timeline: Timeline) -> str:
    """The rule by which a scenario settles itself, in one line; empty where people judge."""
    rule = scenario.mechanism
    if not isinstance(rule, Threshold):
        return ""
    return f"{rule.indicator} counted at least {rule.at_least} times within {rule.within_steps} {timeline.step}s"


def count_reports(
    theater: Theater, indicator: str, observations: Iterable[Observation], as_of: datetime
) -> tuple[Counted, ...]:
    """What was counted of an indicator at an instant, in order of day and id: what evidence counts for the model too.

    One report an origin, the best graded and among equals the latest, and only where it is at least as likely right
    as wrong.
    """
    told = [item for item in effective(observations, as_of) if item.indicator == indicator]
    best = (echoes[-1] for echoes in group_echoes(told, theater.grades).values())
    tallies = (tally_of(item, theater.grades.trust(item.grade)) for item in best)
    believed = [item for item in tallies if item.trust >= COUNTED_TRUST]
    said = [*((item, item.value) for item in believed if not item.total), *beyond_singles(believed)]
    counted = (Counted(item.last, int(value), item.report) for item, value in said if value > 0)
    return tuple(sorted(counted, key=lambda item: (item.day, item.report)))


def looks_back_to(window: Window, rule: Threshold, timeline: Timeline) -> date:
    """The first day at which the rule looks for a window: of the steps that end with the window's first."""
    return timeline.start_of(timeline.number(window.opened_on) - rule.within_steps + 1)


def meeting(window: Window, rule: Threshold, counted: Sequence[Counted], timeline: Timeline) -> tuple[Counted, ...]:
    """What first met the rule on a day of the window, in order; empty where it has not been met. `counted` is in order.

    As in the model, the rule looks at the current step and those before it, also where they lie before the window: a
    rule that is met when the window opens settles it at once, and the odds have counted it so.
    """
    first = timeline.number(window.opened_on)
    begin = bisect_left(counted, looks_back_to(window, rule, timeline), key=lambda item: item.day)
    end = bisect_right(counted, window.closes_on, key=lambda item: item.day)
    by_step: dict[int, list[Counted]] = defaultdict(list)
    for item in counted[begin:end]:
        by_step[timeline.number(item.day)].append(item)
    for last in range(first, timeline.number(window.closes_on) + 1):
        looked_at = [item for step in range(last - rule.within_steps + 1, last + 1) for item in by_step.get(step, ())]
        if sum(item.value for item in looked_at) >= rule.at_least:
            return tuple(looked_at)
    return ()


def settle_window(
    window: Window,
    rule: Threshold,
    counted: Sequence[Counted],
    timeline: Timeline,
    *,
    last_heard: date,
    unknown: str | None,
) -> Verdict:
    """What the rule says of a window.

    Yes as soon as it is met. No only once the window has ended, a report of its last day would be here, and nothing is
    missing: where data have vanished, silence is no "no".

    Args:
        window: The window.
        rule: The declared rule.
        counted: See `count_reports`.
        timeline: The theater's.
        last_heard: The last day of which a report would usually be here by now.
        unknown: Why what happened in the window is not known in full; None where it is.
    """
    met = meeting(window, rule, counted, timeline)
    within = f"within {in_words(rule.within_steps, timeline.step)}"
    if met:
        total = sum(item.value for item in met)
        counts = f"{rule.indicator} was counted {in_words(total, 'time')} {within}, by {met[-1].day}"
        return Verdict(
            Outcome.YES,
            f"{counts}; {rule.at_least} {'is' if rule.at_least == 1 else 'are'} needed",
            tuple(item.report for item in met),
        )
    if window.closes_on > last_heard:
        return Verdict(Outcome.OPEN, f"reports up to {window.closes_on} may still come in")
    if unknown is not None:
        return Verdict(Outcome.OPEN, unknown)
    missed = f"{rule.indicator} was not counted {in_words(rule.at_least, 'time')} {within} on any day"
    return Verdict(Outcome.NO, f"{missed} from {window.opened_on} to {window.closes_on}")
