"""The odds as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.cli.instants import show_age, show_instant
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.theater import Theater
from tocsin.ensemble.influence import Influence
from tocsin.usecases.read_odds import Reading

_HEADINGS = ("scenario", "days", "odds", "90 %", "words", "prior", "× odds", "counted most")
_NUMBERS = {"days", "odds", "prior", "× odds"}
_WARNINGS = {
    Status.PROVISIONAL: "provisional: so much has come in since the fit that these odds rest on few of its draws",
    Status.REFIT_WANTED: "refit wanted: what has come in since the fit is NOT counted here",
}
_NOTABLE = 0.05  # log-odds: less is not worth an officer's glance
_WIDEST = 200


def odds_json(reading: Reading) -> str:
    """The odds list as JSON: one object a scenario and horizon."""
    return json.dumps([_object(item) for item in reading.odds], indent=2)


def _object(odds: Odds) -> dict[str, object]:
    return {
        "scenario": odds.scenario,
        "horizon_days": odds.horizon_days,
        "probability": odds.probability,
        "interval50": [odds.interval50.low, odds.interval50.high],
        "interval90": [odds.interval90.low, odds.interval90.high],
        "prior": odds.prior,
        "words": odds.words,
        "status": odds.status.value,
        "as_of": odds.as_of.isoformat(),
        "fit": odds.fit,
        "age_seconds": odds.age_seconds,
    }


def print_reading(reading: Reading, theater: Theater) -> None:
    """The odds table, the joint odds, and what to know before quoting a number."""
    console = Console(soft_wrap=True, highlight=False)
    as_of = show_instant(reading.odds[0].as_of, theater.timeline)
    table = Table(
        title=f"{theater.title}: odds as of {as_of}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", no_wrap=True)
    for scenario in theater.scenarios:
        reasons = _reasons(reading.counted_most[scenario.id])
        for row, item in enumerate(stated for stated in reading.odds if stated.scenario == scenario.id):
            table.add_row(
                "" if row else scenario.id,
                str(item.horizon_days),
                percent(item.probability),
                _interval(item.interval90),
                item.words + (" *" if item.warning else ""),
                percent(item.prior),
                f"{_odds(item.probability) / _odds(item.prior):.2g}",
                reasons[row] if row < len(reasons) else "",
                end_section=row == len(scenario.horizons) - 1,
            )
    # A number cut short is worse than a line that wraps.
    console.width = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    console.print(table)
    for line in _notes(reading, theater):
        console.print(line)


def _odds(probability: float) -> float:
    return probability / (1.0 - probability)


def percent(probability: float) -> str:
    """A probability for people: two figures at the ends of the scale, whole percents between, never 0 or 100.

    >>> percent(0.0042), percent(0.42), percent(0.9996), percent(1e-9)
    ('0.42 %', '42 %', '99.96 %', '<0.01 %')
    """
    value = 100 * probability
    distance = min(value, 100 - value)
    if distance < 0.01:  # noqa: PLR2004 - no finer figure is worth its space
        return "<0.01 %" if value < 50 else ">99.99 %"  # noqa: PLR2004 - whichever end is near
    if distance < 0.995:  # noqa: PLR2004 - what rounds to less than 1.0
        return f"{value:.2f} %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"  # noqa: PLR2004 - what rounds to less than 10


def _interval(interval: Interval) -> str:
    return f"{percent(interval.low)[:-2]}–{percent(interval.high)}"


def _reasons(found: Sequence[Influence]) -> list[str]:
    return [
        f"{'↑' if item.change > 0 else '↓'} {item.indicator.rsplit('/', maxsplit=1)[-1]}"
        f"{' (silence)' if item.silent else ''}"
        for item in found
        if abs(item.change) >= _NOTABLE
    ]


def _notes(reading: Reading, theater: Theater) -> list[str]:
    first = reading.odds[0]
    fit = reading.fit
    error = max(item.error for item in reading.odds)
    known_to = f"Monte Carlo error up to {error * 100:.2f} points"
    lines = [
        " · ".join((f"status: {first.status}", f"fit {fit.id}, {show_age(first.age_seconds)} old", known_to)),
        "90 %: where the probability itself may lie, given what is uncertain about the present",
        "× odds: how many times the prior's odds; counted most: which recent reports or silence moved it, and where to",
    ]
    if any(item.warning for item in reading.odds):
        lines.append("* the 90 % interval reaches into other ICD 203 words")
    if first.status in {Status.PROVISIONAL, Status.REFIT_WANTED}:
        lines.append(f"{_WARNINGS[first.status]}; run: tocsin fit {theater.id}")
    return lines + _joint_lines(reading.joint, theater)


def _joint_lines(pairs: Sequence[JointOdds], theater: Theater) -> list[str]:
    """One line a coupling: what its source's occurrence would make of its target."""
    coupled = {(coupling.target, coupling.source) for coupling in theater.couplings}
    return [
        f"P({pair.first} within {pair.horizon_days} days | {pair.second} within them too) = {percent(pair.given)}"
        for pair in pairs
        if pair.given is not None and (pair.first, pair.second) in coupled
    ]
