"""The figures as a page of docs, with when and where they came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from support.studies import origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rows import Row

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_QUIET = 0.5


def write_document(rows: Sequence[Row], load: float) -> None:
    """Replace docs/benchmarks.md; `load` is the machine's load average as the run began."""
    lines = [
        "# Speed",
        "",
        f"Made by `make bench ARGS=--docs` on {origin()}.",
        "",
        _caution(load),
        "",
        "| what | value | unit | target | |",
        "|---|---:|---|---|---|",
        *(f"| {row.name} | {row.shown} | {row.unit} | {row.wanted} | {row.verdict} |" for row in rows),
    ]
    _PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _caution(load: float) -> str:
    if load > _QUIET:
        return (
            f"Other programs ran on the machine as the run began (load {load:.1f}): times here are longer, and ratios "
            "less certain, than on a quiet one."
        )
    return f"The machine was quiet as the run began (load {load:.1f})."
