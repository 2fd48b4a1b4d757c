"""Looking at processes: whether they run, and waiting for what must come, in bounded time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def runs(pid: int) -> bool:
    """Whether a process is there and is more than a row for its parent to read.

    A process whose first thread has ended holds its files until the last one has.
    """
    process = Path(f"/proc/{pid}")
    try:
        ended = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] in {"Z", "X"}
        return not ended or len(list((process / "task").iterdir())) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


def offspring(pid: int) -> set[int]:
    """The processes that a process has started, and theirs."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
    found, todo = set(), [pid]
    while todo:
        parent = todo.pop()
        children = {child for child, its in parents.items() if its == parent}
        found |= children
        todo += children
    return found


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> float:
    """The seconds until something holds; AssertionError where it does not in time."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began
