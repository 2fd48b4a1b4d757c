"""Backups of the store that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.store.backup import back_up
from tocsin.store.backup_name import prune
from tocsin.store.engine import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from tocsin.settings import Settings
    from tocsin.usecases.ports import Progress


def save_backup(
    settings: Settings, *, now: datetime, report: Callable[[Progress], None], keep: int | None = None
) -> tuple[Path, tuple[Path, ...]]:
    """Write a verified backup and remove the oldest beyond those kept: the new file, and those removed."""
    engine = open_engine(settings.store_url)
    try:
        path = back_up(engine, settings.draws_folder, settings.backup_folder, now=now, report=report)
    finally:
        engine.dispose()
    return path, prune(path, settings.backups_kept if keep is None else keep)
