"""Recording what came of a run although the store is away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import StoreError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.job import JobRun
    from tocsin.usecases.job_ports import RunBook

_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PatientBook:
    """Records what came of a run even where the store is away: it tries until it is back, or the worker stops."""

    book: RunBook
    stopped: threading.Event

    def finish(self, run: JobRun, outcome: str, now: datetime) -> bool:
        """It ended well."""
        return self._insist(lambda: self.book.finish(run, outcome, now))

    def fail(self, run: JobRun, problem: str, now: datetime, again_at: datetime | None) -> bool:
        """It failed."""
        return self._insist(lambda: self.book.fail(run, problem, now, again_at))

    def release(self, run: JobRun, now: datetime) -> bool:
        """Its worker stops."""
        return self._insist(lambda: self.book.release(run, now))

    def _insist(self, record: Callable[[], bool]) -> bool:
        while True:
            try:
                return record()
            except StoreError:
                if self.stopped.wait(_AGAIN_SECONDS):
                    raise
