"""Damage to a store that no trigger and no foreign key refuses, as a careless hand or a bad disk does it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import text

from tocsin.store.engine import writing

if TYPE_CHECKING:
    from sqlalchemy import Engine


def damage(engine: Engine, *statements: str) -> None:
    """Run SQL with triggers and references out of force; both are in force again afterwards."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement))
        return
    engine.dispose()
    with closing(sqlite3.connect(str(engine.url.database))) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
