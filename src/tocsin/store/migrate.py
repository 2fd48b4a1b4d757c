"""Bringing a store up to date, and refusing one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from tocsin.domain.errors import StoreError
from tocsin.store.engine import open_engine, reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Revision:
    """Which revision a store is at (None where it is empty) and which one this Tocsin needs."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """The store has exactly the tables that this Tocsin uses."""
        return self.current == self.head


def upgrade(store: Engine | str) -> Revision:
    """Bring a store, given by engine or address, to the newest revision, all at once; again does nothing."""
    engine = open_engine(store) if isinstance(store, str) else store
    try:
        # The writer's lock comes before the reading: of two processes that start at once, one waits.
        with writing(engine, unhurried=True) as connection:
            found = _revision(connection)
            _refuse_newer(found)
            if found.up_to_date:
                return found
            _migrate(connection)
            return _revision(connection)
    finally:
        if isinstance(store, str):
            engine.dispose()


def revision(engine: Engine) -> Revision:
    """The revision that a store is at, beside the one needed."""
    with reading(engine) as connection:
        return _revision(connection)


def require_current(engine: Engine) -> None:
    """StoreError, with what to do, unless the store is at the revision that this Tocsin needs."""
    found = revision(engine)
    _refuse_newer(found)
    if not found.up_to_date:
        at = "is empty" if found.current is None else f"is at revision {found.current}"
        msg = f"the store {at}, this Tocsin needs {found.head}; run: tocsin db upgrade"
        raise StoreError(msg)


def _migrate(connection: Connection) -> None:
    # Imported here: Alembic takes a while to load, and most stores are up to date.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _known() -> list[str]:
    """The revisions that this Tocsin knows, oldest first: each is what the name of its file begins with."""
    return sorted(path.stem.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[!_]*.py"))


def _revision(connection: Connection) -> Revision:
    known = _known()
    if not known:
        msg = f"no migrations in {_SCRIPTS}; install Tocsin again"
        raise StoreError(msg)
    versioned = inspect(connection).has_table("alembic_version")
    at = text("SELECT version_num FROM alembic_version")
    return Revision(connection.execute(at).scalar_one_or_none() if versioned else None, known[-1])


def _refuse_newer(found: Revision) -> None:
    if found.current is not None and found.current not in _known():
        msg = (
            f"the store is at revision {found.current}, which this Tocsin (up to {found.head}) does not "
            "know: a newer one wrote it. Install that version; tocsin db upgrade only goes forward"
        )
        raise StoreError(msg)
