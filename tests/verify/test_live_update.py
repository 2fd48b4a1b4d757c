from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import combinations
from statistics import median, quantiles
from typing import TYPE_CHECKING

from support.calibrated_theaters import Case, medium, small, tiny
from support.simulation import as_of_earlier, simulate_theater
from support.studies import write_study
from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.ensemble.update import Live, bring_up_to
from tocsin.usecases.fit import FUTURES
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from support.kit import Kit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Floats
    from tocsin.ensemble.futures import Futures
    from tocsin.usecases.ports import Sampler

# Quiet months and the days of Ben Guerdane: streams of very different density.
DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2015-10-05", "2015-10-12", "2015-10-19", "2015-11-16", "2015-11-23", "2015-11-27", "2015-12-07"),
        *("2016-01-18", "2016-01-22", "2016-02-12", "2016-02-17", "2016-02-22", "2016-03-01", "2016-03-04"),
        *("2016-03-08", "2016-03-09", "2016-03-10", "2016-03-11", "2016-03-14", "2016-03-21"),
    )
)
LONGEST_DAYS = 70
CLOSE = 0.02


SIMULATED = ((tiny, 12), (small, 12), (medium, 6))
"""Theaters to simulate, and how many worlds of each."""
LAGS = (1, 2, 4)


@dataclass(frozen=True)
class Replay:
    """One live update held against a full fit of the same instant."""

    reports: int
    gap: float
    flagged: bool


def _replay(kit: Kit, evidence: dict[date, Evidence], one: date, other: date) -> Replay:
    fit = kit.fit(one)
    live = bring_up_to(kit.theater, lay_out(kit.theater), kit.ensemble(fit), evidence[one], evidence[other], fit.seed)
    refitted = kit.probabilities(kit.fit(other))
    known = [{name for cell in evidence[day].cells for name in cell.reports} for day in (one, other)]
    return _held(live, kit.theater, refitted, len(known[1] - known[0]))


def _held(live: Live, theater: Theater, refitted: dict[tuple[str, int], float], reports: int) -> Replay:
    stated = _stated(theater, live.ensemble.futures, live.smoothed.weights)
    gap = max(abs(chance - refitted[key]) for key, chance in stated.items())
    return Replay(reports, gap, flagged=not live.smoothed.reliable or live.out_of_reach > 0)


def _stated(theater: Theater, futures: Futures, weights: Floats) -> dict[tuple[str, int], float]:
    return {
        (scenario.id, days): estimate(futures, position, days, weights).probability
        for position, scenario in enumerate(theater.scenarios)
        for days in scenario.horizons
    }


def _simulated(sampler: Sampler, case: Case, seed: int) -> list[Replay]:
    """One simulated world fitted now and as it stood some steps ago; the latter brought up to now."""
    theater = case.theater
    now, _ = simulate_theater(theater, case.day, seed)
    fitted = {lag: _fitted(sampler, theater, as_of_earlier(now, lag) if lag else now, seed) for lag in (0, *LAGS)}
    refitted = _stated(theater, fitted[0][1].futures, even_weights(fitted[0][1].futures))
    design = lay_out(theater)
    replays = []
    for lag in LAGS:
        then, ensemble = fitted[lag]
        live = bring_up_to(theater, design, ensemble, then, now, seed)
        replays.append(_held(live, theater, refitted, len(now.cells) - len(then.cells)))
    return replays


def _fitted(sampler: Sampler, theater: Theater, evidence: Evidence, seed: int) -> tuple[Evidence, Ensemble]:
    design = lay_out(theater)
    sampled = sampler.sample(
        design,
        lay_out_cells(design, evidence.cells),
        lay_out_window(design, evidence),
        seed=seed,
        limits=Limits(600.0, lambda: False, lambda: 0.0),
        report=lambda _: None,
    )
    futures = simulate(design, sampled.draws, begin(theater, design, evidence), seed, FUTURES)
    return evidence, Ensemble(design.scenarios, sampled.draws, futures, {})


def _rows(replays: list[Replay]) -> str:
    lines = [
        "| reports since the fit | replays | median gap | 95 % gap | gap above 2 points | of these flagged |",
        "|---|---|---|---|---|---|",
    ]
    for low, high in ((0, 0), (1, 2), (3, 5), (6, 10), (11, 99)):
        some = [item for item in replays if low <= item.reports <= high]
        if len(some) > 1:
            gaps = [100 * item.gap for item in some]
            wide = [item for item in some if item.gap > CLOSE]
            tail = quantiles(gaps, n=20, method="inclusive")[-1]
            label = f"{low}–{high}" if high > low else f"{low}"
            flagged = sum(item.flagged for item in wide)
            lines.append(
                f"| {label} | {len(some)} | {median(gaps):.1f} points | {tail:.1f} points | {len(wide)} | {flagged} |"
            )
    return "\n".join(lines)


def test_live_odds_follow_a_full_fit_or_are_flagged(kit: Kit) -> None:
    """At least 60 replays of the chronicle: unflagged updates stay within two points at the median."""
    timeline = kit.theater.timeline
    names = [indicator.id for indicator in kit.theater.indicators]
    evidence = {
        day: derive_evidence(
            kit.theater, kit.service.ledger.observations(names, timeline.close_of(day)), timeline.close_of(day)
        )
        for day in DAYS
    }
    pairs = [(one, other) for one, other in combinations(DAYS, 2) if (other - one).days <= LONGEST_DAYS]
    real = [_replay(kit, evidence, one, other) for one, other in pairs]
    worlds = [(make(), seed) for make, count in SIMULATED for seed in range(count)]
    simulated = [replay for case, seed in worlds for replay in _simulated(kit.sampler, case, seed)]
    write_study(
        "live-update",
        "Live odds against a full refit",
        "The odds of a fit brought up to a later instant by weights, against a full fit of that instant. The gap is\n"
        "the largest over all scenarios and horizons; two full fits that differ only in their seed differ by up to a\n"
        "point. Flagged means provisional or refit wanted.\n\n"
        f"## The Tunisian chronicle: {len(real)} replays from {DAYS[0]} to {DAYS[-1]}\n\n{_told(real)}\n\n"
        f"## Simulated streams: {len(simulated)} replays of {len(worlds)} worlds, {LAGS[0]} to {LAGS[-1]} steps late\n"
        f"\n{_told(simulated)}",
    )
    for replays in (real, simulated):
        assert len(replays) >= 60
        assert median([item.gap for item in replays if not item.flagged]) < CLOSE


def _told(replays: list[Replay]) -> str:
    trusted = [item.gap for item in replays if not item.flagged]
    wide = [item for item in replays if item.gap > CLOSE]
    caught = sum(item.flagged for item in wide)
    needless = sum(item.flagged for item in replays) - caught
    return (
        f"{_rows(replays)}\n\nOf {len(wide)} replays with a gap above 2 points, {caught} were flagged. Of "
        f"{len(replays) - len(wide)} within it, {needless} were flagged without\nneed. Median gap of the unflagged: "
        f"{100 * median(trusted):.1f} points, largest {100 * max(trusted):.1f}."
    )
