"""Hashing passwords takes 64 MiB and all processors: one at a time, so that other requests go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import CapacityLimiter

if TYPE_CHECKING:
    from fastapi import Request


def hashing(request: Request) -> CapacityLimiter:
    """Held by whoever hashes a password in the application that serves a request."""
    state = request.app.state
    if not hasattr(state, "hashing"):
        state.hashing = CapacityLimiter(1)
    limiter: CapacityLimiter = state.hashing
    return limiter
