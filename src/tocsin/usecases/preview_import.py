"""What would an import do? Everything checked, nothing recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import NoFitError
from tocsin.usecases.judge_import import Incoming, judge_import
from tocsin.usecases.ports import Progress, in_silence
from tocsin.usecases.read_odds import Reading, find_footing, read_standing, stand_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.batch import Batch
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, eq=False, slots=True)
class Movement:
    """The odds as they are and as they would be, as of one instant; a fit's own where weights cannot follow."""

    before: Reading
    after: Reading


@dataclass(frozen=True, eq=False, slots=True)
class Preview:
    """What an import would record, and what that would do to the odds.

    Attributes:
        batch: What is in it.
        movement: The odds before and after; None where there is no fit to tell them from.
        no_odds: Why there are none, and what to do; None where there are.
    """

    batch: Batch
    movement: Movement | None
    no_odds: str | None


def preview_import(
    incoming: Incoming,
    theater: Theater,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    now: datetime,
    as_of: datetime,
    author: str,
    history: bool,
    report: Callable[[Progress], None] = in_silence,
) -> Preview:
    """What an import would do as of an instant, at which it is imagined; see `judge_import`."""
    judged = judge_import(
        incoming,
        theater,
        ledger=ledger,
        now=now,
        author=author,
        history=history,
        recorded_at=as_of,
        report=report,
    )
    report(Progress("weighing", 0, 1))
    try:
        movement, no_odds = _movement(theater, judged.new, ledger, fits, codec, as_of), None
    except NoFitError as error:
        movement, no_odds = None, str(error)
    report(Progress("weighing", 1, 1))
    return Preview(judged.batch, movement, no_odds)


def _movement(
    theater: Theater, new: Sequence[Observation], ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime
) -> Movement:
    origins = {item.origin for item in new}
    fitted, known = find_footing(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of, origins=origins)
    before, after = (stand_on(theater, fitted, seen, as_of) for seen in (known, [*known, *new]))
    return Movement(*(read_standing(theater, standing, as_of, reasons=False) for standing in (before, after)))
