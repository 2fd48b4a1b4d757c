"""Ranges whose implied consequences contradict a sibling's.

Each rule says why. A range is an opinion, so these are warnings; what is certainly wrong is refused when files are
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import Problem
from tocsin.domain.indicator import MOST, Kind
from tocsin.domain.scenario import Event, Scenario, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.domain.implied import Implications, ImpliedReading, ImpliedScenario
    from tocsin.domain.theater import Theater

MUCH_ABOVE = 2.0
"""A base rate is stated at normal pressure, and pressure that moves raises it; by more than this factor beyond the top
of its range, what the steward wrote down and what the theater will say are two opinions."""
MOST_YEARS = 0.5
"""A rule that is met in more than half of all normal years does not tell a scenario from the normal."""
OUT_OF_REACH = 0.01
"""Below it the directive on wording has no word: two chances below it do not contradict each other, and a scenario that
stays below it though it developed for the whole of its longest horizon can never be warned of."""
FOREGONE = 0.99
"""Above it, with all pressures normal, no evidence can lower the odds: evidence speaks through pressure."""
TELLS_BITS = 0.5
"""Half a bit multiplies or divides odds by 1.4: if a year of readings does less, looking is hardly worth its while."""


def contradictions(theater: Theater, implied: Implications) -> tuple[Problem, ...]:
    """All of them, scenarios first, in order of declaration."""
    found = [
        problem
        for scenario, own in zip(theater.scenarios, implied.scenarios, strict=True)
        for problem in (
            *_half_lives(theater, scenario),
            *_base_rate(theater, scenario, own),
            *_couplings(theater, own),
            *_rule(theater, scenario, own),
        )
    ]
    found += [problem for reading in implied.readings for problem in _reading(theater, reading)]
    return tuple(found)


def _scenario_file(theater: Theater, scenario: str) -> str:
    return f"models/{theater.id}/scenarios/{scenario}.yaml"


def _base_rate(theater: Theater, scenario: Scenario, own: ImpliedScenario) -> Iterator[Problem]:
    """The hazard link and the swings of pressure against the base rate: exp(γθ) has a mean above 1."""
    mechanism = scenario.mechanism
    if not isinstance(mechanism, Event) or own.base_rate is None:
        return
    if own.uncoupled <= max(MUCH_ABOVE * own.base_rate[2], OUT_OF_REACH):
        return
    link = mechanism.hazard_link
    yield Problem(
        _scenario_file(theater, scenario.id),
        None,
        "hazard_link",
        f"{link.low:g} to {link.high:g}, which with moving pressure implies {own.uncoupled:.1%} within a year, where "
        f"base_rate says at most {own.base_rate[2]:.1%} at normal pressure",
        f"at most {MUCH_ABOVE:g} times the top of base_rate: a lower hazard_link or a higher base_rate",
    )


def _half_lives(theater: Theater, scenario: Scenario) -> Iterator[Problem]:
    """The flare against the regime: a fast part that lasts as long as the slow one is a second regime."""
    fast, slow = scenario.pressure.fast_half_life, scenario.pressure.slow_half_life
    if fast is not None and slow is not None and fast.low * fast.high >= slow.low * slow.high:
        yield Problem(
            _scenario_file(theater, scenario.id),
            None,
            "pressure.fast_half_life",
            f"{fast.low:g} to {fast.high:g} {theater.timeline.step}s, no shorter than slow_half_life, "
            f"{slow.low:g} to {slow.high:g}",
            "a fast part whose half-life is in the middle shorter than the slow part's",
        )


def _couplings(theater: Theater, own: ImpliedScenario) -> Iterator[Problem]:
    """What other scenarios add against everything that the scenario says of itself."""
    coupled = own.within_a_year.probability
    if coupled <= max(MUCH_ABOVE * own.uncoupled, OUT_OF_REACH):
        return
    for position, coupling in enumerate(theater.couplings):
        if coupling.target == own.scenario:
            yield Problem(
                f"models/{theater.id}/theater.yaml",
                None,
                f"couplings[{position}].adds",
                f"{coupling.adds.low:g} to {coupling.adds.high:g}: couplings raise {own.scenario} within a year from "
                f"{own.uncoupled:.1%} to {coupled:.1%}",
                f"couplings that make at most {MUCH_ABOVE:g} times of what the scenario's own file implies",
            )


def _rule(theater: Theater, scenario: Scenario, own: ImpliedScenario) -> Iterator[Problem]:
    """What settles the scenario against its horizons and, for a threshold, against its indicator's baseline."""
    file, mechanism = _scenario_file(theater, scenario.id), scenario.mechanism
    days = [item.days for item in own.odds]
    first, last = days.index(scenario.horizons[0]), days.index(scenario.horizons[-1])
    rule = isinstance(mechanism, Threshold)
    cause = "resolution.threshold" if rule else "base_rate"
    if own.developing[last] < OUT_OF_REACH:
        yield Problem(
            file,
            None,
            "horizons",
            f"{days[last]} days, within which {scenario.id} has a chance of {own.developing[last]:.2%} even if it is "
            "developing all the while",
            f"at least {OUT_OF_REACH:.0%}: a longer horizon, stronger links, or another {cause}",
        )
    if own.normal[first] > FOREGONE:
        yield Problem(
            file,
            None,
            "horizons",
            f"{days[first]} days, within which {scenario.id} has a chance of {own.normal[first]:.2%} even if pressure "
            "stays normal",
            f"at most {FOREGONE:.0%}: a shorter horizon or another {cause}",
        )
    year = days.index(own.within_a_year.days)
    if isinstance(mechanism, Threshold) and own.normal[year] > MOST_YEARS:
        yield Problem(
            file,
            None,
            "resolution.threshold.at_least",
            f"{mechanism.at_least}, which {mechanism.indicator} reaches by its own baseline in {own.normal[year]:.0%} "
            "of normal years",
            f"a rule that at most {MOST_YEARS:.0%} of normal years meet, or a lower baseline",
        )


def _reading(theater: Theater, reading: ImpliedReading) -> Iterator[Problem]:
    """What a link makes of its indicator against what the indicator can show, and what the ledger takes."""
    indicator = theater.indicator(reading.indicator)
    if indicator.kind is Kind.COUNT and reading.high90 > MOST:
        yield Problem(
            f"indicators/{indicator.id}.yaml",
            None,
            "baseline",
            f"such that one {theater.timeline.step} may count {reading.high90:.0f}{_when(reading)}",
            f"readings of at most {MOST}, which is all that the ledger takes",
        )
    if reading.developing is not None and reading.bits_a_year < TELLS_BITS:
        links = [link.indicator for link in theater.scenario(reading.developing).links]
        yield Problem(
            _scenario_file(theater, reading.developing),
            None,
            f"links[{links.index(indicator.id)}].{'shift' if indicator.kind is Kind.MEASURE else 'multiplier'}",
            f"such that a year of readings of {indicator.id} tells developing from normal by {reading.bits_a_year:.2f} "
            "bits: its baseline and coverage let so little be seen, or the link makes so little of it",
            f"at least {TELLS_BITS:g} bits: a stronger link, a more telling indicator, or none",
        )


def _when(reading: ImpliedReading) -> str:
    return "" if reading.developing is None else f" when {reading.developing} is developing"
