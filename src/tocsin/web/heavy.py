"""Work that takes seconds and much room: a little at once, none twice, a line before it, an end where nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tocsin.domain.errors import ServerBusyError, WorkStoppedError
from tocsin.usecases.desk_recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from fastapi import Request

    from tocsin.domain.access import Principal
    from tocsin.usecases.ports import Progress

AT_ONCE = 2
"""Pieces of work under way, each in a thread of its own; there is no use in more than there are processors."""
MOST_WAITING = 8
"""Pieces of work in line; whoever comes then is told to come back."""
MOST_OF_ONE = 4
"""Pieces of work, under way and in line, of one account or key: nobody fills the line alone."""
RETRY_SECONDS = 5
MOST_KEPT = 32
"""Results that are kept for whoever asks for the same; a ranking of all indicators takes some 350 KiB."""
_STOPPED = "this process stops, or whoever asked has gone; ask again"
_LOOK_SECONDS = 0.25  # how often it is seen whether whoever asked still waits


@dataclass(eq=False, slots=True)
class _Task:
    """A piece of work, whose it is, how many wait for it, and what came of it."""

    owner: str
    mark: Hashable
    work: Callable[[Callable[[Progress], None]], Any]
    context: Context
    waiting: int = 1
    found: Future[Any] = field(default_factory=Future)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.found.set_running_or_notify_cancel()  # whoever waits no longer does not take it from the others

    def report(self, _: Progress) -> None:
        if self.stopped.is_set():
            raise WorkStoppedError(_STOPPED)


class HeavyWork:
    """The heavy work of one process.

    It has threads of its own: in the pool that all routes share, forty such pieces would leave no thread for what takes
    a millisecond. They are daemons, so that a process that stops does not wait for what nobody hears any more, and
    there are none while there is no work.
    """

    def __init__(self) -> None:
        """Begin without work."""
        self._lock = threading.Lock()
        self._waiting: deque[_Task] = deque()
        self._at_work: set[_Task] = set()
        self._threads = 0
        self._closed = False
        self._shared: dict[Hashable, _Task] = {}
        self._kept: Recent[Hashable, Any] = Recent(MOST_KEPT, lambda _: 1)

    async def run[T](
        self,
        request: Request,
        principal: Principal,
        work: Callable[[Callable[[Progress], None]], T],
        mark: Hashable = None,
    ) -> T:
        """What comes of a piece of work, done when its turn comes.

        The work is handed what to report to, which raises once nobody waits any more. A piece that is stopped keeps its
        place until it has heard of that.

        With a mark it is done once for all who ask with an equal one: they wait for the same piece, which takes one
        place, that of whoever came first; and what came of it is kept for those who come later. What fails is not.

        ServerBusyError where there is no place; WorkStoppedError where whoever asked has gone, or this process stops.
        """
        task = self._take(_Task(principal.name, mark, work, copy_context()))
        done = asyncio.wrap_future(task.found)
        try:
            while not done.done():
                await asyncio.wait({done}, timeout=_LOOK_SECONDS)
                if not done.done() and (task.stopped.is_set() or await request.is_disconnected()):
                    raise WorkStoppedError(_STOPPED)
            return cast("T", done.result())
        finally:
            done.cancel()
            self._drop(task)

    def close(self) -> None:
        """Stop all work, and take no more, as this process stops."""
        with self._lock:
            self._closed = True
            for task in (*self._waiting, *self._at_work):
                task.stopped.set()
            self._waiting.clear()

    def _take(self, task: _Task) -> _Task:
        """The piece to wait for: the one that is given, or the one with its mark that is under way or done."""
        with self._lock:
            if self._closed:
                raise WorkStoppedError(_STOPPED)
            shared = None if task.mark is None else self._shared.get(task.mark)
            if shared is not None:
                shared.waiting += 1
                return shared
            kept = None if task.mark is None else self._kept.get(task.mark)
            if kept is not None:
                task.found.set_result(kept)
                return task
            known = [*self._waiting, *self._at_work]
            if sum(item.owner == task.owner for item in known) >= MOST_OF_ONE:
                raise ServerBusyError("yours", RETRY_SECONDS)
            if len(known) >= AT_ONCE + MOST_WAITING:
                raise ServerBusyError("others'", RETRY_SECONDS)
            self._waiting.append(task)
            if task.mark is not None:
                self._shared[task.mark] = task
            if self._threads < AT_ONCE:
                self._threads += 1
                threading.Thread(target=self._work, name="tocsin heavy work", daemon=True).start()
        return task

    def _drop(self, task: _Task) -> None:
        """One less waits for a piece; whoever comes when nobody does begins another one."""
        with self._lock:
            task.waiting -= 1
            if task.waiting == 0:
                task.stopped.set()
                self._unshare(task)
                if task in self._waiting:
                    self._waiting.remove(task)

    def _unshare(self, task: _Task) -> None:
        if self._shared.get(task.mark) is task:
            del self._shared[task.mark]

    def _work(self) -> None:
        task = self._next(None)
        while task is not None:
            self._do(task)
            task = self._next(task)

    def _do(self, task: _Task) -> None:
        try:
            found = task.context.run(task.work, task.report)
        except BaseException as error:  # noqa: BLE001 (whoever waits for it hears of it)
            with self._lock:
                self._unshare(task)
            task.found.set_exception(error)
            return
        with self._lock:
            if task.mark is not None:
                self._kept.put(task.mark, found)
            self._unshare(task)
        task.found.set_result(found)

    def _next(self, done: _Task | None) -> _Task | None:
        """The first in line of those of whom nothing is under way, or the first; None where nobody waits."""
        with self._lock:
            if done is not None:
                self._at_work.discard(done)
            if not self._waiting:
                self._threads -= 1
                return None
            busy = {item.owner for item in self._at_work}
            task = next((item for item in self._waiting if item.owner not in busy), self._waiting[0])
            self._waiting.remove(task)
            self._at_work.add(task)
            return task


async def in_turn[T](
    request: Request,
    principal: Principal,
    work: Callable[[Callable[[Progress], None]], T],
    mark: Hashable = None,
) -> T:
    """The same, with the heavy work of the application that serves a request."""
    heavy: HeavyWork = request.app.state.heavy
    return await heavy.run(request, principal, work, mark)
