"""Importing files that a request brings, by the API and by a page: what they would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

from tocsin.bootstrap.incoming import read_incoming, read_mapping
from tocsin.domain.batch import Fate
from tocsin.usecases.import_observations import import_observations
from tocsin.usecases.ports import in_silence
from tocsin.usecases.preview_import import preview_import
from tocsin.web.effect import write_and_tell
from tocsin.web.heavy import in_turn
from tocsin.web.schemas.batch import BatchBody
from tocsin.web.schemas.change import ChangeBody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import Request

    from tocsin.domain.access import Principal
    from tocsin.domain.theater import Theater
    from tocsin.usecases.judge_import import Incoming
    from tocsin.usecases.ports import Progress
    from tocsin.web.brought import Files
    from tocsin.web.means import Means

# What is read takes many times the room of the file, so files wait for each other.
_AT_ONCE = CapacityLimiter(1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files are to be imported into which theater, and how their rows are meant.

    Attributes:
        theater: The theater.
        files: What was brought.
        indicator: What all rows are about, where no column says so.
        history: Each row counts as known from the end of its day plus the delay.
    """

    theater: Theater
    files: Files
    indicator: str | None
    history: bool

    def read(self, report: Callable[[Progress], None] = in_silence) -> Incoming:
        """The rows; InvalidInputError where the files cannot be read so."""
        mapping = read_mapping(self.files.mapping, self.indicator, self.theater, option="the parameter indicator")
        return read_incoming([self.files.file], mapping, report, option="the parameter format")


async def preview_files(
    request: Request, means: Means, principal: Principal, wanted: Wanted, as_of: datetime
) -> BatchBody:
    """What an import would do as of an instant; nothing is recorded."""
    return await in_turn(request, principal, lambda report: _preview(means, wanted, principal.name, as_of, report))


async def import_files(means: Means, principal: Principal, wanted: Wanted) -> BatchBody:
    """Record every row, or none: InvalidObservationError with everything that is wrong with any."""
    return await to_thread.run_sync(partial(_import, means, wanted, principal.name), limiter=_AT_ONCE)


def _import(means: Means, wanted: Wanted, author: str) -> BatchBody:
    incoming, now = wanted.read(), means.clock()
    work = partial(
        import_observations,
        incoming,
        wanted.theater,
        ledger=means.service.ledger,
        now=now,
        author=author,
        history=wanted.history,
    )
    told = write_and_tell(means, wanted.theater, now, work, lambda done: done.count(Fate.NEW) > 0)
    return BatchBody.of(told.written, told.change, told.no_odds, dry_run=False)


def _preview(
    means: Means, wanted: Wanted, author: str, as_of: datetime, report: Callable[[Progress], None]
) -> BatchBody:
    found = preview_import(
        wanted.read(report),
        wanted.theater,
        ledger=means.service.ledger,
        fits=means.service.fits,
        codec=means.service.codec,
        now=means.clock(),
        as_of=as_of,
        author=author,
        history=wanted.history,
        report=report,
    )
    moved = found.movement
    change = None if moved is None else ChangeBody.of(moved.before, moved.after)
    return BatchBody.of(found.batch, change, found.no_odds, dry_run=True)
