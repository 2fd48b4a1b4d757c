"""Telling what a write did to the odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.web.schemas.change import ChangeBody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.read_odds import Reading
    from tocsin.web.means import Means

_TURN_SECONDS = 1.0  # a thread of the pool that all routes share waits no longer


@dataclass(frozen=True, slots=True)
class Told[T]:
    """What a write gave back, and the odds before and after it, or why there are none."""

    written: T
    change: ChangeBody | None
    no_odds: str | None


def write_and_tell[T](
    means: Means, theater: Theater, as_of: datetime, write: Callable[[], T], added: Callable[[T], bool]
) -> Told[T]:
    """Write, and tell the odds before and after; `as_of` is when it was asked for.

    1. Writers of one theater take turns, so that none tells what another one did. 2. The odds before are as of when
    the turn came, and count what others wrote until then. 3. Other processes take no turns, and here nobody waits long
    for one: if the store's events show more than the one of this write, which is there where it has `added` anything,
    the change says that others came between.

    Where there are no odds, what is written is written all the same: a report is not refused for want of a fit.
    """
    with means.turns.turn(theater.id, _TURN_SECONDS):
        # The number before the instant: what it counts was written down by then.
        number = means.desk.number()
        begun = max(as_of, means.clock())
        before, _ = _read(means, theater, begun)
        written = write()
        means.desk.look_again()
        after, no_odds = _read(means, theater, max(begun, means.clock()))
        if before is None or after is None:
            return Told(written, None, no_odds)
        others = means.desk.came_in(theater, number) > added(written)
        return Told(written, ChangeBody.of(before, after, others_between=others), None)


def _read(means: Means, theater: Theater, as_of: datetime) -> tuple[Reading | None, str | None]:
    try:
        return means.desk.read(theater, as_of), None
    except (NoFitError, DamagedArtifactError) as error:
        return None, str(error)
