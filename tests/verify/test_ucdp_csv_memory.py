"""A file as long as the real one; the short form of this stands in tests/feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.ged_file import read_long_file

if TYPE_CHECKING:
    from pathlib import Path


def test_310_000_rows_are_read_with_less_than_16_mb_beyond_the_file(tmp_path: Path) -> None:
    """About a minute, most of it spent on measuring."""
    cost = read_long_file(tmp_path / "ged.zip", 310_000)
    assert (cost.rows, cost.largest_page) == (310_000, 1_000)
    assert cost.extra_bytes < 16 * 1024 * 1024
