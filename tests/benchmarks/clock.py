"""Timing."""

from __future__ import annotations

import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def timed(seconds: list[float]) -> Iterator[None]:
    """Append how long the body took."""
    began = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - began)


def repeat(action: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of some repetitions, after one that does not count."""
    action()
    seconds: list[float] = []
    for _ in range(times):
        with timed(seconds):
            action()
    return seconds


def latency(name: str, seconds: list[float]) -> Iterator[Row]:
    """The median and the 99th percentile of some repetitions, in milliseconds."""
    yield Row(f"{name}, median of {len(seconds)}", 1e3 * median(seconds), "ms")
    yield Row(f"{name}, 99th percentile", 1e3 * float(np.quantile(seconds, 0.99)), "ms")
