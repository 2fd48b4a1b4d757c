"""Measure what is promised of speed: medians, in one run, with the machine stated."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tocsin.inference.compiler import prepare_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY = date(2016, 3, 8)


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - began)


def _row(name: str, value: float, unit: str, target: float | None = None) -> dict[str, Any]:
    """One figure; smaller is better in each so far."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "target": target,
        "holds": None if target is None else value <= target,
    }


def _cold_demo() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as home:
        for name in ("demo to odds, empty compile cache", "demo to odds, warm compile cache"):
            seconds: list[float] = []
            environment = {key: value for key, value in os.environ.items() if key != "TOCSIN_COMPILE_CACHE"}
            with _timed(seconds):
                subprocess.run(
                    [sys.executable, "-m", "tocsin", "demo", "--once", "--json"],
                    env=environment | {"TOCSIN_HOME": home},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )
            yield _row(name, seconds[0], "s", 90.0)


def _refits() -> Iterator[dict[str, Any]]:
    from support.kit import open_kit  # noqa: PLC0415 - after the compiler is prepared
    from tocsin.inference.sample import NutsSampler  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as home, open_kit(Path(home), NutsSampler(), datetime.now(UTC)) as kit:
        first = kit.fit(DAY)
        refits: list[float] = []
        for seed in range(1, 4):
            with _timed(refits):
                kit.fit(DAY, seed=seed)
        reads: list[float] = []
        for _ in range(5):
            with _timed(reads):
                kit.read(DAY)
        yield _row("compile the model", first.compile_seconds, "s")
        yield _row("refit, warm worker", median(refits), "s", 15.0)
        yield _row("read the odds and what counted most", median(reads), "s")
        if first.diagnosis is not None:
            yield _row(
                "smallest effective draws of 4000", min(first.diagnosis.ess_bulk, first.diagnosis.ess_tail), "draws"
            )


SUITES: tuple[Callable[[], Iterator[dict[str, Any]]], ...] = (_cold_demo, _refits)


def main() -> None:
    """Run every suite and print, or write, its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write the rows to this JSON file")
    arguments = parser.parse_args()
    prepare_compiler(Path(".cache/compile").resolve())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", flush=True)
    rows = []
    for suite in SUITES:
        for row in suite():
            rows.append(row)
            verdict = {None: "", True: "holds", False: "MISSED"}[row["holds"]]
            print(f"{row['name']:45} {row['value']:>10} {row['unit']:6} {row['target'] or '':>6} {verdict}", flush=True)
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
