"""Stopping long work by signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

INTERRUPTED = 130
"""The exit status that shells expect of a program that an interrupt ended."""


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that is set by SIGINT or SIGTERM: the sampler's own threads must be told, not interrupted."""
    stopped = Event()

    def stop(*_: object) -> None:
        if stopped.is_set():  # asked twice: do not wait for the step at hand to end
            raise KeyboardInterrupt
        stopped.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # under nohup it stays ignored
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_with_parent() -> None:
    """Stop as by a signal once the process that started this one is gone, however it went.

    Whoever starts a child keeps the other end of its standard input open, and writes nothing.
    """

    def watch() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock, held here, would break the end of the interpreter
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="parent", daemon=True).start()


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """A termination signal interrupts as control-C does, so that what is half written is cleared away."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
