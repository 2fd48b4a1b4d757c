"""Names of backups: they tell the instant and the store, so files can be told apart without being opened."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL

_FORM = "%Y%m%dT%H%M%SZ"
_MARK_DIGITS = 8
_NAME = re.compile(r"tocsin-(\d{8}T\d{6}Z)-([0-9a-f]+)\.backup\.zip")


def store_mark(address: URL) -> str:
    """What tells a store from others whose backups may lie in the same folder: digits of a hash of where it is.

    Users, passwords and other settings of the connection may change without it being another store.
    """
    if address.get_backend_name() == "sqlite":
        place = f"sqlite {Path(address.database or '').resolve()}"
    else:
        query = {name: address.query.get(name) for name in ("host", "port")}
        place = f"{address.get_backend_name()} {address.host} {address.port} {address.database} {query}"
    return hashlib.sha256(place.encode()).hexdigest()[:_MARK_DIGITS]


def backup_name(mark: str, now: datetime) -> str:
    """`tocsin-<instant>-<mark>.backup.zip`."""
    return f"tocsin-{now.astimezone(UTC).strftime(_FORM)}-{mark}.backup.zip"


def backups_of(mark: str, folder: Path) -> list[tuple[datetime, Path]]:
    """The backups of a store in a folder, by the instants in their names, oldest first."""
    # Not by the files' own dates, which copying changes.
    named = [(found, path) for path in folder.glob("tocsin-*") if (found := _NAME.fullmatch(path.name))]
    return sorted(
        (datetime.strptime(found[1], _FORM).replace(tzinfo=UTC), path) for found, path in named if found[2] == mark
    )


def prune(newest: Path, kept: int) -> tuple[Path, ...]:
    """Remove all but so many backups up to the one just written; those removed, oldest first.

    Only older ones of the same store are: a name of a later instant was given by a clock that was wrong, and is
    nothing to measure the others by.
    """
    found = _NAME.fullmatch(newest.name)
    if found is None:
        return ()
    older = [path for _, path in backups_of(found[2], newest.parent) if path.name < newest.name]
    spare = older[: max(0, len(older) - (kept - 1))]
    for path in spare:
        path.unlink()
    return tuple(spare)
