"""`tocsin history`: what we said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import Service, open_service
from tocsin.cli.history_table import outcomes_of, print_history, publication_object
from tocsin.domain.instants import read_as_of
from tocsin.domain.plural import counted
from tocsin.domain.publication import exported
from tocsin.domain.resolution import standing, windows_of
from tocsin.domain.theater import Theater
from tocsin.settings import read_settings

_SHOWN = 60


def history(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    scenario: Annotated[str | None, typer.Option(help="Only this scenario. [default: all]")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="What had been stated at the end of this day, or at this instant. [default: now]"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every publication, not only the last 60.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the chain of the whole store into this file, to verify it elsewhere.", dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was stated when: odds, interval, status, age, why it was published, and what came of it.

    Example: tocsin history tunisia --scenario border-offensive --export publications.jsonl
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        scenarios = declared.scenarios if scenario is None else (declared.scenario(scenario),)
        instant = read_as_of(as_of, declared.timeline, datetime.now(UTC))
        if export is not None:
            count = _export(service, export)
            written = f"{counted(count, 'publication')} written to {export}"
            typer.echo(f"{written}; to verify: tocsin verify --file {export}", err=True)
        stated = service.publications.publications(declared.id, instant)
        settled = standing(service.resolutions.resolutions(declared.id, instant))
    outcomes = outcomes_of(windows_of(stated), settled)
    shown = stated if everything or as_json else stated[-_SHOWN:]
    if as_json:
        kept = {item.id for item in scenarios}
        objects = [publication_object(item, outcomes.get(item.number, {})) for item in shown]
        for item in objects:
            item["odds"] = [odds for odds in item["odds"] if odds["scenario"] in kept]  # type: ignore[attr-defined]
        typer.echo(json.dumps(objects, indent=2))
    else:
        print_history(declared, scenarios, shown, outcomes, _notes(declared, len(stated), len(shown)))


def _export(service: Service, path: Path) -> int:
    count = 0
    with path.open("w", encoding="ascii", newline="\n") as file:
        for item in service.publications.chain():
            file.write(f"{exported(item)}\n")
            count += 1
    return count


def _notes(theater: Theater, stated: int, shown: int) -> list[str]:
    if not stated:
        return [f"nothing has been published for {theater.id}; run: tocsin publish {theater.id}"]
    left_out = f"the last {shown} of {stated} publications; --all shows every one · " if shown < stated else ""
    return [f"{left_out}age: of the fit when it was stated; outcome: only of what was stated first for its window"]
