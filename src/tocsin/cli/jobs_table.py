"""The timetable and the workers as tables and as JSON."""

from __future__ import annotations

import json
from datetime import datetime

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.instants import show_age, write_instant
from tocsin.domain.job import JobRun, State, Worker
from tocsin.domain.slot import Want
from tocsin.usecases.list_jobs import Entry, Listing


def listing_json(listing: Listing, now: datetime) -> str:
    """The listing as one JSON object."""
    return json.dumps(
        {
            "now": write_instant(now),
            "jobs": [_entry_object(entry) for entry in listing.entries],
            "workers": [_worker_object(item) for item in listing.workers],
        },
        indent=2,
    )


def _entry_object(entry: Entry) -> dict[str, object]:
    return {
        "job": entry.job.name,
        "schedule": str(entry.job.schedule),
        "why": entry.job.why,
        "wanted": None if entry.want is None else entry.want.reason,
        "problem": entry.problem,
        "due_at": _iso(entry.due_at),
        "last": None if entry.last is None else _run_object(entry.last),
    }


def _run_object(run: JobRun) -> dict[str, object]:
    return {
        "id": run.id,
        "slot": write_instant(run.slot),
        "state": run.state.value,
        "attempt": run.attempt,
        "worker": run.owner,
        "leased_until": _iso(run.leased_until),
        "started_at": write_instant(run.started_at),
        "ended_at": _iso(run.ended_at),
        "next_attempt_at": _iso(run.next_attempt_at),
        "outcome": run.outcome,
        "problem": run.problem,
    }


def _worker_object(worker: Worker) -> dict[str, object]:
    return {
        "id": worker.id,
        "host": worker.host,
        "pid": worker.pid,
        "started_at": write_instant(worker.started_at),
        "ticked_at": write_instant(worker.ticked_at),
        "stopped_at": _iso(worker.stopped_at),
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else write_instant(instant)


def print_listing(listing: Listing, now: datetime) -> None:
    """The timetable, why each job is in it and what came of it last, and the workers."""
    table = start_table(["job", "when", "next due", "last"], left={"job", "when", "next due", "last"})
    notes: list[str] = []
    for entry in listing.entries:
        table.add_row(entry.job.name, str(entry.job.schedule), _due(entry, now), _last(entry.last, now))
        notes += _notes(entry)
    print_table(f"the timetable at {now:%Y-%m-%d %H:%M:%S} UTC", table, notes)
    workers = start_table(["worker", "host", "process", "last tick", "state"], left={"worker", "host", "state"})
    for item in listing.workers:
        state = "at work" if item.stopped_at is None else "stopped"
        workers.add_row(item.id, item.host, str(item.pid), _ago(item.ticked_at, now), state)
    none = [] if listing.workers else ["no worker has run on this store yet; run: tocsin worker"]
    print_table("workers", workers, none)


def _notes(entry: Entry) -> list[str]:
    lines = [f"{entry.job.name}: {entry.job.why}"]
    if entry.want is not None:
        lines.append(f"  wanted: {entry.want.reason}")
    if entry.problem is not None:
        lines.append(f"  cannot be told whether it is wanted: {entry.problem}")
    if entry.last is not None and (said := entry.last.problem or entry.last.outcome) is not None:
        lines.append(f"  last: {said}")
    return lines


def _due(entry: Entry, now: datetime) -> str:
    if entry.last is not None and entry.last.state is State.RUNNING:
        return "running"
    if entry.due_at is None:
        return "when wanted" if entry.want is None else _wait(entry.want, entry.last)
    return "now" if entry.due_at <= now else f"in {show_age((entry.due_at - now).total_seconds())}"


def _wait(want: Want, last: JobRun | None) -> str:
    """For what a job that is wanted waits: for a batch to end or, once it was given up for what it had, for more."""
    spent = last is not None and last.state is State.FAILED and (want.last_news is None or want.last_news <= last.slot)
    return "once more comes in" if spent else "once no more comes in"


def _last(run: JobRun | None, now: datetime) -> str:
    if run is None:
        return "never"
    if run.state is State.RUNNING and run.leased_until is not None:
        lease = (run.leased_until - now).total_seconds()
        left = f"lease {show_age(lease)} more" if lease > 0 else "lease expired"
        return f"running by {run.owner}, {left}"
    tries = f", attempt {run.attempt}" if run.attempt > 1 else ""
    return f"{run.state} {_ago(run.ended_at or run.started_at, now)}{tries}"


def _ago(instant: datetime, now: datetime) -> str:
    # A clock that was set back shows instants that are still to come.
    seconds = (now - instant).total_seconds()
    return f"{show_age(seconds)} ago" if seconds >= 0 else f"{show_age(-seconds)} ahead of this clock"
