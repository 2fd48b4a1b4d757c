"""The odds as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

from tocsin.cli.tables import (
    OUTSIDE,
    RULE_MET,
    mark_lines,
    marked,
    met_lines,
    print_table,
    start_table,
    status_line,
    status_notes,
)
from tocsin.domain.figures import factor, interval, percent, times
from tocsin.domain.instants import show_instant, write_instant
from tocsin.domain.met_rule import MetRule
from tocsin.domain.odds import JointOdds, Odds
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.domain.wording import likelihood_words
from tocsin.ensemble.draws import RECENT_STEPS
from tocsin.ensemble.influence import Influence
from tocsin.usecases.read_odds import Reading

_HEADINGS = ("scenario", "days", "odds", "90 %", "words", "prior", "× odds")
_LEFT = {"scenario", "90 %", "words"}
_SHOWN_REASONS = 3
_NOTABLE = 0.05  # log-odds: less is not worth an officer's glance


def odds_object(odds: Odds, met: MetRule | None) -> dict[str, object]:
    """One scenario and horizon as a plain object, with the scenario's rule where it was met already."""
    written = {"status": odds.status.value, "as_of": write_instant(odds.as_of), "rule_met": _met_object(met)}
    return asdict(odds) | written


def odds_json(reading: Reading) -> str:
    """The odds list as JSON: one object a scenario and horizon."""
    return json.dumps(odds_objects(reading), indent=2)


def odds_objects(reading: Reading) -> list[dict[str, object]]:
    """The odds as plain objects, one a scenario and horizon, with the rule where it is met already."""
    return [odds_object(item, reading.met.get(item.scenario)) for item in reading.odds]


def _met_object(met: MetRule | None) -> dict[str, object] | None:
    return None if met is None else asdict(met.rule) | {"counted": met.counted, "since": met.since.isoformat()}


def print_reading(reading: Reading, theater: Theater) -> None:
    """The odds table, what counted most, the joint odds, and what to know before quoting a number."""
    table = start_table(_HEADINGS, left=_LEFT)
    for _, stated in groupby(reading.odds, key=lambda item: item.scenario):
        rows = list(stated)
        for row, item in enumerate(rows):
            table.add_row(
                "" if row else marked(item),
                str(item.horizon_days),
                percent(item.probability),
                interval(item.interval90.low, item.interval90.high) + ("" if _inside(item) else " †"),
                RULE_MET if item.scenario in reading.met else _words(item),
                percent(item.prior),
                factor(item.probability, item.prior),
                end_section=row == len(rows) - 1,
            )
    title = f"{theater.title}: odds as of {show_instant(reading.odds[0].as_of, theater.timeline)}"
    below = (*_notes(reading, theater), *_reason_lines(reading, theater), *_joint_lines(reading.joint, theater))
    print_table(title, table, below)


def _inside(odds: Odds) -> bool:
    return odds.interval90.low <= odds.probability <= odds.interval90.high


def _words(odds: Odds) -> str:
    """The words, and in parentheses those that the interval reaches to."""
    low, high = likelihood_words(odds.interval90.low), likelihood_words(odds.interval90.high)
    return odds.words if low == high else f"{odds.words} ({low} to {high})"


def _reason_lines(reading: Reading, theater: Theater) -> list[str]:
    """One line a scenario: what multiplied its longest-horizon odds most, by taking it away again."""
    lines = []
    for name, found in reading.counted_most.items():
        reasons = [_reason(item) for item in found if abs(item.change) >= _NOTABLE][:_SHOWN_REASONS]
        lines.append(f"  {name}: {', '.join(reasons) or 'nothing recent'}")
    steps = f"{min(theater.timeline.window, RECENT_STEPS)} {theater.timeline.step}s"
    head = f"counted most in the last {steps} (what it multiplied the odds by; ? where that can only be guessed):"
    return ["", head, *lines] if lines else []


def _reason(influence: Influence) -> str:
    what = influence.indicator.rsplit("/", maxsplit=1)[-1]
    guess = "?" if influence.beyond_reach else ""
    return f"{what}{' unseen' if influence.silent else ''} ×{times(math.exp(influence.change))}{guess}"


def _notes(reading: Reading, theater: Theater) -> list[str]:
    first = reading.odds[0]
    error = f"Monte Carlo error up to {max(item.error for item in reading.odds) * 100:.2f} points"
    return [
        *status_notes(first, reading.reason, reading.asked, theater),
        *met_lines(reading.met, theater),
        status_line(first, reading.asked, theater, [error]),
        "odds: the mean; 90 %: where the probability itself may lie, given what is uncertain about the present",
        f"prior: the mean before any evidence; with its own 90 %: tocsin check {theater.id} --prior",
        "words: ICD 203, in parentheses those that the 90 % reaches to; × odds: how many times the prior's odds",
        *([] if all(_inside(item) for item in reading.odds) else [OUTSIDE]),
        *mark_lines(reading.odds),
    ]


def _joint_lines(pairs: Sequence[JointOdds], theater: Theater) -> list[str]:
    """One line a coupling: what its source's occurrence would make of its target."""
    coupled = {(coupling.target, coupling.source) for coupling in theater.couplings}
    lines = [
        f"  if {pair.second} happens within {counted(pair.horizon_days, 'day')}, "
        f"so does {pair.first}: {percent(pair.given)}"
        for pair in pairs
        if pair.given is not None and (pair.first, pair.second) in coupled
    ]
    return ["", "together:", *lines] if lines else []
