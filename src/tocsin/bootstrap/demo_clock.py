"""The clock of a demonstration, which plays on days that have passed: one file, which all of its processes read."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.bootstrap.service import now as really_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NAME = "demo-clock.json"


class DemoClock:
    """Shows an instant that somebody set, and ticks on from there as time passes."""

    def __init__(self, home: Path, really: Callable[[], datetime] = really_now) -> None:
        """Read the clock of a demonstration's folder; until it is set, it shows the real time."""
        self._file = home / _NAME
        self._really = really
        self._read_at = -1
        self._shown: datetime | None = None
        self._since = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The instant that it is in the demonstration."""
        self._look()
        return self._really() if self._shown is None else self._shown + (self._really() - self._since)

    @property
    def is_set(self) -> bool:
        """Whether it shows another time than the real one."""
        self._look()
        return self._shown is not None

    def set(self, instant: datetime) -> None:
        """Have it show an instant from now on, in every process."""
        written = {"shows": instant.isoformat(), "since": self._really().isoformat()}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(written), encoding="utf-8")
        fresh.replace(self._file)

    def _look(self) -> None:
        try:
            changed = os.stat(self._file).st_mtime_ns  # noqa: PTH116 (asked for with every request)
        except FileNotFoundError:
            return
        if changed != self._read_at:
            said = json.loads(self._file.read_text(encoding="utf-8"))
            self._shown, self._since = (datetime.fromisoformat(said[name]) for name in ("shows", "since"))
            self._read_at = changed
