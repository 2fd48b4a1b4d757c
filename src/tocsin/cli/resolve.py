"""`tocsin resolve`: judge how a window of a scenario came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.instants import write_instant
from tocsin.domain.plural import counted
from tocsin.domain.resolution import Outcome, Resolution, judged_by
from tocsin.domain.timeline import read_day
from tocsin.settings import read_settings
from tocsin.usecases.judge import Judgement, judge


class _Judged(StrEnum):
    YES = "yes"
    NO = "no"
    VOID = "void"


def resolve(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    scenario: Annotated[str, typer.Argument(help="The scenario.")],
    opened_on: Annotated[str, typer.Option(help="The first day of the window, YYYY-MM-DD.")],
    horizon: Annotated[int, typer.Option(help="How many days the window has.")],
    outcome: Annotated[_Judged, typer.Option(help="What became of it; void where it cannot be told.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the score card later.")],
    supersedes: Annotated[
        str | None, typer.Option(help="Id of the resolution that this one replaces, where one stands.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge how a window came out. A former resolution stays on record, and no rule overrides a judgement.

    One person with a reason is enough; a second one who agrees judges the same with --supersedes, and both are named.

    Example: tocsin resolve tunisia border-offensive --opened-on 2016-03-09 --horizon 30 --outcome void --reason …
    """
    day = read_day(opened_on)
    if day is None:
        raise InvalidInputError(
            [Problem("", None, "--opened-on", repr(opened_on), "a day of the calendar as YYYY-MM-DD")]
        )
    with open_service(read_settings()) as service:
        done = judge(
            service.catalog.theater(theater),
            Judgement(scenario, day, horizon, Outcome(outcome.value), reason, supersedes),
            publications=service.publications,
            resolutions=service.resolutions,
            now=datetime.now(UTC),
            author=author(),
        )
        people = judged_by(
            done.resolution, service.resolutions.resolutions(done.resolution.theater, done.resolution.settled_at)
        )
    if as_json:
        typer.echo(json.dumps(_object(done.resolution, people, added=done.added), indent=2))
        return
    item = done.resolution
    window = f"{item.scenario} for {counted(item.horizon_days, 'day')} from {item.opened_on}"
    if done.added:
        typer.echo(f"settled {window}: {item.outcome}, as {item.id}; judged so by {' and '.join(people)}")
    else:
        typer.echo(f"{window} stands settled so already, by {item.id}; nothing was changed")


def _object(item: Resolution, people: Sequence[str], *, added: bool) -> dict[str, object]:
    days = {"opened_on": item.opened_on.isoformat(), "settled_at": write_instant(item.settled_at)}
    return {**asdict(item), **days, "judged_by": list(people), "added": added}
