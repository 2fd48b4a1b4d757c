"""`tocsin check`: are the declared files right?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import catalog_folder
from tocsin.catalog.read import read_catalog
from tocsin.catalog.read_rule_tests import declared_rule_tests, read_rule_tests
from tocsin.cli.implied_table import implied_object, print_implied
from tocsin.domain.contradiction import contradictions
from tocsin.domain.implied import Implications
from tocsin.domain.observation import read_drafts
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import read_settings
from tocsin.usecases.imply import imply


def check(
    theater: Annotated[str | None, typer.Argument(help="A theater; all of them where none is named.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder that holds models/ and indicators/. [default: the shipped kit]"),
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Print what the ranges imply, and where they contradict each other.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report every problem in every declared file, with file, line, field, value and what is accepted.

    Ranges that contradict each other are told as warnings; they do not change the exit status.

    Example: tocsin check tunisia --prior
    """
    root = catalog_folder(read_settings()) if folder is None else folder
    catalog = read_catalog(root)
    chosen = list(catalog.theaters.values()) if theater is None else [catalog.theater(theater)]
    known = {indicator.id: indicator for item in catalog.theaters.values() for indicator in item.indicators}
    rows = read_drafts(shipped_drafts(root / "indicators"), known, today=datetime.now(UTC).date())
    tests = read_rule_tests(declared_rule_tests(root), catalog)
    implied = [imply(item) if prior else None for item in chosen]
    if as_json:
        typer.echo(json.dumps([_object(*both) for both in zip(chosen, implied, strict=True)], indent=2))
        return
    for item, found in zip(chosen, implied, strict=True):
        typer.echo(_summary(item))
        if found is not None:
            print_implied(item, found, contradictions(item, found))
    typer.echo(
        f"{counted(len(tests), 'test')} of {len(catalog.alert_rules)} alert rules; they are run by: tocsin rules test"
    )
    typer.echo(f"{len(rows)} shipped observations; nothing is wrong in {root}")


def _counts(theater: Theater) -> dict[str, int]:
    return {
        "scenarios": len(theater.scenarios),
        "indicators": len(theater.indicators),
        "links": sum(len(scenario.links) for scenario in theater.scenarios),
        "couplings": len(theater.couplings),
        f"{theater.timeline.step}s": theater.timeline.window,
    }


def _summary(theater: Theater) -> str:
    return f"{theater.id}: {', '.join(f'{count} {noun}' for noun, count in _counts(theater).items())}"


def _object(theater: Theater, implied: Implications | None) -> dict[str, object]:
    told = {} if implied is None else implied_object(implied, contradictions(theater, implied))
    return {"theater": theater.id, "declared": _counts(theater)} | told
