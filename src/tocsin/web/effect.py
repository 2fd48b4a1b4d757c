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


@dataclass(frozen=True, slots=True)
class Told[T]:
    """What a write gave back, and the odds before and after it, or why there are none."""

    written: T
    change: ChangeBody | None
    no_odds: str | None


def write_and_tell[T](means: Means, theater: Theater, as_of: datetime, write: Callable[[], T]) -> Told[T]:
    """Write, and tell the odds before, as of an instant, and after, as of when it was written.

    Where there are no odds, what is written is written all the same: a report is not refused for want of a fit.
    """
    before, _ = _read(means, theater, as_of)
    written = write()
    means.desk.look_again()
    after, no_odds = _read(means, theater, max(as_of, means.clock()))
    if before is None or after is None:
        return Told(written, None, no_odds)
    return Told(written, ChangeBody.of(before, after), None)


def _read(means: Means, theater: Theater, as_of: datetime) -> tuple[Reading | None, str | None]:
    try:
        return means.desk.read(theater, as_of), None
    except (NoFitError, DamagedArtifactError) as error:
        return None, str(error)
