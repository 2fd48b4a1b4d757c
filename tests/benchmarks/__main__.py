"""Measure what is promised of speed: medians, in one run, with the machine stated."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.inference.compiler import prepare_compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rows import Row

_CACHE = Path(__file__).parents[2] / ".cache" / "compile"

SUITES = {
    "cold": ("benchmarks.cold", "cold_start"),
    "refit": ("benchmarks.refit", "refit"),
    "live": ("benchmarks.live", "live"),
    "growth": ("benchmarks.growth", "growth"),
    "ledger": ("benchmarks.ledger", "ledger"),
    "web": ("benchmarks.web", "web"),
    "alerts": ("benchmarks.alerts", "alerts"),
}
"""Where each suite is. They are imported when the compiler is prepared: not before."""


def main() -> None:
    """Run the suites; print each row as it comes, and write what was asked for."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    prepare_compiler(_CACHE)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}", flush=True
    )
    rows: list[Row] = []
    for row in _run(arguments.only or list(SUITES)):
        rows.append(row)
        print(f"{row.name:66} {row.shown:>10} {row.unit:6} {row.wanted:>8} {row.verdict}", flush=True)
        if arguments.out:
            objects = [item.as_object() for item in rows]
            arguments.out.write_text(json.dumps(objects, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.docs:
        from benchmarks.document import write_document  # noqa: PLC0415 - it is wanted only here

        write_document(rows, load)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SUITES, metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--out", type=Path, help="write the rows to this JSON file, as they come")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md from the rows")
    return parser.parse_args()


def _run(names: Sequence[str]) -> Iterator[Row]:
    from benchmarks.world import World  # noqa: PLC0415 - after the compiler is prepared

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        world = World(Path(home), stack, lambda text: _say(began, text))
        for position, name in enumerate(names, start=1):
            _say(began, f"suite {position} of {len(names)}: {name}")
            module, function = SUITES[name]
            yield from getattr(import_module(module), function)(world)
    _say(began, "done")


def _say(began: float, text: str) -> None:
    print(f"  {time.monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
