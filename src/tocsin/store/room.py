"""Folders for what is being made: private, on the disk where it will be needed, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_SECONDS = 24 * 3600.0
"""After so long nobody is at work in a folder any more: whoever made it was killed."""


@contextmanager
def room(beside: Path, kind: str) -> Iterator[Path]:
    """A folder `.<kind>-…` in another one; those of that kind which a killed process left there are removed first.

    It is on the same disk, so that what is whole can be moved into place at once.
    """
    for left in beside.glob(f".{kind}-*"):
        with suppress(OSError):  # of somebody else, or being removed by another just now
            if left.is_dir() and left.stat().st_mtime < time.time() - _LEFT_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=beside, prefix=f".{kind}-") as folder:
        yield Path(folder)
