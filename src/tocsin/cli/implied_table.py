"""What declared ranges imply, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.table import Table

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.errors import Problem
from tocsin.domain.figures import interval, percent
from tocsin.domain.implied import Implications, ImpliedReading, ImpliedScenario
from tocsin.domain.indicator import Indicator, Kind, MeasureBaseline, OrdinalBaseline
from tocsin.domain.scenario import Threshold
from tocsin.domain.theater import Theater

_LEFT = {"scenario", "indicator", "developing", "declared"}
_ODDS_NOTES = """\
implied: before anything is known, pressure moving and couplings acting; 90 %: over draws from the ranges
if normal, if developing: were the scenario's pressure 0, or +2, all the while, and the others normal; means over the
ranges, which hold them against each other and are no odds, so they have no interval
declared: a base rate is stated at normal pressure; pressure that moves raises it
status: prior only · no fit and no observation: what the declared files say as they are now
"""
_READING_NOTES = """\
what one {step}'s reading would be, coverage included, at normal pressure and with one scenario developing
reading: mean of a count or a level, chance of being seen, median of a measure; 90 %: of the reading, or of that chance
shares: chances of 0 and more of a count, of each level of an ordinal
bits: how far a year of readings while developing would tell it from normal (1 bit doubles or halves the odds once)
declared: at normal pressure what is there to be seen, of which coverage lets a share be seen; developing, the link
"""


def implied_object(implied: Implications, problems: Sequence[Problem]) -> dict[str, object]:
    """Both tables and the contradictions as plain objects."""
    return {
        "scenarios": [asdict(own) for own in implied.scenarios],
        "readings": [asdict(reading) for reading in implied.readings],
        "contradictions": [asdict(problem) for problem in problems],
    }


def print_implied(theater: Theater, implied: Implications, problems: Sequence[Problem]) -> None:
    """Implied odds, implied readings, and the contradictions among them."""
    odds = start_table(("scenario", "days", "implied", "90 %", "if normal", "if developing", "declared"), left=_LEFT)
    for own in implied.scenarios:
        _add_scenario(odds, theater, own)
    readings = start_table(("indicator", "developing", "reading", "90 %", "shares", "bits", "declared"), left=_LEFT)
    for reading in implied.readings:
        readings.add_row(*_reading(theater, reading))
    print_table("implied odds", odds, [_ODDS_NOTES])
    print_table("implied readings", readings, [_READING_NOTES.format(step=theater.timeline.step)])
    typer.echo(_verdict(problems))


def _add_scenario(table: Table, theater: Theater, own: ImpliedScenario) -> None:
    for row, item in enumerate(own.odds):
        table.add_row(
            "" if row else own.scenario,
            str(item.days),
            percent(item.probability),
            interval(item.interval90.low, item.interval90.high),
            percent(own.normal[row]),
            percent(own.developing[row]),
            _declared_odds(theater, own) if item == own.within_a_year else "",
            end_section=item == own.odds[-1],
        )


def _declared_odds(theater: Theater, own: ImpliedScenario) -> str:
    mechanism = theater.scenario(own.scenario).mechanism
    if isinstance(mechanism, Threshold):
        spans = f"{mechanism.within_steps} {theater.timeline.step}s"
        return f"{mechanism.at_least} of {mechanism.indicator} within {spans}: met in so many years"
    if own.base_rate is None:
        return ""
    return f"base rate {interval(own.base_rate[0], own.base_rate[2])} a year at normal pressure"


def _reading(theater: Theater, reading: ImpliedReading) -> tuple[str, ...]:
    indicator = theater.indicator(reading.indicator)
    presence = indicator.kind is Kind.PRESENCE
    form = percent if presence else _figure
    spread = (reading.low90, reading.high90)
    return (
        "" if reading.developing else indicator.id,
        reading.developing or "–",
        form(reading.mean),
        interval(*spread) if presence else "–".join(_figure(value) for value in spread),
        " ".join(percent(share)[:-2] for share in reading.shares) + (" %" if reading.shares else ""),
        _figure(reading.bits_a_year) if reading.developing else "",
        _declared_reading(theater, indicator, reading.developing),
    )


def _declared_reading(theater: Theater, indicator: Indicator, developing: str | None) -> str:
    if developing is not None:
        links = theater.scenario(developing).links
        effect = next(link.effect for link in links if link.indicator == indicator.id)
        shift = indicator.kind is Kind.MEASURE
        return f"{effect.low:g} to {effect.high:g} {'spreads' if shift else 'times'}"
    baseline = indicator.baseline
    if isinstance(baseline, OrdinalBaseline):
        shares = " ".join(f"{100 * share:.3g}" for share in baseline.shares)
        return f"{shares} %, within a factor of {baseline.within_factor:g}"
    if isinstance(baseline, MeasureBaseline):
        low, high = (indicator.transform.undo(value) for value in (baseline.mean.low, baseline.mean.high))
        return f"middle {_figure(low)} to {_figure(high)}"
    return f"{baseline.per_step.low:.3g} to {baseline.per_step.high:.3g} per {theater.timeline.step}"


def _figure(value: float) -> str:
    """Two figures, whole numbers as they are.

    >>> _figure(0.0459), _figure(23.0), _figure(1234.5)
    ('0.046', '23', '1234')
    """
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.2g}"  # noqa: PLR2004 - two figures


def _verdict(problems: Sequence[Problem]) -> str:
    if not problems:
        return "no range's consequences contradict another's"
    count = len(problems)
    head = f"{count} contradiction{'s' if count > 1 else ''} (warnings: a range is an opinion, and nothing is refused):"
    return "\n".join([head, *(f"! {problem}" for problem in problems)])
