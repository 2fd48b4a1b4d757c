"""A piece of work seen through in an executor: tried again when it breaks down, and stopped at its limits."""

from __future__ import annotations

import queue
import random
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FitInterruptedError, SamplerFailedError
from tocsin.executor.retry import conclude, wait_before_next
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.executor.work import Work
    from tocsin.usecases.ports import Progress

_POLL_SECONDS = 0.1


def see_through[T](
    order: Callable[[], Work[T]],
    *,
    deadline_seconds: float,
    cancelled: Callable[[], bool],
    report: Callable[[Progress], None],
    log: Any,  # noqa: ANN401 (structlog has no one type for its loggers)
) -> tuple[T, int]:
    """Order work and wait for it in this thread, anew where it breaks down; what it gives, and at which attempt.

    Args:
        order: Hands the work in, at each attempt.
        deadline_seconds: How long it may take from when it is taken up, over all attempts.
        cancelled: Asked several times a second.
        report: Told how far it has come.
        log: Told of failures.

    Raises:
        FitInterruptedError: The deadline passed, or it was cancelled.
        SamplerFailedError: It broke down each time that it was tried.
        TocsinError: What the work itself refuses.
    """
    clock = _Clock()
    limits = Limits(deadline_seconds, cancelled, clock.elapsed)
    failures: list[Exception] = []
    while True:
        limits.check()
        work = order()
        try:
            return _await(work, clock, limits, report), len(failures) + 1
        except Exception as error:  # which of them are worth another attempt is the policy's to say
            failures.append(error)
            wait = wait_before_next(failures, random.random())  # noqa: S311 - it only spreads the attempts
            log.warning("fit failed", attempt=len(failures), reason=str(error), again_in_seconds=wait)
            if wait is None:
                raise conclude(failures) from error
            _pause(wait, limits)


class _Clock:
    """Seconds since the first attempt was taken up by a process; 0 before, as waiting in the queue is no fault."""

    def __init__(self) -> None:
        self._began: float | None = None

    def follow(self, work: Work[Any]) -> None:
        """Begin when this work has begun, where nothing began earlier."""
        if self._began is None and work.elapsed > 0:
            self._began = time.monotonic() - work.elapsed

    def elapsed(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began


def _await[T](work: Work[T], clock: _Clock, limits: Limits, report: Callable[[Progress], None]) -> T:
    """What the work gives. Where a limit is met, it is stopped; FitInterruptedError then says which limit it was."""
    try:
        while True:
            with suppress(queue.Empty):
                progress = work.reports.get(timeout=_POLL_SECONDS)
                if progress is None:
                    return _result(work)
                report(progress)
            clock.follow(work)
            limits.check()
    except FitInterruptedError as interrupted:
        work.stop()
        with suppress(FitInterruptedError, SamplerFailedError):
            return _result(work)  # it ended while it was being stopped, and is recorded
        raise interrupted from None
    finally:
        work.stop()


def _result[T](work: Work[T]) -> T:
    try:
        return work.result()
    except CancelledError as error:  # it never began
        raise FitInterruptedError("it was cancelled") from error


def _pause(seconds: float, limits: Limits) -> None:
    """Wait, unless a limit is met."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        limits.check()
        time.sleep(min(left, _POLL_SECONDS))
