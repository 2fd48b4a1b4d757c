"""A theater as arrays: which parameter belongs to what, and the prior of each.

The model is one and generic (see `docs/model.md`); a theater is data to it. Everything that samples, reweights or
simulates reads its structure from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tocsin.domain.elicitation import Normal, link_prior
from tocsin.domain.indicator import Indicator, Kind, MeasureBaseline, OrdinalBaseline, RateBaseline
from tocsin.domain.scenario import Event, Scenario, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tocsin.domain.theater import Theater

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COUNT, PRESENCE, ORDINAL, MEASURE = range(4)
_KIND_CODES = {Kind.COUNT: COUNT, Kind.PRESENCE: PRESENCE, Kind.ORDINAL: ORDINAL, Kind.MEASURE: MEASURE}

BLOCKS = (
    "baseline",
    "link",
    "log_dispersion",
    "dispersion_power",
    "log_spread",
    "log_half_life",
    "share",
    "log_hazard",
    "hazard_link",
    "coupling",
)
"""The blocks of the parameter vector, in order. `share` is the log-odds of the slow part's share of variance."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold scenario: indices of its scenario and indicator, and its rule."""

    scenario: int
    indicator: int
    at_least: int
    within_steps: int


@dataclass(frozen=True, eq=False, slots=True)
class Design:
    """The structure of one theater's model. Indices count from 0; −1 means "has none".

    Shapes: I indicators, L links, S scenarios, P pressure parts, E event scenarios, C couplings, K parameters,
    T steps of the window, V the most levels above 0 of any ordinal indicator.

    Attributes:
        theater: Id of the theater.
        scenarios: Ids, in array order.
        indicators: Ids, in array order.
        steps: T.
        labels: K names, "block[what]".
        mean: (K,) prior means.
        sd: (K,) prior standard deviations.
        offsets: (11,) where each block begins in the parameter vector; the last entry is K.
        kind: (I,) codes COUNT, PRESENCE, ORDINAL, MEASURE.
        cutpoints: (I, V) ordinal cutpoints κ, padded with +inf.
        dispersion_of: (I,) index into the block log_dispersion.
        power_of: (I,) index into the block dispersion_power; −1 where dispersion is equal at every rate.
        spread_of: (I,) index into the block log_spread.
        degrees_of_freedom: (I,) ν of a measure's Student-t; 0 elsewhere.
        link_indicator: (L,) indicator of each link.
        link_scenario: (L,) scenario of each link.
        link_scale: (L,) factor on λ: 1, or a measure's prior median spread.
        part_scenario: (P,) scenario of each pressure part.
        fast_part: (S,) part index of the fast part.
        slow_part: (S,) part index of the slow part.
        share_of: (S,) index into the block share; −1 where one part carries all variance.
        event_scenario: (E,) scenario of each event.
        coupling_source: (C,) scenario whose occurrence adds pressure.
        coupling_target: (C,) scenario that it adds to.
        rules: Threshold scenarios.
    """

    theater: str
    scenarios: tuple[str, ...]
    indicators: tuple[str, ...]
    steps: int
    labels: tuple[str, ...]
    mean: Floats
    sd: Floats
    offsets: Integers
    kind: Integers
    cutpoints: Floats
    dispersion_of: Integers
    power_of: Integers
    spread_of: Integers
    degrees_of_freedom: Floats
    link_indicator: Integers
    link_scenario: Integers
    link_scale: Floats
    part_scenario: Integers
    fast_part: Integers
    slow_part: Integers
    share_of: Integers
    event_scenario: Integers
    coupling_source: Integers
    coupling_target: Integers
    rules: tuple[Rule, ...]

    def block(self, name: str) -> slice:
        """Where a block lies in the parameter vector."""
        position = BLOCKS.index(name)
        return slice(int(self.offsets[position]), int(self.offsets[position + 1]))

    @property
    def parameters(self) -> int:
        """K, the length of the parameter vector."""
        return len(self.labels)

    @property
    def parts(self) -> int:
        """P, the number of pressure parts."""
        return len(self.part_scenario)

    def column(self, label: str) -> int:
        """The position of a parameter by its label, such as "link[tunisian-wilayat, group/pledge-publication]"."""
        return self.labels.index(label)


@dataclass(slots=True)
class _Priors:
    """Priors gathered block by block while a design is laid out."""

    rows: dict[str, list[tuple[str, Normal]]]

    def add(self, block: str, label: str, prior: Normal) -> int:
        """Append to a block; the index within it."""
        self.rows[block].append((f"{block}[{label}]", prior))
        return len(self.rows[block]) - 1


def lay_out(theater: Theater) -> Design:
    """The arrays of a theater, in the order in which its files declare things."""
    priors = _Priors({name: [] for name in BLOCKS})
    indicator_at = {indicator.id: position for position, indicator in enumerate(theater.indicators)}
    scenario_at = {scenario.id: position for position, scenario in enumerate(theater.scenarios)}
    dispersion_of, power_of, spread_of = _lay_out_indicators(theater.indicators, priors)
    links = _lay_out_links(theater, indicator_at, priors)
    part_scenario, fast_part, slow_part, share_of = _lay_out_pressure(theater.scenarios, priors)
    events = _lay_out_events(theater.scenarios, priors)
    for coupling in theater.couplings:
        priors.add("coupling", f"{coupling.source} -> {coupling.target}", coupling.adds.plain())
    flat = [row for name in BLOCKS for row in priors.rows[name]]
    return Design(
        theater=theater.id,
        scenarios=tuple(scenario_at),
        indicators=tuple(indicator_at),
        steps=theater.timeline.window,
        labels=tuple(label for label, _ in flat),
        mean=np.array([prior.mean for _, prior in flat]),
        sd=np.array([prior.sd for _, prior in flat]),
        offsets=np.cumsum([0, *(len(priors.rows[name]) for name in BLOCKS)]),
        kind=_integers(_KIND_CODES[indicator.kind] for indicator in theater.indicators),
        cutpoints=_cutpoints(theater.indicators),
        dispersion_of=_integers(dispersion_of),
        power_of=_integers(power_of),
        spread_of=_integers(spread_of),
        degrees_of_freedom=_degrees_of_freedom(theater.indicators),
        link_indicator=_integers(indicator for indicator, _, _ in links),
        link_scenario=_integers(scenario for _, scenario, _ in links),
        link_scale=np.array([scale for _, _, scale in links], dtype=np.float64),
        part_scenario=_integers(part_scenario),
        fast_part=_integers(fast_part),
        slow_part=_integers(slow_part),
        share_of=_integers(share_of),
        event_scenario=_integers(events),
        coupling_source=_integers(scenario_at[coupling.source] for coupling in theater.couplings),
        coupling_target=_integers(scenario_at[coupling.target] for coupling in theater.couplings),
        rules=tuple(
            Rule(position, indicator_at[rule.indicator], rule.at_least, rule.within_steps)
            for position, scenario in enumerate(theater.scenarios)
            if isinstance(rule := scenario.mechanism, Threshold)
        ),
    )


def _integers(values: Iterable[int]) -> Integers:
    return np.array(list(values), dtype=np.int64)


def _lay_out_indicators(indicators: Sequence[Indicator], priors: _Priors) -> tuple[list[int], list[int], list[int]]:
    dispersion_of, power_of, spread_of = ([-1] * len(indicators) for _ in range(3))
    for position, indicator in enumerate(indicators):
        priors.add("baseline", indicator.id, indicator.baseline_prior())
        baseline = indicator.baseline
        if indicator.kind is Kind.COUNT and isinstance(baseline, RateBaseline):
            dispersion_of[position] = priors.add("log_dispersion", indicator.id, baseline.dispersion.log())
            if baseline.dispersion_power is not None:
                power_of[position] = priors.add("dispersion_power", indicator.id, baseline.dispersion_power.plain())
        if isinstance(baseline, MeasureBaseline):
            spread_of[position] = priors.add("log_spread", indicator.id, baseline.spread.log())
    return dispersion_of, power_of, spread_of


def _lay_out_links(theater: Theater, indicator_at: dict[str, int], priors: _Priors) -> list[tuple[int, int, float]]:
    links = []
    for position, scenario in enumerate(theater.scenarios):
        for link in scenario.links:
            indicator = theater.indicator(link.indicator)
            priors.add("link", f"{scenario.id}, {indicator.id}", link.prior(indicator))
            baseline = indicator.baseline
            # A shift is stated in baseline standard deviations; the prior median keeps η linear in λ.
            scale = math.exp(baseline.spread.log().mean) if isinstance(baseline, MeasureBaseline) else 1.0
            links.append((indicator_at[indicator.id], position, scale))
    return links


def _lay_out_pressure(
    scenarios: Sequence[Scenario], priors: _Priors
) -> tuple[list[int], list[int], list[int], list[int]]:
    part_scenario: list[int] = []
    fast_part, slow_part, share_of = ([-1] * len(scenarios) for _ in range(3))
    for position, scenario in enumerate(scenarios):
        pressure = scenario.pressure
        for name, half_life, part in (
            ("fast", pressure.fast_half_life, fast_part),
            ("slow", pressure.slow_half_life, slow_part),
        ):
            if half_life is not None:
                part[position] = priors.add("log_half_life", f"{scenario.id}, {name}", half_life.log())
                part_scenario.append(position)
        if pressure.slow_share is not None:
            share_of[position] = priors.add("share", scenario.id, pressure.slow_share.logit())
    return part_scenario, fast_part, slow_part, share_of


def _lay_out_events(scenarios: Sequence[Scenario], priors: _Priors) -> list[int]:
    events = []
    for position, scenario in enumerate(scenarios):
        mechanism = scenario.mechanism
        if isinstance(mechanism, Event):
            priors.add("log_hazard", scenario.id, mechanism.base_hazard)
            priors.add("hazard_link", scenario.id, link_prior(mechanism.hazard_link))
            events.append(position)
    return events


def _degrees_of_freedom(indicators: Sequence[Indicator]) -> Floats:
    baselines = (indicator.baseline for indicator in indicators)
    return np.array([item.degrees_of_freedom if isinstance(item, MeasureBaseline) else 0.0 for item in baselines])


def _cutpoints(indicators: Sequence[Indicator]) -> Floats:
    cuts = [
        indicator.baseline.cutpoints() if isinstance(indicator.baseline, OrdinalBaseline) else ()
        for indicator in indicators
    ]
    padded = np.full((len(indicators), max((len(cut) for cut in cuts), default=0) + 1), np.inf)
    for position, cut in enumerate(cuts):
        padded[position, : len(cut)] = cut
    return padded
