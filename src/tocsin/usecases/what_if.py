"""What would the odds be if something were observed? Answered without recording it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.observation import Draft, Observation, read_drafts
from tocsin.usecases.observe import observation_of
from tocsin.usecases.read_odds import Reading, read_odds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger, Recorded

_IMAGINED = "what-if"


@dataclass(frozen=True, slots=True)
class _Imagined:
    """A ledger beside which something was observed; it takes no writing."""

    real: Ledger
    more: tuple[Observation, ...]

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Never: what is imagined is not recorded."""
        raise NotImplementedError

    def observations(self, indicators: Collection[str], as_of: datetime) -> list[Observation]:
        """What is real, and what is imagined of these indicators."""
        imagined = (item for item in self.more if item.indicator in indicators)
        return [*self.real.observations(indicators, as_of), *imagined]


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
) -> WhatIf:
    """The odds as of an instant, beside those if the drafts were known by then too.

    InvalidObservationError with everything wrong with any draft; NoFitError where nothing was fitted.
    """
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    reports = read_drafts(drafts, indicators, today=theater.timeline.last_day(as_of))
    real = read_odds(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of, reasons=False)
    # A fit takes for its own what was written down before it was recorded; what is imagined comes after it.
    after = max(real.fit.recorded_at, real.fit.as_of) + timedelta(microseconds=1)
    beside = _Imagined(ledger, tuple(observation_of(report, _IMAGINED, as_of, after) for report in reports))
    return WhatIf(real, read_odds(theater, ledger=beside, fits=fits, codec=codec, as_of=as_of, reasons=False))
