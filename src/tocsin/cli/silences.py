"""`tocsin alerts silence` and what belongs to it: leaving alerts unsaid for a while."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tocsin.bootstrap.service import Service, open_service
from tocsin.cli.alerts_table import print_silences, silence_object
from tocsin.cli.operator import operator
from tocsin.domain.alert_rule import AlertRule
from tocsin.domain.silence import Silence
from tocsin.settings import read_settings
from tocsin.usecases.silencing import LONGEST, begin_silence, covered, end_silence

_MOST_HOURS = LONGEST.days * 24
_Hours = Annotated[float, typer.Option(min=0.01, max=_MOST_HOURS, help="For how many hours from now.")]
_Comment = Annotated[str, typer.Option(help="Why, for whoever wonders about it later.")]


def silence(
    hours: _Hours,
    comment: _Comment,
    theater: Annotated[str, typer.Option(help="A theater, or a pattern in quotes.")] = "*",
    rule: Annotated[str, typer.Option(help="A rule, or a pattern in quotes.")] = "*",
    severity: Annotated[str, typer.Option(help="A severity, or a pattern in quotes.")] = "*",
) -> None:
    """Say nothing of some alerts for a while; what fires meanwhile, and still does then, is told when it is over.

    Example: tocsin alerts silence --rule "offensive-*" --hours 8 --comment "an exercise at the border"
    """
    _begin((theater, rule, severity), hours, comment)


def snooze(
    theater: Annotated[str, typer.Argument(help="The theater.")],
    rule: Annotated[str, typer.Argument(help="The alert rule.")],
    hours: _Hours,
    comment: _Comment,
) -> None:
    """Say nothing of one alert for some hours.

    Example: tocsin alerts snooze tunisia offensive --hours 8 --comment "known; the desk meets at eight"
    """
    _begin((theater, rule, "*"), hours, comment)


def list_silences(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the silences that have not ended.

    Example: tocsin alerts silences --json
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        found = service.silences.silences(now)
    if as_json:
        typer.echo(json.dumps([silence_object(item) for item in found], indent=2))
    else:
        print_silences(found, now)


def end(silence: Annotated[str, typer.Argument(help="Its id, or how that begins.")]) -> None:
    """Let a silence end now; it stays on record as it is then.

    Example: tocsin alerts end-silence 9f1c33b0a2de
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        known = [item.id for item in service.silences.silences(now) if silence and item.id.startswith(silence)]
        name = known[0] if len(known) == 1 else silence
        ended = end_silence(name, book=service.silences, actor=operator(), now=now)
    typer.echo(f"{ended.id} has ended")


def _begin(patterns: tuple[str, str, str], hours: float, comment: str) -> None:
    now = datetime.now(UTC)
    wanted = Silence("", *patterns, now, now + timedelta(hours=hours), "", comment)
    with open_service(read_settings()) as service:
        rules = _rules(service)
        begun = begin_silence(wanted, rules=rules, book=service.silences, actor=operator(), now=now)
    names = ", ".join(sorted(f"{item.theater}/{item.id}" for item in covered(begun, rules)))
    typer.echo(f"{begun.id}: nothing is said of {names} until {begun.ends_at:%Y-%m-%d %H:%M} UTC")


def _rules(service: Service) -> list[AlertRule]:
    return [rule for name in service.catalog.theaters for rule in service.rules.of(name).rules]
