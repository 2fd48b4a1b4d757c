"""What is due: the slot of each job, from its schedule or from what it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.slot import Every, OnNeed, OnOrder, latest_slot, wanted_slot

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.usecases.run_job import Job


def due_slot(job: Job, now: datetime, given_up: datetime | None = None) -> datetime | None:
    """The slot of a job that is due at an instant; None where none is. For `given_up` see `wanted_slot`."""
    if isinstance(job.schedule, OnOrder):
        return None
    if not isinstance(job.schedule, OnNeed):
        return latest_slot(job.schedule, now)
    want = None if job.want is None else job.want(now)
    return None if want is None else wanted_slot(job.schedule, want, now, given_up)


def looked_into(job: Job, now: datetime) -> datetime:
    """The instant that stands for all at which a job is looked into alike: its slot, or the check that has begun."""
    schedule = job.schedule
    if isinstance(schedule, OnOrder):
        return now
    return latest_slot(Every(schedule.check) if isinstance(schedule, OnNeed) else schedule, now)
