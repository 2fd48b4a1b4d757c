"""`tocsin check`: are the declared files right?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import catalog_folder
from tocsin.catalog.read import read_catalog
from tocsin.domain.observation import read_drafts
from tocsin.domain.theater import Theater
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import read_settings


def check(
    theater: Annotated[str | None, typer.Argument(help="A theater; all of them where none is named.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder that holds models/ and indicators/. [default: the shipped kit]"),
    ] = None,
) -> None:
    """Report every problem in every declared file, with file, line, field, value and what is accepted.

    Example: tocsin check --folder .
    """
    root = catalog_folder(read_settings()) if folder is None else folder
    catalog = read_catalog(root)
    chosen = list(catalog.theaters.values()) if theater is None else [catalog.theater(theater)]
    known = {indicator.id: indicator for item in catalog.theaters.values() for indicator in item.indicators}
    rows = read_drafts(shipped_drafts(root / "indicators"), known, today=datetime.now(UTC).date())
    for item in chosen:
        typer.echo(_summary(item))
    typer.echo(f"{len(rows)} shipped observations; nothing is wrong in {root}")


def _summary(theater: Theater) -> str:
    links = sum(len(scenario.links) for scenario in theater.scenarios)
    return (
        f"{theater.id}: {len(theater.scenarios)} scenarios, {len(theater.indicators)} indicators, {links} links, "
        f"{len(theater.couplings)} couplings, {theater.timeline.window} {theater.timeline.step}s"
    )
