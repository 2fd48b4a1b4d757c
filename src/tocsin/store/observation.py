"""The ledger of observations."""

from __future__ import annotations

from dataclasses import replace
from itertools import batched
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from tocsin.domain.errors import InvalidObservationError, StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.store.bearing import read_bearing
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.ledger_page import read_page
from tocsin.store.observation_row import from_row, to_row
from tocsin.store.review_settled import settle_withdrawn
from tocsin.store.supersession import AT_ONCE, broken_changes, first_conflict
from tocsin.store.tables import observation as table
from tocsin.usecases.ports import Progress, Recorded, in_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.usecases.ports import LedgerPlace, LedgerQuestion, Stood

_SUPERSEDED_ONCE = "uq_observation_supersedes"
_ROWS_AT_ONCE = 5_000  # each insert is told of; larger ones are no faster
_NAMED = 50  # ids that an event lists; of more, whoever follows reads the ledger
_CANDIDATES = 10  # more would not help anybody to choose
_AFTER_DIGITS = "z"  # ids are hexadecimal digits, which come before it in every collation


class ObservationLedger:
    """The port `Ledger` on a database.

    What is there already is recognized by fingerprint. So importing a file again never brings back a report
    that was corrected or withdrawn since.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] | None = None) -> None:
        """Use a store; its tables must be there already.

        With a clock, what is recorded counts as known, or as written down, from the instant at which the writer's turn
        came, and not from an earlier one that it bears: whoever read the ledger while another was writing, as of an
        instant before that turn, reads the same again later.
        """
        self._engine = engine
        self._clock = clock

    def record(self, observations: Sequence[Observation], report: Callable[[Progress], None] = in_silence) -> Recorded:
        """Write all of them in one transaction, or none; what `report` raises undoes it.

        InvalidObservationError where `supersedes` names no observation of the same indicator, in the ledger or earlier
        in the batch, or a change has no reason. (A report moves to another indicator by being withdrawn and reported
        anew: otherwise somebody who reads only the first indicator would not see that it was replaced.) ConflictError
        where the named version has been superseded already, or withdraws.
        """
        try:
            return self._record(observations, report)
        except StoreError as error:
            if not _superseded_meanwhile(error):
                raise
            return self._record(observations, report)

    def _record(self, observations: Sequence[Observation], report: Callable[[Progress], None]) -> Recorded:
        with writing(self._engine) as connection:
            turn = None if self._clock is None else self._clock()
            written = list(observations) if turn is None else [item.written_from(turn) for item in observations]
            recorded = record_in(connection, written, report)
            for item in written:
                if item.withdrawn and item.id in recorded.added:
                    settle_withdrawn(connection, item)
            return replace(recorded, turn=turn)

    def await_writers(self) -> None:
        """Wait until whoever is writing has committed; see the port."""
        with writing(self._engine):
            pass

    def held(self, observations: Sequence[Observation]) -> frozenset[str]:
        """The fingerprints of those whose content is in the ledger already, whatever became of it."""
        with reading(self._engine) as connection:
            return frozenset(_held(connection, {item.fingerprint() for item in observations}))

    def named(self, beginning: str) -> list[Observation]:
        """The observations whose id is this or begins with it, superseded and withdrawn ones included, ten at most."""
        begun = table.c.id.between(beginning, beginning + _AFTER_DIGITS)
        question = select(table).where(or_(table.c.id == beginning, begun)).order_by(table.c.id).limit(_CANDIDATES)
        with reading(self._engine) as connection:
            found = [from_row(row) for row in connection.execute(question)]
        return [item for item in found if item.id.startswith(beginning)]

    def observations(
        self,
        indicators: Collection[str],
        as_of: datetime,
        since: date | None = None,
        origins: Collection[str] = (),
    ) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included.

        With `since`, what has a bearing on the days from it on; see the port. In order of day, then instant, then id.
        """
        names = frozenset(indicators)
        with reading(self._engine) as connection:
            found = read_bearing(connection, names, as_of, since, origins)
        # Sorted here: PostgreSQL orders text by the collation of the database.
        return sorted(found, key=lambda item: (item.observed_on, item.recorded_at, item.id))

    def page(self, asked: LedgerQuestion, after: LedgerPlace | None, limit: int) -> list[Stood]:
        """At most `limit` of the observations asked for that come after a place; see the port."""
        with reading(self._engine) as connection:
            return read_page(connection, asked, after, limit)

    def written(
        self, indicators: Collection[str], as_of: datetime, after: datetime | None
    ) -> tuple[datetime, datetime] | None:
        """When the first and the last about these indicators were written down by an instant and after another."""
        at = func.coalesce(table.c.entered_at, table.c.recorded_at)  # as `Observation.written_at`
        known = and_(table.c.recorded_at <= as_of, at <= as_of)
        found: list[tuple[datetime, datetime]] = []
        with reading(self._engine) as connection:
            for names in batched(sorted(set(indicators)), AT_ONCE):
                question = select(func.min(at), func.max(at)).where(table.c.indicator.in_(names), known)
                first, last = connection.execute(question if after is None else question.where(at > after)).one()
                if first is not None:
                    found.append((first, last))
        return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def record_in(
    connection: Connection, observations: Sequence[Observation], report: Callable[[Progress], None] = in_silence
) -> Recorded:
    """Write observations as `ObservationLedger.record` does, as part of a transaction that writes more."""
    fresh = _fresh(connection, observations)
    changes = list(fresh.values())
    if problems := broken_changes(connection, changes):
        raise InvalidObservationError(problems)
    if conflict := first_conflict(connection, changes):
        raise conflict
    done = 0
    for rows in batched(fresh.items(), _ROWS_AT_ONCE):
        report(Progress("recording", done, len(fresh)))
        connection.execute(insert(table), [to_row(item, mark) for mark, item in rows])
        done += len(rows)
    if fresh:
        write_events(connection, [_event_of(changes)])
        report(Progress("recording", done, len(fresh)))
    return Recorded(tuple(item.id for item in changes), known_already=len(observations) - len(changes))


def _event_of(changes: Sequence[Observation]) -> Event:
    return Event(
        kind=EventKind.OBSERVATIONS_RECORDED,
        at=max(item.written_at for item in changes),
        theater="",
        subject=changes[0].id,
        actor=changes[0].author,
        detail={
            "added": len(changes),
            "ids": [item.id for item in changes[:_NAMED]],
            "indicators": sorted({item.indicator for item in changes}),
        },
    )


def _superseded_meanwhile(error: StoreError) -> bool:
    """Whether somebody who does not take the writer's lock came between the check and the insert."""
    return isinstance(error.__cause__, IntegrityError) and _SUPERSEDED_ONCE in str(error.__cause__.orig)


def _fresh(connection: Connection, observations: Iterable[Observation]) -> dict[str, Observation]:
    """By fingerprint, what is neither in the ledger nor earlier in the batch."""
    batch: dict[str, Observation] = {}
    for item in observations:
        batch.setdefault(item.fingerprint(), item)
    known = _held(connection, batch)
    return {mark: item for mark, item in batch.items() if mark not in known}


def _held(connection: Connection, fingerprints: Iterable[str]) -> set[str]:
    known: set[str] = set()
    for marks in batched(fingerprints, AT_ONCE):
        known.update(connection.scalars(select(table.c.fingerprint).where(table.c.fingerprint.in_(marks))))
    return known
