"""One worker process, from its start to its stop."""

from __future__ import annotations

import os
import platform
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from tocsin.domain.job import Worker
from tocsin.jobs.clock import keep_time
from tocsin.jobs.runner import Means, Runner, in_a_thread
from tocsin.usecases.run_job import Lane

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from tocsin.jobs.alarm import Alarm
    from tocsin.settings import Settings
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.run_job import Job

_OTHERS_AT_ONCE = 4


def run_worker(
    timetable: Sequence[Job], book: JobBook, settings: Settings, stopped: threading.Event, alarm: Alarm
) -> bool:
    """Run what is due, and ring and send alerts, until `stopped` is set; whether everything that ran had ended then.

    Where it had not, the caller must end the process at once: threads still compute, for nobody.
    """
    now = datetime.now(UTC)
    worker = Worker(uuid.uuid4().hex[:12], platform.node(), os.getpid(), now, now)
    lease = timedelta(seconds=settings.lease_seconds)
    runner = Runner(
        timetable,
        worker,
        Means(book, lambda: datetime.now(UTC), time.monotonic, in_a_thread),
        lease=lease,
        room={Lane.FITS: settings.fit_processes, Lane.OTHER: _OTHERS_AT_ONCE},
    )
    log = structlog.get_logger("tocsin.jobs").bind(worker=worker.id)
    log.info("worker started", host=worker.host, pid=worker.pid, jobs=len(timetable))
    beside = alarm.start(stopped)
    ended = keep_time(runner, stopped, tick_seconds=settings.tick_seconds, lease=lease, beside=beside)
    log.info("worker stopped")
    return ended
