"""The record of runs of jobs, and of the workers that hold them."""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tocsin.domain.errors import StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.instants import write_instant
from tocsin.domain.job import (
    CLOCK_STEP,
    JobRun,
    State,
    Worker,
    after_expiry,
    expired,
    free_slot,
    next_step,
    order_of,
    ordered,
    retaken,
)
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import job_run as table
from tocsin.store.tables import worker as workers

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNENDED = (State.RUNNING.value, State.OPEN.value)


class JobRecord:
    """The port `JobBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def clock_ahead(self) -> timedelta:
        """By how much a PostgreSQL server's clock is ahead of this machine's; whoever shares a file shares a clock."""
        if self._engine.dialect.name != "postgresql":
            return timedelta()
        with reading(self._engine) as connection:
            before = datetime.now(UTC)
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return theirs - (before + (datetime.now(UTC) - before) / 2)

    def claim(self, job: str, slot: datetime | None, *, owner: str, now: datetime, until: datetime) -> JobRun | None:
        """Take what is to be done about a job by `next_step`, under a lease; None where somebody else has it."""
        try:
            with writing(self._engine) as connection:
                step = next_step(_read(connection, _relevant(job, slot, now)), slot, now)
                if step is None:
                    return None
                for run in step.skipped:
                    problem = f"the slot of {step.slot:%Y-%m-%d %H:%M} UTC came before it could be attempted again"
                    _change(connection, replace(run, state=State.SKIPPED, next_attempt_at=None, problem=problem))
                if step.again is None:
                    run = JobRun(uuid.uuid4().hex, job, step.slot, State.RUNNING, 1, owner, until, now)
                    connection.execute(insert(table), [asdict(run)])
                else:
                    run = retaken(step.again, owner, now, until)
                    _change(connection, run)
                return run
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):  # somebody who takes no writer's lock inserted it first
                return None
            raise

    def order(self, job: str, *, theater: str, actor: str, now: datetime) -> tuple[JobRun, bool]:
        """Put an open run of a job on record, with its event, and whether it is new: one waits or runs at a time."""
        with writing(self._engine) as connection:
            fresh = order_of(uuid.uuid4().hex, job, now)
            run = ordered(_read(connection, _relevant(job, None, now)), fresh)
            if run.id != fresh.id:
                return run, False
            run = replace(run, slot=free_slot(run.slot, lambda slot: _has(connection, job, slot)))
            connection.execute(insert(table), [asdict(run)])
            detail = {"job": job, "slot": write_instant(run.slot)}
            write_events(connection, [Event(EventKind.FIT_ORDERED, now, theater, run.id, actor, detail)])
            return run, True

    def find(self, run: str) -> JobRun | None:
        """The run of that id."""
        with reading(self._engine) as connection:
            return next(iter(_read(connection, select(table).where(table.c.id == run))), None)

    def renew(self, run: JobRun, until: datetime) -> bool:
        """Keep a lease; False where it is lost, so that the work must stop."""
        return self._close(run, leased_until=until)

    def finish(self, run: JobRun, outcome: str, now: datetime) -> bool:
        """It ended well."""
        return self._close(
            run, state=State.DONE, leased_until=None, ended_at=now, outcome=outcome, problem=None, next_attempt_at=None
        )

    def fail(self, run: JobRun, problem: str, now: datetime, again_at: datetime | None) -> bool:
        """It failed; it is open again from an instant on, or given up."""
        state = State.FAILED if again_at is None else State.OPEN
        return self._close(run, state=state, leased_until=None, ended_at=now, problem=problem, next_attempt_at=again_at)

    def release(self, run: JobRun, now: datetime) -> bool:
        """Its worker stops: it is open at once, and the attempt does not count."""
        return self._close(
            run, state=State.OPEN, leased_until=None, ended_at=now, next_attempt_at=now, attempt=run.attempt - 1
        )

    def _close(self, run: JobRun, **changes: object) -> bool:
        """Change a run if the lease that it shows still stands."""
        held = and_(
            table.c.id == run.id,
            table.c.state == State.RUNNING,
            table.c.attempt == run.attempt,
            table.c.owner == run.owner,
        )
        with writing(self._engine) as connection:
            return connection.execute(update(table).where(held).values(**changes)).rowcount == 1

    def sweep(self, now: datetime) -> list[JobRun]:
        """Reopen all runs whose lease has expired, or give them up after too many attempts; as they are then."""
        over = or_(table.c.leased_until <= now, table.c.leased_until > now + CLOCK_STEP)  # as `expired` says
        question = select(table).where(table.c.state == State.RUNNING, over)
        with reading(self._engine) as connection:  # nearly always there are none, and nobody has to wait
            if not _read(connection, question):
                return []
        with writing(self._engine) as connection:
            swept = [after_expiry(run, now) for run in _read(connection, question) if expired(run, now)]
            for run in swept:
                _change(connection, run)
        return swept

    def standing(self, now: datetime) -> list[JobRun]:
        """All runs that are running or open, and the latest of each job not far ahead of the clock (`next_step`)."""
        last = (
            select(table.c.job, func.max(table.c.slot).label("slot"))
            .where(table.c.slot <= now + CLOCK_STEP)
            .group_by(table.c.job)
            .subquery()
        )
        latest = select(table).join(last, and_(table.c.job == last.c.job, table.c.slot == last.c.slot))
        with reading(self._engine) as connection:
            found = [
                *_read(connection, latest),
                *_read(connection, select(table).where(table.c.state.in_(_UNENDED))),
            ]
        return sorted({run.id: run for run in found}.values(), key=lambda run: (run.job, run.slot))

    def last_done(self, job: str) -> JobRun | None:
        """The run of a job's latest slot that ended well; None where none did."""
        done = select(table).where(table.c.job == job, table.c.state == State.DONE)
        with reading(self._engine) as connection:
            return next(iter(_read(connection, done.order_by(table.c.slot.desc()).limit(1))), None)

    def forget(self, before: datetime) -> int:
        """Remove runs that ended, and workers that ticked last, before an instant.

        Of each job the latest stays, and the latest that ended well.
        """
        other = table.alias()
        after = select(other.c.id).where(other.c.job == table.c.job, other.c.slot > table.c.slot)
        later = and_(
            after.exists(), or_(table.c.state != State.DONE, after.where(other.c.state == State.DONE).exists())
        )
        old = and_(table.c.ended_at < before, table.c.state.not_in(_UNENDED), later)
        with writing(self._engine) as connection:
            connection.execute(delete(workers).where(workers.c.ticked_at < before))
            return connection.execute(delete(table).where(old)).rowcount

    def tick(self, worker: Worker) -> None:
        """Write a worker down as it is now."""
        row = asdict(worker)
        with writing(self._engine) as connection:
            known = connection.execute(update(workers).where(workers.c.id == worker.id).values(row)).rowcount
            if not known:
                connection.execute(insert(workers), [row])

    def workers(self) -> list[Worker]:
        """All workers on record, the one that ticked last first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(workers).order_by(workers.c.ticked_at.desc(), workers.c.id))
            return [Worker(**row._mapping) for row in rows]  # noqa: SLF001 (the documented name)


def _relevant(job: str, slot: datetime | None, now: datetime) -> Select[Any]:
    """The runs that `next_step` must know."""
    last = select(func.max(table.c.slot)).where(table.c.job == job, table.c.slot <= now + CLOCK_STEP)
    wanted = [table.c.state.in_(_UNENDED), table.c.slot == last.scalar_subquery()]
    if slot is not None:
        wanted.append(table.c.slot == slot)
    return select(table).where(table.c.job == job, or_(*wanted))


def _has(connection: Connection, job: str, slot: datetime) -> bool:
    question = select(table.c.id).where(table.c.job == job, table.c.slot == slot)
    return connection.execute(question).first() is not None


def _change(connection: Connection, run: JobRun) -> None:
    connection.execute(update(table).where(table.c.id == run.id).values(asdict(run)))


def _read(connection: Connection, question: Select[Any]) -> Sequence[JobRun]:
    return [_run(row) for row in connection.execute(question)]


def _run(row: Row[Any]) -> JobRun:
    fields = dict(row._mapping)  # noqa: SLF001 (the documented name)
    return JobRun(**(fields | {"state": State(row.state)}))
