"""`tocsin alerts`: how every alert stands, what became of it, and what people say to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.alerts_table import (
    alert_object,
    notice_object,
    print_alerts,
    print_notices,
    print_steps,
    step_object,
)
from tocsin.cli.operator import operator
from tocsin.cli.silences import end, list_silences, silence, snooze
from tocsin.settings import read_settings
from tocsin.usecases.acknowledge import acknowledge
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.assign import assign

alerts = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
alerts.command("silence")(silence)
alerts.command("snooze")(snooze)
alerts.command("silences")(list_silences)
alerts.command("end-silence")(end)
_HOURS = 24 * 30
_Theater = Annotated[str, typer.Argument(help="The theater.")]
_Rule = Annotated[str, typer.Argument(help="The alert rule.")]


@alerts.callback()
def show_alerts(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print how the alert of every rule stands, since when and why, what was told of it and who has it in hand.

    Example: tocsin alerts --json
    """
    if context.invoked_subcommand is not None:
        return
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        names = list(service.catalog.theaters)
        found = [item for name in names for item in overview(name, rules=service.rules, book=service.alerts, now=now)]
        problems = {f"{name}/{rule}": why for name in names for rule, why in service.rules.of(name).problems.items()}
    if as_json:
        typer.echo(json.dumps([alert_object(item) for item in found], indent=2))
    else:
        print_alerts(found, problems, now)


@alerts.command("ack")
def take_up(
    theater: _Theater,
    rule: _Rule,
    note: Annotated[str, typer.Option(help="What you do about it.")] = "",
    hours: Annotated[
        int | None, typer.Option(min=1, max=_HOURS, help="For how many hours. [default: until it is over]")
    ] = None,
) -> None:
    """Take up an alert that fires: it is not escalated nor told again while you have it in hand.

    Example: tocsin alerts ack tunisia offensive --note "the desk calls the embassy" --hours 4
    """
    with open_service(read_settings()) as service:
        declared = service.rules.rule(service.catalog.theater(theater).id, rule).rule
        taken = acknowledge(
            declared.theater,
            declared.id,
            note=note,
            lasts=None if hours is None else timedelta(hours=hours),
            book=service.alerts,
            actor=operator().name,
            now=datetime.now(UTC),
        )
    until = "until it is over" if taken.until is None else f"until {taken.until:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"{theater}/{rule} is taken up by {taken.by} {until}")


@alerts.command("assign")
def ask(
    theater: _Theater,
    rule: _Rule,
    to: Annotated[str, typer.Option(help="The name of an account that may acknowledge alerts.")],
    note: Annotated[str, typer.Option(help="What they are asked to do.")] = "",
) -> None:
    """Ask somebody to take up an alert that fires. Until they do, it is told and escalated as before.

    Example: tocsin alerts assign tunisia offensive --to ada --note "call the embassy first"
    """
    with open_service(read_settings()) as service:
        declared = service.rules.rule(service.catalog.theater(theater).id, rule).rule
        asked = assign(
            declared.theater,
            declared.id,
            to=to,
            note=note,
            book=service.alerts,
            accounts=service.access.accounts,
            actor=operator().name,
            now=datetime.now(UTC),
        )
    typer.echo(f"{asked.to} is asked to take up {theater}/{rule}")


@alerts.command("steps")
def show_steps(
    theater: _Theater,
    rule: Annotated[str | None, typer.Option(help="Only of this rule, also one that is there no more.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only steps of numbers above this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every step that the alerts of a theater took, and why, oldest first.

    Example: tocsin alerts steps tunisia --rule offensive
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        found = service.alerts.steps(declared.id, after, limit + 1, rule)
    if as_json:
        typer.echo(json.dumps([step_object(step) for step in found[:limit]], indent=2))
    else:
        print_steps(found[:limit], theater, more=len(found) > limit)


@alerts.command("notices")
def show_notices(
    theater: _Theater,
    rule: Annotated[str | None, typer.Option(help="Only of this rule, also one that is there no more.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only notices of numbers above this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every notice of a theater's alerts, oldest first; `tocsin destination deliveries` has what became of each.

    Example: tocsin alerts notices tunisia --rule wilayat-near
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        found = service.alerts.notices(declared.id, rule, after, limit + 1)
    if as_json:
        typer.echo(json.dumps([notice_object(item) for item in found[:limit]], indent=2))
    else:
        print_notices(found[:limit], theater, more=len(found) > limit)
