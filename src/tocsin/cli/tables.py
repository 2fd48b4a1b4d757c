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
