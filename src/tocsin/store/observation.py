"""The ledger of observations."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from tocsin.domain.errors import InvalidObservationError, StoreError
from tocsin.store.engine import reading, writing
from tocsin.store.observation_row import from_row, to_row
from tocsin.store.supersession import AT_ONCE, broken_changes, first_conflict
from tocsin.store.tables import observation as table
from tocsin.usecases.ports import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from tocsin.domain.observation import Observation

_SUPERSEDED_ONCE = "uq_observation_supersedes"
_CANDIDATES = 10  # more would not help anybody to choose
_AFTER_DIGITS = "z"  # ids are hexadecimal digits, which come before it in every collation


class ObservationLedger:
    """The port `Ledger` on a database.

    What is there already is recognized by fingerprint. So importing a file again never brings back a report
    that was corrected or withdrawn since.
    """

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Write all of them in one transaction, or none.

        InvalidObservationError where `supersedes` names no observation of the same indicator, in the ledger or earlier
        in the batch, or a change has no reason. (A report moves to another indicator by being withdrawn and reported
        anew: otherwise somebody who reads only the first indicator would not see that it was replaced.) ConflictError
        where the named version has been superseded already, or withdraws.
        """
        try:
            return self._record(observations)
        except StoreError as error:
            if not _superseded_meanwhile(error):
                raise
            return self._record(observations)

    def _record(self, observations: Sequence[Observation]) -> Recorded:
        with writing(self._engine) as connection:
            fresh = _fresh(connection, observations)
            changes = list(fresh.values())
            if problems := broken_changes(connection, changes):
                raise InvalidObservationError(problems)
            if conflict := first_conflict(connection, changes):
                raise conflict
            if fresh:
                connection.execute(insert(table), [to_row(item, mark) for mark, item in fresh.items()])
        added = tuple(item.id for item in fresh.values())
        return Recorded(added, known_already=len(observations) - len(added))

    def named(self, beginning: str) -> list[Observation]:
        """The observations whose id is this or begins with it, superseded and withdrawn ones included, ten at most."""
        begun = table.c.id.between(beginning, beginning + _AFTER_DIGITS)
        question = select(table).where(or_(table.c.id == beginning, begun)).order_by(table.c.id).limit(_CANDIDATES)
        with reading(self._engine) as connection:
            found = [from_row(row) for row in connection.execute(question)]
        return [item for item in found if item.id.startswith(beginning)]

    def observations(self, indicators: Collection[str], as_of: datetime) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included.

        In order of day, then instant, then id.
        """
        found: list[Observation] = []
        with reading(self._engine) as connection:
            for names in batched(sorted(set(indicators)), AT_ONCE):
                question = select(table).where(table.c.indicator.in_(names), table.c.recorded_at <= as_of)
                found.extend(from_row(row) for row in connection.execute(question))
        # Sorted here: PostgreSQL orders text by the collation of the database.
        return sorted(found, key=lambda item: (item.observed_on, item.recorded_at, item.id))


def count_by_others(engine: Engine, author: str) -> int:
    """How many observations somebody else than `author` has recorded."""
    question = select(func.count()).select_from(table).where(table.c.author != author)
    with reading(engine) as connection:
        return int(connection.execute(question).scalar_one())


def _superseded_meanwhile(error: StoreError) -> bool:
    """Whether somebody who does not take the writer's lock came between the check and the insert."""
    return isinstance(error.__cause__, IntegrityError) and _SUPERSEDED_ONCE in str(error.__cause__.orig)


def _fresh(connection: Connection, observations: Iterable[Observation]) -> dict[str, Observation]:
    """By fingerprint, what is neither in the ledger nor earlier in the batch."""
    batch: dict[str, Observation] = {}
    for item in observations:
        batch.setdefault(item.fingerprint(), item)
    known: set[str] = set()
    for marks in batched(batch, AT_ONCE):
        known.update(connection.scalars(select(table.c.fingerprint).where(table.c.fingerprint.in_(marks))))
    return {mark: item for mark, item in batch.items() if mark not in known}
