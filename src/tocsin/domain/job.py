"""Runs of jobs: who may run what, for how long, and what becomes of a run that failed or was left behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ATTEMPTS = 5
"""After how many attempts a run is given up; one that its worker did not survive counts as one."""
CLOCK_STEP = timedelta(hours=2)
"""How far a clock is believed to have been ahead. A later slot is not overtaken by an earlier one within this; slots
further ahead were made by a clock that was wrong, and do not hold anything up. No lease is as long, so one that ends
later was given by such a clock too."""

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_RENEWALS = 4  # in each lease, so that a renewal may fail or wait for another writer without the lease being lost
_PATIENCE = 4  # attempts at each of them, so that one busy store is asked often and not waited for once


class State(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    """A worker holds it under a lease."""
    OPEN = "open"
    """Nobody holds it: it is attempted again from `next_attempt_at` on."""
    DONE = "done"
    """It ended well."""
    FAILED = "failed"
    """It failed and is not attempted again."""
    SKIPPED = "skipped"
    """A later slot came before it could be attempted again, and stands for it."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of one slot of a job.

    Attributes:
        id: Its id, kept through all attempts.
        job: Name of the job.
        slot: The slot; of one job and slot there is one run.
        state: Where it stands.
        attempt: Which attempt this is, from 1; together with `owner` it tells one lease from another.
        owner: Id of the worker that holds it or held it last.
        leased_until: When the lease expires; None where nobody holds it.
        started_at: When this attempt began.
        ended_at: When the last attempt ended; None while it runs.
        next_attempt_at: From when on it may be attempted again; None unless it is open.
        outcome: What came of it; None unless it is done.
        problem: Why the last attempt that failed did so, or why it was skipped; None where nothing went wrong.
    """

    id: str
    job: str
    slot: datetime
    state: State
    attempt: int
    owner: str
    leased_until: datetime | None
    started_at: datetime
    ended_at: datetime | None = None
    next_attempt_at: datetime | None = None
    outcome: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that runs jobs; `ticked_at` is when it last looked what is due."""

    id: str
    host: str
    pid: int
    started_at: datetime
    ticked_at: datetime
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next about a job: begin a slot, or attempt an open run `again`; `skipped` are overtaken by that."""

    slot: datetime
    again: JobRun | None
    skipped: tuple[JobRun, ...]


def next_step(runs: Sequence[JobRun], slot: datetime | None, now: datetime) -> Step | None:
    """What to do about a job, or None where there is nothing to do now.

    Args:
        runs: Of the job, all that are running or open, the one of this slot, and the latest that is not more than
            CLOCK_STEP ahead of the clock; others do no harm.
        slot: The slot that is due; None where none is.
        now: The instant.
    """
    if any(run.state is State.RUNNING for run in runs):
        return None  # one at a time; a lease that has expired is for the sweep to reopen
    standing = [run for run in runs if run.slot <= now + CLOCK_STEP or run.slot == slot]
    latest = max(standing, key=lambda run: run.slot, default=None)
    if slot is not None and (latest is None or latest.slot < slot):
        return Step(slot, None, _open_before(runs, slot))
    if latest is None or latest.state is not State.OPEN:
        return None
    if latest.next_attempt_at is not None and latest.next_attempt_at > now:
        return None
    return Step(latest.slot, latest, _open_before(runs, latest.slot))


def ordered(runs: Sequence[JobRun], fresh: JobRun) -> JobRun:
    """The run that an order stands for: one that runs or is open already, or else a fresh one.

    It is of a slot after all others that `next_step` heeds, so that none of them stands for it.

    Args:
        runs: As for `next_step`.
        fresh: An open run for a slot of this instant, which nobody has attempted.
    """
    near = [run for run in runs if run.slot <= fresh.slot + CLOCK_STEP or run.state is State.RUNNING]
    unended = [run for run in near if run.state in {State.RUNNING, State.OPEN}]
    if unended:
        return max(unended, key=lambda run: (run.state is State.RUNNING, run.slot))
    last = max((run.slot for run in near), default=None)
    return fresh if last is None or last < fresh.slot else replace(fresh, slot=last + timedelta(microseconds=1))


def free_slot(slot: datetime, taken: Callable[[datetime], bool]) -> datetime:
    """The first instant from a slot on that no run of the job has.

    What a clock that was ahead has left just beyond what `ordered` heeds is passed over.
    """
    while taken(slot):
        slot += timedelta(microseconds=1)
    return slot


def order_of(name: str, job: str, now: datetime) -> JobRun:
    """An open run of a job that is wanted now: whoever looks next what is due takes it up."""
    return JobRun(name, job, now, State.OPEN, 0, "", None, now, next_attempt_at=now)


def _open_before(runs: Sequence[JobRun], slot: datetime) -> tuple[JobRun, ...]:
    return tuple(run for run in runs if run.state is State.OPEN and run.slot < slot)


def given_up(runs: Sequence[JobRun], now: datetime, started_at: datetime | None) -> datetime | None:
    """The slot of a job's latest run where that was given up since a worker was started; None where it was not.

    Args:
        runs: Of the job, at least the latest that is not far ahead of the clock.
        now: The instant.
        started_at: When the worker was started, as what was wrong may have been mended then; None for never.
    """
    last = max((run for run in runs if run.slot <= now + CLOCK_STEP), key=lambda run: run.slot, default=None)
    if last is None or last.state is not State.FAILED:
        return None
    return None if started_at is not None and last.started_at < started_at else last.slot


def reopened_at(attempt: int, now: datetime, jitter: float, wait_seconds: float | None = None) -> datetime | None:
    """When to try again after an attempt that failed; None where it is given up.

    Waits double from half a minute to an hour, and a random part of the second half of each is left out, so that
    workers that failed together do not come back together.

    Args:
        attempt: Which attempt failed, from 1.
        now: When it failed.
        jitter: Uniform in [0, 1).
        wait_seconds: What an upstream asked us to wait, where it did: we never come earlier.
    """
    if attempt >= ATTEMPTS:
        return None
    doubled = min(_LONGEST_WAIT, _FIRST_WAIT * (1 << (attempt - 1)))
    wait = doubled * (1.0 - 0.5 * jitter)
    return now + max(wait, timedelta(seconds=0.0 if wait_seconds is None else wait_seconds))


def expired(run: JobRun, now: datetime) -> bool:
    """It may be given to another: its worker has not renewed its lease, or a clock that was far ahead gave it.

    A worker that is there after all renews a lease of a wrong clock before anybody sweeps.
    """
    if run.state is not State.RUNNING or run.leased_until is None:
        return False
    return not now < run.leased_until <= now + CLOCK_STEP


def after_expiry(run: JobRun, now: datetime) -> JobRun:
    """A run whose lease has expired, as it stands then: open at once, or given up after too many attempts."""
    again = run.attempt < ATTEMPTS
    return replace(
        run,
        state=State.OPEN if again else State.FAILED,
        leased_until=None,
        ended_at=now,
        next_attempt_at=now if again else None,
        problem=f"worker {run.owner} did not renew its lease: it was killed, or this machine or the store was away",
    )


def retaken(run: JobRun, owner: str, now: datetime, until: datetime) -> JobRun:
    """An open run, attempted again by a worker under a new lease."""
    return replace(
        run,
        state=State.RUNNING,
        attempt=run.attempt + 1,
        owner=owner,
        leased_until=until,
        started_at=now,
        ended_at=None,
        next_attempt_at=None,
    )


def renewal_seconds(lease: timedelta) -> float:
    """How often a lease of that length is renewed."""
    return lease.total_seconds() / _RENEWALS


def patience_seconds(lease: timedelta) -> float:
    """How long to wait for a store in which somebody else is writing before a renewal is tried anew.

    Others wait for half a minute, which is most of a lease; and whoever waits for one run keeps no other.
    """
    return renewal_seconds(lease) / _PATIENCE
