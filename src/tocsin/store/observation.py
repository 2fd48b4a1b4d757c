"""The ledger of observations."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from tocsin.domain.errors import InvalidObservationError, Problem, StoreError
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Observation
from tocsin.store.engine import reading, writing
from tocsin.store.tables import observation as table
from tocsin.usecases.ports import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

_AT_ONCE = 500  # names in one question: databases limit them, the strictest build of SQLite to 999


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

        InvalidObservationError where `supersedes` names no observation of the same indicator, in the ledger
        or earlier in the batch. (A report moves to another indicator by being withdrawn and reported anew:
        otherwise somebody who reads only the first indicator would not see that it was replaced.)
        """
        with writing(self._engine) as connection:
            fresh = _fresh(connection, observations)
            if problems := _broken_references(connection, fresh.values()):
                raise InvalidObservationError(problems)
            if fresh:
                connection.execute(insert(table), [_row(item, mark) for mark, item in fresh.items()])
        added = tuple(item.id for item in fresh.values())
        return Recorded(added, known_already=len(observations) - len(added))

    def observations(self, indicators: Collection[str], as_of: datetime) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included.

        In order of day, then instant, then id.
        """
        found: list[Observation] = []
        with reading(self._engine) as connection:
            for names in batched(sorted(set(indicators)), _AT_ONCE):
                question = select(table).where(table.c.indicator.in_(names), table.c.recorded_at <= as_of)
                found.extend(_observation(row) for row in connection.execute(question))
        # Sorted here: PostgreSQL orders text by the collation of the database.
        return sorted(found, key=lambda item: (item.observed_on, item.recorded_at, item.id))


def count_by_others(engine: Engine, author: str) -> int:
    """How many observations somebody else than `author` has recorded."""
    question = select(func.count()).select_from(table).where(table.c.author != author)
    with reading(engine) as connection:
        return int(connection.execute(question).scalar_one())


def _fresh(connection: Connection, observations: Iterable[Observation]) -> dict[str, Observation]:
    """By fingerprint, what is neither in the ledger nor earlier in the batch."""
    batch: dict[str, Observation] = {}
    for item in observations:
        batch.setdefault(item.fingerprint(), item)
    known: set[str] = set()
    for marks in batched(batch, _AT_ONCE):
        known.update(connection.scalars(select(table.c.fingerprint).where(table.c.fingerprint.in_(marks))))
    return {mark: item for mark, item in batch.items() if mark not in known}


def _broken_references(connection: Connection, fresh: Iterable[Observation]) -> list[Problem]:
    """A problem for each `supersedes` that names no earlier observation of the same indicator."""
    items = list(fresh)
    named = sorted({item.supersedes for item in items if item.supersedes is not None})
    indicator_of: dict[str, str] = {}
    for ids in batched(named, _AT_ONCE):
        question = select(table.c.id, table.c.indicator).where(table.c.id.in_(ids))
        indicator_of.update((row.id, row.indicator) for row in connection.execute(question))
    problems: list[Problem] = []
    for item in items:
        if item.supersedes is not None and indicator_of.get(item.supersedes) != item.indicator:
            accepted = f"the id of an observation of {item.indicator} that is in the ledger"
            problems.append(Problem("", None, "supersedes", repr(item.supersedes), accepted))
        indicator_of[item.id] = item.indicator
    return problems


def _row(item: Observation, fingerprint: str) -> dict[str, Any]:
    return {
        "id": item.id,
        "fingerprint": fingerprint,
        "indicator": item.indicator,
        "observed_on": item.observed_on,
        "value": item.value,
        "grade": str(item.grade),
        "origin": item.origin,
        "summary": item.summary,
        "source": item.source,
        "author": item.author,
        "recorded_at": item.recorded_at,
        "entered_at": item.entered_at,
        "coverage": item.coverage,
        "supersedes": item.supersedes,
        "withdrawn": item.withdrawn,
    }


def _observation(row: Row[Any]) -> Observation:
    content = dict(row._mapping)  # noqa: SLF001 (public: the underscore keeps it clear of column names)
    del content["fingerprint"]
    grade = parse_grade(content.pop("grade"))
    if grade is None:
        msg = f"observation {row.id} holds no grade; the store was changed by something else than Tocsin"
        raise StoreError(msg)
    return Observation(grade=grade, **content)
