"""`tocsin alerts`: how every alert stands, and taking one up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.operator import operator
from tocsin.cli.tables import print_table, start_table
from tocsin.domain.instants import show_age, write_instant
from tocsin.settings import read_settings
from tocsin.usecases.acknowledge import acknowledge

if TYPE_CHECKING:
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.usecases.alert_ports import AlertStep, KeptAlert

alerts = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
_HOURS = 24 * 30


@alerts.callback()
def show_alerts(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print how the alert of every declared rule stands, since when, what was told of it and who has taken it up.

    Example: tocsin alerts --json
    """
    if context.invoked_subcommand is not None:
        return
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        standing = {name: service.alerts.standing(name, now).alerts for name in service.catalog.theaters}
        steps = {name: service.alerts.last_steps(name) for name in service.catalog.theaters}
        rules = list(service.catalog.alert_rules.values())
    found = [(rule, standing[rule.theater].get(rule.id), steps[rule.theater].get(rule.id)) for rule in rules]
    if as_json:
        typer.echo(json.dumps([_object(*entry) for entry in found], indent=2))
        return
    table = start_table(["alert", "severity", "state", "for", "told"], left={"alert", "severity", "state", "told"})
    notes = []
    for rule, kept, step in found:
        state = "not judged yet" if kept is None else kept.alert.phase.value
        lasts = "" if kept is None else show_age(max(0.0, (now - kept.alert.since).total_seconds()))
        table.add_row(f"{rule.theater}/{rule.id}", rule.severity.value, state, lasts, _told(kept, now))
        notes.append(f"{rule.theater}/{rule.id}: {rule.title}")
        if step is not None:
            notes.append(f"  {step.transition.cause.value}: {step.transition.reading.why}")
    none = "no alert rule is declared; see docs/alerts.md"
    print_table(f"alerts at {now:%Y-%m-%d %H:%M:%S} UTC", table, notes or [none])


@alerts.command("ack")
def take_up(
    theater: Annotated[str, typer.Argument(help="The theater.")],
    rule: Annotated[str, typer.Argument(help="The alert rule.")],
    note: Annotated[str, typer.Option(help="What you do about it.")] = "",
    hours: Annotated[
        int | None, typer.Option(min=1, max=_HOURS, help="For how many hours. [default: until it is over]")
    ] = None,
) -> None:
    """Take up an alert that fires: it is not escalated nor told again while you have it in hand.

    Example: tocsin alerts ack tunisia offensive --note "the desk calls the embassy" --hours 4
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        declared = service.catalog.alert_rule(theater, rule)
        taken = acknowledge(
            declared.theater,
            declared.id,
            note=note,
            lasts=None if hours is None else timedelta(hours=hours),
            book=service.alerts,
            actor=operator().name,
            now=now,
        )
    until = "until it is over" if taken.until is None else f"until {taken.until:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"{theater}/{rule} is taken up by {taken.by} {until}")


def _told(kept: KeptAlert | None, now: datetime) -> str:
    if kept is None or kept.told is None:
        return "nothing yet"
    ago = show_age(max(0.0, (now - kept.told.last_at).total_seconds()))
    said = f"{'once' if kept.told.count == 1 else f'{kept.told.count} times'}, last {ago} ago"
    taken = kept.acknowledged
    if taken is not None and taken.episode == kept.alert.episode and (taken.until is None or taken.until > now):
        said += f"; {taken.by} has it in hand"
    return said


def _object(rule: AlertRule, kept: KeptAlert | None, step: AlertStep | None) -> dict[str, object]:
    told: dict[str, object] = {
        "theater": rule.theater,
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "state": None if kept is None else kept.alert.phase.value,
        "since": None if kept is None else write_instant(kept.alert.since),
        "cause": None if step is None else step.transition.cause.value,
        "why": None if step is None else step.transition.reading.why,
        "episode": 0 if kept is None else kept.alert.episode,
        "judged_at": None if kept is None else write_instant(kept.judged_at),
        "told": 0 if kept is None or kept.told is None else kept.told.count,
        "acknowledged": None,
    }
    taken = None if kept is None else kept.acknowledged
    if taken is not None:
        until = None if taken.until is None else write_instant(taken.until)
        told["acknowledged"] = {"episode": taken.episode, "by": taken.by, "until": until, "note": taken.note}
    return told
