"""Simulated futures: when each scenario first occurs, from where each draw stands now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tocsin.ensemble.likelihood import linear_predictor, log_shape
from tocsin.ensemble.pressure import dynamics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats, Rule
    from tocsin.ensemble.draws import Draws

Singles = NDArray[np.float32]

NEVER = np.iinfo(np.uint16).max
_AT_ONCE = 4  # parts: NumPy lets threads run beside each other, and more would wait for one another
_CHUNK = 16_000  # futures at a time: the working arrays stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Start:
    """Where the future begins.

    Attributes:
        step_days: Days of each future step; the first entry is what is left of the current step, possibly 0.
        share: Share of a whole step that each of them is.
        counted: For each rule, its indicator's counts in the last steps, the current one last.
        met_before: For each rule, whether it was met when the step before the current one ended.
        uncounted: For each rule, how much of a step the days to the end of the current one are whose reports have not
            come in yet.
        coverage: For each rule, the coverage of its indicator.
        occurred: For each coupling, 1 where its source occurred in the current step.
    """

    step_days: tuple[int, ...]
    share: tuple[float, ...]
    counted: tuple[tuple[int, ...], ...]
    met_before: tuple[bool, ...]
    uncounted: tuple[float, ...]
    coverage: tuple[float, ...]
    occurred: tuple[float, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Futures:
    """M futures of each of D draws, J future steps.

    Attributes:
        end_day: (J,) days from now to the end of each future step.
        reached: (S, D, J) chance of each draw that the scenario has occurred by the end of the step.
        noise: (S, J) variance of `reached` within a draw that comes from the finite number of futures.
        first_day: (S, D, M) day of the first occurrence counted from now, 0 if it is already so, NEVER if not reached.
    """

    end_day: NDArray[np.int64]
    reached: NDArray[np.float32]
    noise: Floats
    first_day: NDArray[np.uint16]


def begin(theater: Theater, design: Design, evidence: Evidence) -> Start:
    """The start that evidence gives: to the end of the longest horizon."""
    timeline = theater.timeline
    last = evidence.first_step + evidence.steps - 1
    left = timeline.days_in(last) - round(evidence.elapsed * timeline.days_in(last))
    days, share = [left], [left / timeline.days_in(last)]
    while sum(days) < theater.horizon_days:
        days.append(timeline.days_in(last + len(days)))
        share.append(1.0)
    counted, met_before, uncounted, coverage = [], [], [], []
    for rule in design.rules:
        name = design.scenarios[rule.scenario]
        counts = evidence.counted[name][-rule.within_steps :]
        counted.append(tuple(min(count, rule.at_least) for count in counts))
        met_before.append(sum(evidence.counted[name][-rule.within_steps - 1 : -1]) >= rule.at_least)
        uncounted.append(evidence.uncounted[name])
        coverage.append(theater.indicators[rule.indicator].coverage)
    occurred = tuple(
        float(evidence.steps - 1 in evidence.occurred.get(design.scenarios[source], ()))
        for source in design.coupling_source
    )
    return Start(
        tuple(days),
        tuple(share),
        tuple(counted),
        tuple(met_before),
        tuple(uncounted),
        tuple(coverage),
        occurred,
    )


def simulate(
    design: Design,
    draws: Draws,
    start: Start,
    seed: int,
    futures: int,
    proceed: Callable[[], None] = lambda: None,
    at_once: int = _AT_ONCE,
) -> Futures:
    """Simulate `futures` futures of each draw; the same seed and draws give the same futures bit for bit.

    `proceed` is called several times a second, by `at_once` threads, and may raise to stop it.

    The chance per draw is an average over futures of I − b·(I − A): I is 1 once the scenario has occurred, A is the sum
    of its conditional chances per step until then. I − A is a martingale that starts at 0 (Doob's decomposition), so it
    is a control variate for any b; b is its regression coefficient, estimated over all futures (Glasserman 2003, Monte
    Carlo Methods in Financial Engineering, section 4.1).
    """
    together = max(_CHUNK // futures, 1)
    parts = [slice(low, min(low + together, len(draws))) for low in range(0, len(draws), together)]

    shape = len(design.scenarios), len(draws), len(start.step_days)
    occurred, expected = np.empty(shape), np.empty(shape)
    first_day = np.empty((*shape[:2], futures), dtype=np.uint16)

    def run(part: slice) -> Floats:
        proceed()
        follower = Run(design, draws, part, start, seed, futures)
        moments = _follow(follower, occurred[:, part], expected[:, part])
        first_day[:, part] = follower.first_day
        return moments

    # Each part has random numbers of its own, so how many run at a time changes nothing but the time taken.
    with ThreadPoolExecutor(at_once) as threads:
        moments = np.sum(list(threads.map(run, parts)), axis=0) / (len(draws) * futures)
    reached, noise = _reduce(occurred, expected, moments, futures)
    return Futures(np.cumsum(start.step_days), reached.astype(np.float32), noise, first_day)


def _follow(run: Run, occurred: Floats, expected: Floats) -> Floats:
    """Follow n draws to the end: means over futures of I and A are written into (S, n, J); (3, S, J) are given back.

    These are the sums of I, I·(I − A) and (I − A)².
    """
    steps = occurred.shape[2]
    moments = np.zeros((3, len(occurred), steps))
    for step in range(steps):
        run.advance(step)
        happened = run.first_day != NEVER
        gap = happened - run.expected
        occurred[:, :, step] = happened.mean(axis=2)
        expected[:, :, step] = run.expected.mean(axis=2)
        moments[:, :, step] = happened.sum(axis=(1, 2)), (happened * gap).sum(axis=(1, 2)), (gap**2).sum(axis=(1, 2))
    return moments


def _reduce(occurred: Floats, expected: Floats, moments: Floats, futures: int) -> tuple[Floats, Floats]:
    """The chances and the noise; `occurred` and `expected` are used up, as each takes many mebibytes."""
    gap = np.subtract(occurred, expected, out=expected)
    happened, cross, square = moments
    slope = np.where(square > 0, cross / np.where(square > 0, square, 1.0), 0.0)
    reached = np.subtract(occurred, np.multiply(gap, slope[:, None], out=gap), out=occurred)
    # Mean square of I − b·(I − A) over all futures, less what lies between draws, is the variance within a draw.
    total = happened - 2 * slope * cross + slope**2 * square
    within = np.maximum(total - np.square(reached, out=gap).mean(axis=1), 0.0) / max(futures - 1, 1)
    # Averages of a control variate can step out of [0, 1] and back down over time; a chance of "by then" cannot.
    np.maximum.accumulate(reached, axis=2, out=reached)
    return np.clip(reached, 0.0, 1.0, out=reached), within


class Run:
    """The state of one chunk's futures, n draws and M futures each, from step to step."""

    def __init__(
        self,
        design: Design,
        draws: Draws,
        part: slice,
        start: Start,
        seed: int,
        futures: int,
    ) -> None:
        self.design = design
        self.start = start
        self.random = np.random.Generator(np.random.SFC64([seed, 1, part.start]))
        # Single precision is faster, and far finer than the noise of simulation.
        self.parameters = draws.parameters[part].astype(np.float32)
        count = len(self.parameters)
        self.shape = (count, futures)
        moves = dynamics(design, draws.parameters[part])
        self.persistence, self.weight = _single(moves.persistence), _single(moves.weight)
        self.fading = _single(moves.aftermath)
        self.noise = _single(np.sqrt(-np.expm1(2.0 * np.log(moves.persistence))))
        self.coupling = self.parameters[:, design.block("coupling")]
        self.part = np.repeat(_single(draws.last_part[part]), futures, axis=2)
        self.aftermath = np.repeat(_single(draws.last_aftermath[part]), futures, axis=2)
        self.first_day = np.full((len(design.scenarios), *self.shape), NEVER, dtype=np.uint16)
        self.expected = np.zeros(self.first_day.shape)
        self.occurred = np.zeros(self.first_day.shape, dtype=bool)
        self.counts = [[np.full(self.shape, number, dtype=np.int64) for number in history] for history in start.counted]
        self.met = [np.full(self.shape, met) for met in start.met_before]
        for rule, counts in zip(design.rules, self.counts, strict=True):
            met = self._met(counts, rule)
            self.first_day[rule.scenario][met] = 0
            self.expected[rule.scenario][met] = 1.0

    @staticmethod
    def _met(counts: Sequence[NDArray[np.int64]], rule: Rule) -> NDArray[np.bool_]:
        return np.asarray(np.sum(counts[-rule.within_steps :], axis=0) >= rule.at_least)

    def advance(self, step: int) -> None:
        """Move one step on; step 0 is what is left of the current one."""
        if step:
            self._move_pressure(step)
        self.occurred[:] = False
        day = float(sum(self.start.step_days[:step]))
        pressure = self.pressure()
        self._events(pressure, step, day)
        self._rules(pressure, step, day)

    def _move_pressure(self, step: int) -> None:
        arriving = self.random.standard_normal(self.part.shape, dtype=np.float32)
        arriving *= self.noise
        self.part *= self.persistence
        self.part += arriving
        self.aftermath *= self.fading
        for row, (source, target) in enumerate(
            zip(self.design.coupling_source, self.design.coupling_target, strict=True)
        ):
            happened = self.occurred[source]
            if step == 1 and self.start.occurred[row]:
                happened = np.ones_like(happened)
            self.aftermath[:, target] += self.coupling[:, row, None] * happened

    def pressure(self) -> Singles:
        """(n, S, M) θ in the step that `advance` moved to last."""
        pressure = self.aftermath.copy()
        for position, scenario in enumerate(self.design.part_scenario):
            pressure[:, scenario] += self.weight[:, position] * self.part[:, position]
        return pressure

    def _events(self, pressure: Singles, step: int, day: float) -> None:
        base = self.parameters[:, self.design.block("log_hazard")]
        link = self.parameters[:, self.design.block("hazard_link")]
        for row, scenario in enumerate(self.design.event_scenario):
            hazard = np.exp(base[:, row, None] + link[:, row, None] * pressure[:, scenario])
            hazard *= self.start.share[step]
            waiting = self.random.standard_exponential(self.shape, dtype=np.float32)
            within = np.divide(waiting, hazard, out=np.full_like(waiting, np.inf), where=hazard > 0)
            self._note(scenario, within < 1.0, -np.expm1(-hazard), day, within, step)

    def _rules(self, pressure: Singles, step: int, day: float) -> None:
        for row, rule in enumerate(self.design.rules):
            share = self.start.uncounted[row] if step == 0 else self.start.share[step]
            level = linear_predictor(self.design, self.parameters, pressure, rule.indicator)
            # Double precision: the chance of few reports, e^(−mean) or so, would be nothing in single.
            mean = self.start.coverage[row] * share * np.exp(level.astype(np.float64))
            shape = log_shape(self.design, self.parameters, rule.indicator, level)
            dispersion = np.exp(shape.astype(np.float64))
            counts = self.counts[row]
            base = np.sum(
                counts if step == 0 else counts[len(counts) - rule.within_steps + 1 :], axis=0, dtype=np.int64
            )
            needed = rule.at_least - base
            uniform = self.random.random(self.shape)
            new, chance = draw_counts(uniform, needed, mean, dispersion, rule.at_least)
            if step == 0:
                counts[-1] = counts[-1] + new
            else:
                counts.append(new)
                del counts[: -rule.within_steps]
            met = new >= needed
            # The needed-th of `new` reports, spread evenly over the step, comes at this share of it on average.
            within = np.clip(needed / (new + 1.0), 0.0, 1.0)
            self._note(rule.scenario, met, chance, day, within, step, fresh=met & ~self.met[row])
            self.met[row] = met

    def _note(
        self,
        scenario: int,
        happened: NDArray[np.bool_],
        chance: Floats,
        day: float,
        within: Floats,
        step: int,
        fresh: NDArray[np.bool_] | None = None,
    ) -> None:
        """Record first occurrences and the chance of one; `fresh` occurrences are what couplings feel."""
        waiting = self.first_day[scenario] == NEVER
        self.expected[scenario][waiting] += chance[waiting]
        first = waiting & happened
        span = self.start.step_days[step]
        place = day + np.minimum(np.floor(within[first] * span), max(span - 1, 0)) + 1
        self.first_day[scenario][first] = place.astype(np.uint16)
        self.occurred[scenario] = happened if fresh is None else fresh


def _single(array: Floats) -> Singles:
    """(n, …) per draw, in single precision and with an axis for futures."""
    return array[:, :, None].astype(np.float32)


def draw_counts(
    uniform: Floats, needed: NDArray[np.int64], mean: Floats, dispersion: Floats, most: int
) -> tuple[NDArray[np.int64], Floats]:
    """A negative binomial N for each uniform number, by inversion, and P(N ≥ needed).

    Counts above `most`, which is all that a rule asks for, are taken as `most`; where P(N = 0) is too small for a
    double, P(N < most) is too, for any that a rule may ask for. One uniform number a count, whatever its mean, keeps
    random numbers common to futures that differ elsewhere.
    """
    filled = mean / (dispersion + mean)
    term = np.exp(-dispersion * np.log1p(mean / dispersion))
    reached, below = np.zeros_like(mean), np.zeros_like(mean)
    count = np.zeros(mean.shape, dtype=np.int64)
    for number in range(most):
        below += np.where(number < needed, term, 0.0)
        reached += term
        count += uniform >= reached
        term = term * (dispersion + number) / (number + 1) * filled
    return count, np.clip(1.0 - below, 0.0, 1.0)
