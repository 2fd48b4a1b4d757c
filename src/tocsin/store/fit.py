"""The record of fits, and their draws as files beside the database."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row, insert, select

from tocsin.domain.diagnosis import Diagnosis
from tocsin.domain.errors import DamagedArtifactError, StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.fit import Fit
from tocsin.domain.instants import write_instant
from tocsin.domain.sensitivity import Sensitivity
from tocsin.store.durable import write_durably
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import fit as table

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class FitShelf:
    """The port `FitBook`: rows in a database, draws as `<folder>/<sha256>.zarr.zip`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Use a store whose tables are there already; the folder is made when the first draws come."""
        self._engine = engine
        self._folder = folder

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:
        """Write the draws, then the row: a reader never sees a row whose draws are not whole.

        The same fit again keeps the row that is there and writes the draws anew, which heals a damaged file.
        StoreError where that recipe is recorded with other draws: it should have given the same ones.
        """
        found = hashlib.sha256(draws).hexdigest()
        if found != fit.sha256:
            msg = f"fit {fit.id} states SHA-256 {fit.sha256}, its draws have {found}; nothing was kept"
            raise StoreError(msg)
        self._refuse_other_draws(self.find(fit.id), fit)
        try:
            write_durably(self._path(fit), draws)
        except OSError as error:
            msg = f"the draws of fit {fit.id} could not be written, and no fit was kept: {error}"
            raise StoreError(msg) from error
        with writing(self._engine) as connection:
            there = connection.execute(select(table).where(table.c.id == fit.id)).one_or_none()
            if there is None:
                connection.execute(insert(table), [_row(fit)])
                write_events(connection, [_event_of(fit, actor)])
            else:
                self._refuse_other_draws(read_fit(there), fit)

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id, accepted or not."""
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.id == fit_id)).one_or_none()
        return None if row is None else read_fit(row)

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """The accepted fits whose `as_of` is not after the given one: the latest first, of equals the last recorded."""
        question = (
            select(table)
            .where(table.c.theater == theater, table.c.accepted, table.c.as_of <= as_of)
            # The id only breaks ties, so that the answer repeats.
            .order_by(table.c.as_of.desc(), table.c.recorded_at.desc(), table.c.id)
        )
        with reading(self._engine) as connection:
            return [read_fit(row) for row in connection.execute(question)]

    def recorded(self, theater: str, as_of: datetime) -> list[Fit]:
        """Every fit of a theater recorded by an instant, rejected ones too: the last recorded first."""
        question = select(table).where(table.c.theater == theater, table.c.recorded_at <= as_of)
        with reading(self._engine) as connection:
            found = [read_fit(row) for row in connection.execute(question)]
        # Sorted here, and by id where instants are equal: databases order text differently.
        return sorted(found, key=lambda fit: (fit.recorded_at, fit.id), reverse=True)

    def draws(self, fit: Fit) -> bytes:
        """The stored draws; DamagedArtifactError if they do not match `fit.sha256`."""
        path = self._path(fit)
        try:
            draws = path.read_bytes()
        except OSError as error:
            raise DamagedArtifactError(str(path), error.strerror or str(error)) from error
        found = hashlib.sha256(draws).hexdigest()
        if found != fit.sha256:
            raise DamagedArtifactError(str(path), f"its SHA-256 is {found}; fit again or restore it from a backup")
        return draws

    def _path(self, fit: Fit) -> Path:
        return self._folder / f"{fit.sha256}.zarr.zip"

    @staticmethod
    def _refuse_other_draws(there: Fit | None, fit: Fit) -> None:
        if there is not None and there.sha256 != fit.sha256:
            msg = (
                f"fit {fit.id} is recorded with other draws (SHA-256 {there.sha256}, now {fit.sha256}): the "
                "same recipe gave different numbers, as another processor family can; the recorded fit stays"
            )
            raise StoreError(msg)


def _event_of(fit: Fit, actor: str) -> Event:
    return Event(
        kind=EventKind.FIT_ACCEPTED if fit.accepted else EventKind.FIT_REJECTED,
        at=fit.recorded_at,
        theater=fit.theater,
        subject=fit.id,
        actor=actor,
        detail={"as_of": write_instant(fit.as_of), "rejections": list(fit.rejections)},
    )


def _row(fit: Fit) -> dict[str, Any]:
    return {
        "id": fit.id,
        "theater": fit.theater,
        "as_of": fit.as_of,
        "recorded_at": fit.recorded_at,
        "recipe": fit.recipe,
        "declared": fit.declared,
        "counted": fit.counted,
        "seed": str(fit.seed),
        "accepted": fit.accepted,
        "diagnosis": None if fit.diagnosis is None else json.dumps(asdict(fit.diagnosis)),
        "rejections": json.dumps(fit.rejections, ensure_ascii=False),
        "sensitivity": json.dumps([asdict(found) for found in fit.sensitivity]),
        "sha256": fit.sha256,
        "compile_seconds": fit.compile_seconds,
        "sample_seconds": fit.sample_seconds,
    }


def read_fit(row: Row[Any]) -> Fit:
    """The fit that a row holds; StoreError, with its id, where it holds none."""
    try:
        return _fit_of(row)
    except (AttributeError, TypeError, ValueError) as error:
        msg = f"fit {row.id} cannot be read ({error}); the store was changed by something else than Tocsin"
        raise StoreError(msg) from error


def _fit_of(row: Row[Any]) -> Fit:
    return Fit(
        id=row.id,
        theater=row.theater,
        as_of=row.as_of,
        recorded_at=row.recorded_at,
        recipe=row.recipe,
        declared=row.declared,
        counted=row.counted,
        seed=int(row.seed),
        diagnosis=None if row.diagnosis is None else Diagnosis(**json.loads(row.diagnosis)),
        rejections=tuple(json.loads(row.rejections)),
        sensitivity=tuple(Sensitivity(**found) for found in json.loads(row.sensitivity)),
        sha256=row.sha256,
        compile_seconds=row.compile_seconds,
        sample_seconds=row.sample_seconds,
    )
