"""What one watch hands over to the next: what changed in a theater between two instants, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.change import Cause
from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.domain.evidence import first_day_with_bearing
from tocsin.domain.observation import states
from tocsin.domain.shift import Shift, shifts
from tocsin.usecases.list_ledger import Entry
from tocsin.usecases.ports import in_silence
from tocsin.usecases.why import why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger, Progress
    from tocsin.usecases.why import Movement

MOST_PARTS = 3
"""What moved the odds of a scenario: more than the three largest parts nobody keeps in mind."""
_NOTABLE = 0.02  # log-odds, as in the terminal: less is not worth a line


@dataclass(frozen=True, slots=True)
class Moved:
    """The odds of one scenario and horizon then and now, and what moved them most.

    Attributes:
        shift: Then and now, and whether that is more than noise.
        parts: The largest parts of the change in log-odds, noise left out; at most `MOST_PARTS`.
    """

    shift: Shift
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """What changed between two instants.

    Attributes:
        moved: For each scenario and horizon, in order; empty where there were no odds at one of the two.
        no_odds: Why there are none; empty where there are.
        entries: What became known between them that has a bearing, with what has become of it, in order of instant.
    """

    moved: tuple[Moved, ...]
    no_odds: str
    entries: tuple[Entry, ...]


def hand_over(
    theater: Theater,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    since: datetime,
    as_of: datetime,
    report: Callable[[Progress], None] = in_silence,
) -> HandOver:
    """What changed in a theater from one instant to a later one.

    Args:
        theater: The theater.
        ledger: What has been observed.
        fits: The fits on record.
        codec: Reads draws.
        since: When the watch began.
        as_of: When it is handed over.
        report: Is told of progress; it may take a second or more.
    """
    moved: tuple[Moved, ...] = ()
    no_odds = ""
    try:
        found = why(theater, ledger=ledger, fits=fits, codec=codec, since=since, as_of=as_of, report=report)
        moved = tuple(_moved(item) for item in found)
    except (NoFitError, DamagedArtifactError) as error:
        no_odds = str(error)
    return HandOver(moved, no_odds, _entries(theater, ledger, since, as_of))


def largest(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of a change that are worth a line, largest first: at most `MOST_PARTS`, and never noise."""
    notable = [part for part in parts if part.cause is not Cause.NOISE and abs(part.change) >= _NOTABLE]
    return tuple(sorted(notable, key=lambda part: -abs(part.change))[:MOST_PARTS])


def _moved(movement: Movement) -> Moved:
    (shift,) = shifts([movement.before], [movement.after])
    return Moved(shift, largest(movement.parts))


def _entries(theater: Theater, ledger: Ledger, since: datetime, as_of: datetime) -> tuple[Entry, ...]:
    names = [indicator.id for indicator in theater.indicators]
    known = ledger.observations(names, as_of, first_day_with_bearing(theater, as_of))
    became = states(known, as_of)
    fresh = [item for item in known if since < item.recorded_at <= as_of]
    return tuple(Entry(item, *became[item.id]) for item in sorted(fresh, key=lambda item: (item.recorded_at, item.id)))
