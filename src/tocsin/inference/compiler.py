"""Settings of the compiler, which PyTensor reads once, when it is first imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def prepare_compiler(cache: Path) -> None:
    """Keep compiled code in `cache`, and keep its arithmetic exact. Call before anything imports PyTensor.

    PyTensor lets Numba reorder arithmetic by default. What it makes of that depends on what it inlines, and so on
    whether code came fresh from the compiler or from the cache: draws then differed from the ninth digit on between the
    first run on a machine and the second.
    """
    cache.mkdir(parents=True, exist_ok=True)
    ours = f"base_compiledir={cache},numba__fastmath=False"
    others = os.environ.get("PYTENSOR_FLAGS")
    os.environ["PYTENSOR_FLAGS"] = f"{others},{ours}" if others else ours
