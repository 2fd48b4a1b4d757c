"""What every table shares: how it is laid out, how numbers are shown, and what is said beside the odds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.domain.instants import show_age, show_instant
from tocsin.domain.met_rule import MetRule
from tocsin.domain.odds import Odds, Status
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step

_WIDEST = 200
_MOST_TIMES = 1000
RULE_MET = "rule met"
"""What stands in place of the words for odds, where there is nothing to forecast any more."""
OUTSIDE = "† the mean lies outside its interval: few possibilities carry most of it"
_PRIOR_DRIVEN = "‡ prior-driven: slightly other declared ranges would move these odds as much as all the evidence has"


def start_table(headings: Iterable[str], *, left: Container[str]) -> Table:
    """A table without rows; columns that are not `left` hold numbers and end at the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    return table


def print_table(title: str, table: Table, notes: Iterable[str] = ()) -> None:
    """A title, a table and lines below it."""
    console = Console(highlight=False)
    # A number cut short is worse than a line that wraps.
    console.width = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    typer.echo(title)
    console.print(table)
    for note in notes:
        typer.echo(note)


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


def interval(low: float, high: float) -> str:
    """An interval of probabilities for people, its unit once.

    >>> interval(0.012, 0.098)
    '1.2–9.8 %'
    """
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"


def factor(probability: float, before: float) -> str:
    """By how much the odds of one probability exceed those of another, for people."""
    return times(_odds(probability) / _odds(before))


def _odds(probability: float) -> float:
    return probability / (1.0 - probability)


def times(value: float) -> str:
    """A factor for people; beyond 1000 and below a thousandth only that it is: there the digits say nothing.

    >>> times(19.4), times(0.13), times(330.0), times(0.0029), times(4.1e6), times(2.9e-5)
    ('19', '0.13', '330', '1/340', '>1000', '<1/1000')
    """
    if value > _MOST_TIMES:
        return f">{_MOST_TIMES}"
    if value < 1 / _MOST_TIMES:
        return f"<1/{_MOST_TIMES}"
    if value >= 100:  # noqa: PLR2004 - two figures would turn to powers of ten here
        return f"{float(f'{value:.2g}'):.0f}"
    return f"{value:.2g}" if value >= 0.01 else f"1/{float(f'{1 / value:.2g}'):.0f}"  # noqa: PLR2004 - as above


def marked(odds: Odds) -> str:
    """The scenario, with a mark where its odds are prior-driven."""
    return f"{odds.scenario} ‡" if odds.prior_driven else odds.scenario


def mark_lines(stated: Iterable[Odds]) -> list[str]:
    """What the mark means, where it is used."""
    return [_PRIOR_DRIVEN] if any(item.prior_driven for item in stated) else []


def met_lines(met: Mapping[str, MetRule], theater: Theater) -> list[str]:
    """One line a scenario whose rule is met already: since when, and by how much."""
    return [f"{name} is no forecast any more: {_met(found, theater)}" for name, found in met.items()]


def _met(found: MetRule, theater: Theater) -> str:
    rule, step = found.rule, theater.timeline.step
    since = f"since {'' if step is Step.DAY else f'the {step} of '}{found.since}"
    spans = f"{rule.within_steps} {step}{'s' if rule.within_steps != 1 else ''}"
    return f"its rule has been met {since} ({rule.at_least} {rule.indicator} within {spans}; counted {found.counted})"


def status_notes(odds: Odds, reason: str | None, asked: datetime, theater: Theater, when: str = "") -> list[str]:
    """What to know before relying on odds that a refit would better, and the command for it.

    Args:
        odds: Any of those stated at one instant.
        reason: Why a refit is wanted; None where it is not.
        asked: The instant asked about.
        theater: The theater.
        when: Which instant is meant, where several are.
    """
    refit = f"run: tocsin fit {theater.id} --as-of {theater.timeline.name_instant(asked)}"
    status = f"{odds.status} {when}".rstrip()
    if odds.status is Status.REFIT_WANTED:
        return [f"! {status}: these are the odds of the fit's own instant, as {reason}; {refit}"]
    if odds.status is Status.PROVISIONAL:
        return [f"! {status}: so much has come in since the fit that these rest on few of its draws; {refit}"]
    if odds.status is Status.PRIOR_ONLY:
        known = f"no observation of the {theater.timeline.looks_back} up to then is known"
        return [f"! {status}: {known}, so these are the declared ranges alone"]
    return []


def status_line(odds: Odds, asked: datetime, theater: Theater, more: Sequence[str] = (), when: str = "") -> str:
    """Status, fit and age of odds, and what else there is to say of them; `when` as in `status_notes`."""
    fitted = show_instant(asked - timedelta(seconds=odds.age_seconds), theater.timeline)
    age = f"{show_age(odds.age_seconds)} before the instant asked"
    head = f"status {when}".rstrip()
    return " · ".join((f"{head}: {odds.status}", f"fit {odds.fit} of {fitted}, {age}", *more))
