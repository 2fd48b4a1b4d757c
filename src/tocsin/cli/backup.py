"""`tocsin backup` and `tocsin restore`: the whole store and every fit's draws, in one verified file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.backup import save_backup
from tocsin.cli.progress import shown_progress
from tocsin.cli.stopping import interrupted_by_signals
from tocsin.settings import read_settings
from tocsin.store.backup import restore
from tocsin.store.backup_file import verify_backup
from tocsin.store.engine import open_engine

_MIB = 2**20


def backup(
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many backups to keep. [default: TOCSIN_BACKUPS_KEPT, 14]")
    ] = None,
) -> None:
    """Write everything into one file, read it back to be sure, and remove the oldest beyond those kept.

    Work may go on meanwhile: the backup is of one instant. It holds the secrets of destinations, such as
    what webhooks are signed with, and is readable by you alone: keep it as you keep the store.

    Example: TOCSIN_BACKUPS=/mnt/safe tocsin backup
    """
    settings = read_settings()
    with interrupted_by_signals(), shown_progress() as report:
        path, removed = save_backup(settings, now=datetime.now(UTC), report=report, keep=keep)
    typer.echo(f"{path} ({path.stat().st_size / _MIB:.1f} MiB), read back and verified")
    for old in removed:
        typer.echo(f"removed {old.name}")


def restore_backup(
    file: Annotated[Path, typer.Argument(help="The backup.", exists=True, dir_okay=False)],
    check: Annotated[bool, typer.Option("--check", help="Only verify the backup; nothing is written.")] = False,
) -> None:
    """Put a backup into an empty store, or only verify it.

    The store is the one that TOCSIN_HOME and TOCSIN_DATABASE_URL name. One that holds anything is refused.

    Example: TOCSIN_HOME=/srv/tocsin-new tocsin restore /mnt/safe/tocsin-20160308T023000Z.backup.zip
    """
    if check:
        with shown_progress() as report:
            manifest = verify_backup(file, report)
    else:
        settings = read_settings()
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = open_engine(settings.store_url)
        try:
            with interrupted_by_signals(), shown_progress() as report:
                manifest = restore(file, engine, settings.draws_folder, report=report)
        finally:
            engine.dispose()
    rows = ", ".join(f"{count} {table}" for table, count in manifest.rows.items() if count)
    done = "every hash is right" if check else f"restored into {settings.home}"
    typer.echo(f"backup of {manifest.made_at} at revision {manifest.revision} ({rows or 'empty'}): {done}")
