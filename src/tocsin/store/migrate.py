"""Bringing a store up to date, and refusing one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

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
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    try:
        # The writer's lock comes before the reading: of two processes that start at once, one waits.
        with writing(engine) as connection:
            _refuse_newer(_revision(connection))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
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


def _revision(connection: Connection) -> Revision:
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if head is None:
        msg = f"no migrations in {_SCRIPTS}; install Tocsin again"
        raise StoreError(msg)
    return Revision(MigrationContext.configure(connection).get_current_revision(), head)


def _refuse_newer(found: Revision) -> None:
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if found.current is not None and found.current not in known:
        msg = (
            f"the store is at revision {found.current}, which this Tocsin (up to {found.head}) does not "
            "know: a newer one wrote it. Install that version; tocsin db upgrade only goes forward"
        )
        raise StoreError(msg)
