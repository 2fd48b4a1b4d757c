"""What is wanted, looked into aside: to read the odds of a theater takes seconds, in which nothing else may wait."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from tocsin.domain.errors import TocsinError
from tocsin.jobs.due import due_slot, looked_into

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.usecases.run_job import Job


class Wants:
    """Looks into what jobs want, once in each check and one look at a time, and keeps the slots that it found."""

    def __init__(self, start: Callable[[Callable[[], None]], object], worker: str) -> None:
        """Nothing has been looked into; `start` starts a function elsewhere."""
        self._start = start
        self._lock = threading.Lock()
        self._looking = False
        self._round = 0
        self._looked: dict[str, datetime] = {}
        self._found: dict[str, datetime] = {}
        self._log = structlog.get_logger("tocsin.jobs").bind(worker=worker)

    def look(self, jobs: Sequence[tuple[Job, datetime | None]], now: datetime) -> None:
        """Begin to look into those that were not looked into in this check, unless a look is under way.

        With each job comes the slot for which it was given up last; see `wanted_slot`.
        """
        with self._lock:
            fresh = [(job, slot) for job, slot in jobs if self._looked.get(job.name) != looked_into(job, now)]
            if self._looking or not fresh:
                return
            self._looking = True
            self._looked.update((job.name, looked_into(job, now)) for job, _ in fresh)
            number = self._round
        self._start(lambda: self._look(fresh, now, number))

    def take(self, job: Job) -> datetime | None:
        """The slot that was found for a job and not taken yet; None where none was."""
        with self._lock:
            return self._found.pop(job.name, None)

    def forget(self) -> None:
        """After a clock step: what was found, or is being looked for, is by a clock that was wrong."""
        with self._lock:
            self._round += 1
            self._looked.clear()
            self._found.clear()

    def _look(self, jobs: Sequence[tuple[Job, datetime | None]], now: datetime, number: int) -> None:
        try:
            for job, given_up in jobs:
                slot = self._slot(job, now, given_up)
                with self._lock:
                    if slot is not None and number == self._round:
                        self._found[job.name] = slot
        finally:
            with self._lock:
                self._looking = False

    def _slot(self, job: Job, now: datetime, given_up: datetime | None) -> datetime | None:
        try:
            return due_slot(job, now, given_up)
        except TocsinError as error:
            self._log.error("cannot tell whether it is wanted", job=job.name, problem=str(error))
        except Exception:  # noqa: BLE001 (whatever is wrong with one, the others are looked into)
            self._log.exception("cannot tell whether it is wanted", job=job.name)
        return None
