"""Why odds moved between two instants: parts that are additive in log-odds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.change import Cause, sort_changes
from tocsin.domain.elicitation import logit
from tocsin.ensemble.bridge import log_mixture
from tocsin.ensemble.futures import begin
from tocsin.ensemble.odds import LEAST, chance_by
from tocsin.ensemble.paths import bears_on, informs
from tocsin.ensemble.psis import Smoothed, smooth
from tocsin.ensemble.shapley import shares
from tocsin.ensemble.update import cells_log_ratio, events_log_ratio, log_ratio, out_of_reach

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures, Start

_SHAKY = 0.25
"""Where the weights of more than this share of the sets of evidence cannot be relied on, every share is a guess."""


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """Evidence of the two instants, and of worlds between them.

    Attributes:
        before: Known at the earlier instant.
        untouched: At the later instant, had nothing come in since.
        corrected: At the later instant, had only corrections and retractions come in.
        reported: At the later instant, had only new observations come in.
        after: Known at the later instant.
    """

    before: Evidence
    untouched: Evidence
    corrected: Evidence
    reported: Evidence
    after: Evidence


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """A fit whose draws bear on the change.

    Attributes:
        counted: The evidence that it was fitted on.
        draws: Its draws, brought to the later instant.
        futures_from: Their futures from a start.
    """

    counted: Evidence
    draws: Draws
    futures_from: Callable[[Start], Futures]


@dataclass(frozen=True, slots=True)
class Question:
    """Which odds: index of the scenario, horizon in days, and what was stated at the two instants."""

    scenario: int
    days: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause did to the log-odds; `subject` is the indicator or scenario, "" where there is none.

    `guessed` marks what weights can only guess at: too few draws lie between the two instants.
    """

    cause: Cause
    subject: str
    change: float
    guessed: bool


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """A group of evidence: its log-likelihood (N,) under the pooled draws, and the scenarios (S,) that it bears on."""

    cause: Cause
    subject: str
    log_ratio: Floats
    bears_on: NDArray[np.bool_]


def explain(
    theater: Theater, design: Design, sides: Sequence[Side], tables: Tables, questions: Sequence[Question], seed: int
) -> list[tuple[Part, ...]]:
    """The parts of each question's change in log-odds, which they sum to exactly.

    Passage of time is told by the first side's draws alone: from the earlier odds to those at the later instant had
    nothing come in. Then each group of evidence has its Shapley share, by weights on the draws of all sides together.
    Whatever is left is Monte Carlo noise, or, where the weights cannot be relied on, a refit. What an occurrence adds
    to pressure in a step between the two instants counts as passage of time, and so does the noise of simulating
    futures anew. Evidence that rolled out of the window, which the earlier fit counted and the later did not, is taken
    to say nothing of what lies between: its steps are years old.

    Args:
        theater: What was declared.
        design: Its structure.
        sides: The fit behind the earlier odds, and the one behind the later ones if it is another.
        tables: The evidence.
        questions: Which odds, with those stated at the two instants.
        seed: Of the sampled orders.
    """
    groups = _groups(design, sides, tables)
    worlds = _Worlds(theater, design, sides, tables, groups, questions)
    taken, steady = worlds.after_time_alone()
    found = [
        [Part(Cause.TIME, "", float(reached) - logit(question.before), guessed=not steady)]
        for reached, question in zip(taken, questions, strict=True)
    ]
    trusted = steady and not worlds.out_of_reach
    for members, columns in _classes(groups, questions):
        reliable: list[bool] = []

        def value(chosen: int, members: tuple[int, ...] = members, reliable: list[bool] = reliable) -> Floats:
            odds, firm = worlds.with_evidence({at for bit, at in enumerate(members) if chosen >> bit & 1}, members)
            reliable.append(firm)
            return odds

        given = shares(len(members), value, seed)
        shaky = reliable.count(False) > _SHAKY * len(reliable)
        trusted = trusted and not shaky
        for at, share in zip(members, given, strict=True):
            for column in columns:
                found[column].append(Part(groups[at].cause, groups[at].subject, float(share[column]), guessed=shaky))
    return [_closed(parts, question, trusted=trusted) for parts, question in zip(found, questions, strict=True)]


def _closed(parts: list[Part], question: Question, *, trusted: bool) -> tuple[Part, ...]:
    left = logit(question.after) - logit(question.before) - sum(part.change for part in parts)
    return (*parts, Part(Cause.NOISE if trusted else Cause.REFIT, "", left, guessed=False))


def _classes(groups: Sequence[_Group], questions: Sequence[Question]) -> list[tuple[tuple[int, ...], list[int]]]:
    """Groups that bear on a scenario, and the questions about scenarios that the same groups bear on."""
    classes: dict[tuple[int, ...], list[int]] = {}
    for column, question in enumerate(questions):
        members = tuple(at for at, group in enumerate(groups) if group.bears_on[question.scenario])
        classes.setdefault(members, []).append(column)
    return list(classes.items())


def _groups(design: Design, sides: Sequence[Side], tables: Tables) -> list[_Group]:
    indicators, scenarios = informs(design), bears_on(design)
    groups = [
        _Group(
            changes.cause,
            changes.indicator,
            np.concatenate([cells_log_ratio(design, side.draws, changes.gained, changes.lost) for side in sides]),
            indicators[design.indicators.index(changes.indicator)],
        )
        for changes in sort_changes(tables.before, tables.corrected, tables.after)
    ]
    events = np.concatenate([events_log_ratio(design, side.draws, tables.before, tables.after) for side in sides])
    return groups + [
        _Group(Cause.OCCURRENCE, design.scenarios[scenario], events[:, row], scenarios[scenario])
        for row, scenario in enumerate(design.event_scenario)
        if events[:, row].any()
    ]


class _Worlds:
    """Log-odds at the later instant, had only some of the evidence come in."""

    def __init__(
        self,
        theater: Theater,
        design: Design,
        sides: Sequence[Side],
        tables: Tables,
        groups: Sequence[_Group],
        questions: Sequence[Question],
    ) -> None:
        self.design, self.sides, self.groups, self.questions = design, sides, groups, questions
        self.starts = {
            (False, False): begin(theater, design, tables.untouched),
            (False, True): begin(theater, design, tables.corrected),
            (True, False): begin(theater, design, tables.reported),
            (True, True): begin(theater, design, tables.after),
        }
        # Log-likelihoods relative to the evidence of the later instant.
        pooled = sum(len(side.draws) for side in sides)
        self.before = -np.sum([group.log_ratio for group in groups], axis=0) if groups else np.zeros(pooled)
        own = [
            -np.concatenate([log_ratio(design, side.draws, fit.counted, tables.after) for side in sides])
            for fit in sides
        ]
        self.mixture = log_mixture([len(side.draws) for side in sides], np.array(own))
        first = slice(len(sides[0].draws))
        self.first_weights = smooth(self.before[first] - own[0][first])
        self.out_of_reach = max(out_of_reach(design, side.draws, side.counted, tables.after) for side in sides)
        self.out_of_reach += out_of_reach(design, sides[0].draws, tables.before, tables.after)
        self.known: dict[Start, Floats] = {}

    def after_time_alone(self) -> tuple[Floats, bool]:
        """Log-odds (Q,) had nothing come in, by the first side's draws, and whether their weights can be relied on."""
        chances = self._chances(self.starts[False, False])[: len(self.sides[0].draws)]
        return _log_odds(self.first_weights, chances), self.first_weights.reliable

    def with_evidence(self, chosen: set[int], members: Sequence[int]) -> tuple[Floats, bool]:
        """Log-odds (Q,) had of the groups `members` only those chosen come in, and whether the weights can be trusted.

        Counts on the books follow their indicator's reports and corrections; of other indicators all have come in.
        """
        log_weights = self.before - self.mixture
        for at in chosen:
            log_weights = log_weights + self.groups[at].log_ratio
        absent = {(self.groups[at].cause, self.groups[at].subject) for at in members if at not in chosen}
        weights = smooth(log_weights)
        return _log_odds(weights, self._chances(self._start(absent))), weights.reliable

    def _start(self, absent: set[tuple[Cause, str]]) -> Start:
        start = self.starts[True, True]
        counted, met_before, uncounted = list(start.counted), list(start.met_before), list(start.uncounted)
        occurred = list(start.occurred)
        for row, rule in enumerate(self.design.rules):
            name = self.design.indicators[rule.indicator]
            then = self.starts[(Cause.REPORTED, name) not in absent, (Cause.CORRECTED, name) not in absent]
            counted[row], met_before[row], uncounted[row] = then.counted[row], then.met_before[row], then.uncounted[row]
            for coupling in np.flatnonzero(self.design.coupling_source == rule.scenario):
                occurred[coupling] = then.occurred[coupling]
        return replace(
            start,
            counted=tuple(counted),
            met_before=tuple(met_before),
            uncounted=tuple(uncounted),
            occurred=tuple(occurred),
        )

    def _chances(self, start: Start) -> Floats:
        """(N, Q): each pooled draw's chance of what is asked, from a start."""
        if start not in self.known:
            futures = [side.futures_from(start) for side in self.sides]
            self.known[start] = np.stack(
                [
                    np.concatenate([chance_by(some, question.scenario, question.days)[0] for some in futures])
                    for question in self.questions
                ],
                axis=1,
            )
        return self.known[start]


def _log_odds(weights: Smoothed, chances: Floats) -> Floats:
    chance = np.clip(np.sum(weights.weights[:, None] * chances, axis=0), LEAST, 1.0 - LEAST)
    return np.asarray(np.log(chance) - np.log1p(-chance))
