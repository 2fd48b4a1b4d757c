"""Waiting for files that have just been saved: who asks by hand means them too."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tocsin.domain.feed import SETTLED_SECONDS

MOST_WAITS = 6
"""A file that is saved again and again is left after so many waits: half a minute."""


def await_settled(
    look: Callable[[], Mapping[str, float]], wait: Callable[[float], object], say: Callable[[str], object]
) -> list[str]:
    """Wait until no file is being written any more; the names of those that still are after `MOST_WAITS`.

    Args:
        look: The files that would be left now, with the seconds that each must still rest.
        wait: Passes so many seconds.
        say: Told a line before each wait.
    """
    found = look()
    for _ in range(MOST_WAITS):
        if not found:
            break
        seconds = max(found.values())
        say(f"{_files(len(found))} saved less than {SETTLED_SECONDS:g} s ago: waiting {math.ceil(seconds)} s")
        wait(seconds)
        found = look()
    return list(found)


def left_line(names: list[str]) -> str:
    """What was not taken in, and why."""
    why = f"still being written (saved less than {SETTLED_SECONDS:g} s ago)"
    return f"{_files(len(names))} left for the next time: {why}: {', '.join(names)}"


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"
