"""Child processes of ours: watched, started again when they die, and stopped with us."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""One that has lived for so long is started again as if it had never died."""

_STOP_SECONDS = 8.5  # longer than the web process gives requests under way, and short of ten


@dataclass(eq=False, slots=True)
class Child:
    """One command that is to run all the time.

    Attributes:
        name: What the log calls it.
        command: Program and arguments.
        handed: File descriptors that it is given, such as a socket that listens.
    """

    name: str
    command: Sequence[str]
    handed: Sequence[int] = ()
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0
    _deaths: int = 0
    _again_at: float = field(default=0.0)

    def tend(self, now: float) -> None:
        """Start it where it does not run, and when it is time to; `now` on the monotonic clock."""
        log = structlog.get_logger("tocsin").bind(child=self.name)
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._deaths = 1 if now - self._began >= STEADY_SECONDS else self._deaths + 1
            wait = wait_seconds(self._deaths)
            self._let_go()
            self._again_at = now + wait
            log.warning("child process ended", code=code, again_in_seconds=wait)
        if now >= self._again_at:
            # A group of its own: control-C reaches us alone, and we stop it in order. By its standard input, which we
            # hold open, it learns that we are gone, should we be killed.
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                self.command, pass_fds=tuple(self.handed), stdin=subprocess.PIPE, process_group=0
            )
            self._began = now
            log.info("child process started", pid=self._process.pid)

    def ask_to_stop(self) -> None:
        """Send it the signal to stop."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def see_off(self, until: float) -> None:
        """Wait until it has stopped, and kill it where it has not by then."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            structlog.get_logger("tocsin").warning("child process did not stop in time", child=self.name)
            self._process.kill()
            self._process.wait()
        self._let_go()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def wait_seconds(deaths: int) -> float:
    """How long to wait before a child that died so many times in a row is started again.

    >>> [wait_seconds(deaths) for deaths in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 60.0]
    """
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(deaths - 1, 10))


def stop_all(children: Sequence[Child], seconds: float = _STOP_SECONDS) -> None:
    """Ask all of them to stop, and wait for them together."""
    until = time.monotonic() + seconds
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.see_off(until)
