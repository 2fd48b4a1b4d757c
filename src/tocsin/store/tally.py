"""How much a store holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, func, select

from tocsin.store.engine import reading
from tocsin.store.migrate import require_current
from tocsin.store.tables import fit, observation, publication
from tocsin.usecases.ports import Counts

if TYPE_CHECKING:
    from sqlalchemy import Table


class StoreTally:
    """The port `Tally` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store."""
        self._engine = engine

    def require_current(self) -> None:
        """StoreError where the store cannot be reached, or its tables are not those of this program."""
        require_current(self._engine)

    def counts(self) -> Counts:
        """How many of each there are: the whole ledger is counted, which takes some tens of milliseconds a million."""
        with reading(self._engine) as connection:

            def count(table: Table) -> int:
                return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

            return Counts(count(observation), count(fit), count(publication))
