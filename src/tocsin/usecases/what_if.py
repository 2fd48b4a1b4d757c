"""What would the odds be if something were observed? Answered without recording it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import RefitWantedError
from tocsin.domain.observation import Draft, read_drafts
from tocsin.usecases.observe import observation_of
from tocsin.usecases.ports import Progress, in_silence
from tocsin.usecases.read_odds import Reading, find_footing, read_standing, stand_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger

_IMAGINED = "what-if"


@dataclass(frozen=True, eq=False, slots=True)
class WhatIf:
    """The odds as they are, and as they would be."""

    real: Reading
    imagined: Reading


def what_if(
    theater: Theater,
    drafts: Iterable[Draft],
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    as_of: datetime,
    report: Callable[[Progress], None] = in_silence,
) -> WhatIf:
    """The odds as of an instant, beside those if the drafts were known by then too.

    InvalidObservationError with everything wrong with any draft; NoFitError where nothing was fitted;
    RefitWantedError where weights cannot follow what is imagined, as the odds would be the fit's own again. What
    `report` raises stops it.
    """
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    reports = read_drafts(drafts, indicators, theater.timeline.last_day(as_of), theater.timeline)
    imagined = [observation_of(item, _IMAGINED, as_of, None) for item in reports]
    origins = {item.origin for item in imagined}
    fitted, known = find_footing(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of, origins=origins)
    report(Progress("weighing", 0, 1))
    real, other = (stand_on(theater, fitted, seen, as_of) for seen in (known, [*known, *imagined]))
    report(Progress("weighing", 1, 1))
    if other.reason is not None:
        raise RefitWantedError(theater.id, other.reason, theater.timeline.name_instant(as_of))
    return WhatIf(*(read_standing(theater, standing, as_of, reasons=False) for standing in (real, other)))
