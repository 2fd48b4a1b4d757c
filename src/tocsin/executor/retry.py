"""When a fit that broke down is tried again: decided purely, with the jitter as an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import SamplerFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

ATTEMPTS = 3
"""How often a fit is tried in all."""
FIRST_WAIT_SECONDS = 1.0
"""How long the first wait is, give or take half of it."""
_GROWTH = 4.0


def wait_before_next(failures: Sequence[Exception], jitter: float) -> float | None:
    """Seconds to wait before the next attempt; None where there is to be none.

    Only a breakdown is worth repeating: what passes, as a shortage of memory does, may have passed. A rejected fit is
    an answer, and whoever stopped a fit does not want it; any other error would come again.

    Args:
        failures: How each attempt so far ended, the last one last.
        jitter: From 0 to 1, drawn anew each time, so that fits that broke down together do not come back together.

    >>> [wait_before_next([SamplerFailedError("out of memory")] * count, 0.5) for count in (1, 2, 3)]
    [1.0, 4.0, None]
    """
    if len(failures) >= ATTEMPTS or not isinstance(failures[-1], SamplerFailedError):
        return None
    return float(FIRST_WAIT_SECONDS * _GROWTH ** (len(failures) - 1) * (0.5 + jitter))


def conclude(failures: Sequence[Exception]) -> Exception:
    """What to raise when there is no next attempt: every reason, where there were several attempts."""
    last = failures[-1]
    if len(failures) == 1 or not isinstance(last, SamplerFailedError):
        return last
    told = "; ".join(f"attempt {number}: {failure}" for number, failure in enumerate(failures, start=1))
    return SamplerFailedError(f"the sampler broke down {len(failures)} times, and nothing was kept: {told}")
