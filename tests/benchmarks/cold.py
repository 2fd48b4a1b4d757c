"""From nothing to odds: the demo with an empty and with a warm compile cache."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.clock import timed
from benchmarks.rows import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.world import World

_TARGET_SECONDS = 90.0


def cold_start(world: World) -> Iterator[Row]:
    """Seconds of `tocsin demo --once` in a new data folder, and then again as it is."""
    environment = {key: value for key, value in os.environ.items() if key != "TOCSIN_COMPILE_CACHE"}
    for cache in ("empty", "warm"):
        world.say(f"demo, {cache} compile cache")
        seconds: list[float] = []
        with timed(seconds):
            subprocess.run(
                [sys.executable, "-m", "tocsin", "demo", "--once", "--json"],
                env=environment | {"TOCSIN_HOME": str(world.home / "demo")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        yield at_most(f"demo to odds, {cache} compile cache", seconds[0], "s", _TARGET_SECONDS)
