"""The files of draws that fits name: whether they are there, and are what was recorded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from tocsin.domain.errors import DamagedArtifactError
from tocsin.store.engine import reading
from tocsin.store.tables import fit as table
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def check_draws(engine: Engine, folder: Path, report: Callable[[Progress], None]) -> int:
    """How many files of draws the fits of a store name, each verified; DamagedArtifactError at the first that is not.

    They lie in the folder as `<sha256>.zarr.zip`.
    """
    with reading(engine) as connection:
        marks = connection.scalars(select(table.c.sha256).distinct().order_by(table.c.sha256)).all()
    for done, mark in enumerate(marks, start=1):
        path = folder / f"{mark}.zarr.zip"
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DamagedArtifactError(str(path), error.strerror or str(error)) from error
        if found != mark:
            raise DamagedArtifactError(str(path), f"its SHA-256 is {found}; fit again or restore it from a backup")
        report(Progress("checking draws", done, len(marks)))
    return len(marks)
