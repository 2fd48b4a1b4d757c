"""Memory that is given back."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h
_LARGE = 2**20


def give_back_large_arrays() -> bool:
    """Have arrays of a mebibyte and more given back to the system as soon as they are freed; whether that took.

    The C library of Linux keeps what was freed, and more of it the larger the arrays that come and go: a process that
    simulates now and then would stand at what the largest simulation took. Elsewhere nothing changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries than glibc have none
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, _LARGE))
