"""`tocsin doctor`: is this machine fit for Tocsin?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.executors import where_fits_run
from tocsin.bootstrap.service import catalog_folder
from tocsin.catalog.read import Catalog, read_catalog
from tocsin.cli.doctor_care import backups, last_tick, room, worker_here
from tocsin.cli.doctor_look import Look, Unwell
from tocsin.cli.doctor_machine import clock, compiled_models, compiler, disk, libraries, python, time_zones
from tocsin.cli.doctor_settings import Setting, mail_server, settings_in_force, unknown_variables
from tocsin.cli.doctor_store import (
    address,
    draws,
    durability,
    feeds,
    recorded_instants,
    revision_of,
    rights,
    sqlite_library,
)
from tocsin.domain.errors import InvalidInputError, TocsinError
from tocsin.settings import Settings, read_settings


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    worker: Annotated[bool, typer.Option("--worker", help="Only whether a worker runs on this host; cheap.")] = False,
) -> None:
    """Look at every dependency, version, setting and known fault, and say what to do. Exit 1 if anything is unwell.

    Example: tocsin doctor --json
    """
    try:
        settings = read_settings()
    except InvalidInputError as error:
        looks = [Look("settings", well=False, found=str(problem)) for problem in error.problems]
        in_force: list[Setting] = []
    else:
        now = datetime.now(UTC)
        looks = [_looked("worker", lambda: worker_here(settings, now))] if worker else _examine(settings, now)
        in_force = [] if worker else settings_in_force(settings)
    if as_json:
        typer.echo(_json(looks, in_force))
    else:
        _print(looks, in_force)
    if not all(look.well for look in looks):
        raise typer.Exit(1)


def _examine(settings: Settings, now: datetime) -> list[Look]:
    catalogs: list[Catalog] = []

    def declarations() -> str:
        root = catalog_folder(settings)
        catalogs.append(read_catalog(root))
        return f"{', '.join(catalogs[0].theaters)} in {root}"

    looks: list[tuple[str, Callable[[], str | Unwell]]] = [
        ("python", python),
        ("libraries", libraries),
        ("C compiler", compiler),
        ("settings", unknown_variables),
        ("declarations", declarations),
        ("time zones", lambda: time_zones(catalogs)),
        ("clock", lambda: clock(now)),
        ("data folder", lambda: disk(settings)),
        ("folder rights", lambda: rights(settings)),
        ("compiled models", lambda: compiled_models(settings)),
        ("sqlite", sqlite_library),
        ("database", lambda: address(settings)),
        ("store", lambda: revision_of(settings)),
        ("recorded instants", lambda: recorded_instants(settings, now)),
        ("draws", lambda: draws(settings)),
        ("durability", lambda: durability(settings)),
        ("worker", lambda: last_tick(settings, now)),
        ("feeds", lambda: feeds(settings, now)),
        ("fits", lambda: where_fits_run(settings)),
        ("mail server", lambda: mail_server(settings)),
        ("backups", lambda: backups(settings, now)),
        ("room", lambda: room(settings)),
    ]
    return [_looked(name, look) for name, look in looks]


def _looked(name: str, look: Callable[[], str | Unwell]) -> Look:
    try:
        found = look()
    except (TocsinError, OSError) as error:
        found = Unwell(str(error))
    return Look(name, well=False, found=found.what) if isinstance(found, Unwell) else Look(name, well=True, found=found)


def _print(looks: list[Look], in_force: list[Setting]) -> None:
    for look in looks:
        typer.echo(f"{'ok   ' if look.well else 'WRONG'} {look.name}: {look.found}")
    for setting in in_force:
        typer.echo(f"      {setting.variable} = {setting.value} ({setting.where})")


def _json(looks: list[Look], in_force: list[Setting]) -> str:
    return json.dumps(
        {
            "well": all(look.well for look in looks),
            "looks": [asdict(look) for look in looks],
            "settings": [asdict(setting) for setting in in_force],
        },
        indent=2,
        ensure_ascii=False,
    )
