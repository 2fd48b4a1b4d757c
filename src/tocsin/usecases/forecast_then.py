"""Forecast then: what live work would have said at the end of a past day."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.domain.backtest import Forecast
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.publish import state
from tocsin.usecases.read_odds import stand_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, Ledger, Limits, Progress, Sampler

_ACTOR = "the backtest"


def forecast_then(
    theater: Theater,
    *,
    ledger: Ledger,
    sampler: Sampler,
    codec: DrawsCodec,
    origin: date,
    seed: int,
    limits: Limits,
    report: Callable[[Progress], None],
) -> Forecast:
    """Fit what was known at the end of a day, judge the fit, and state its odds, all with a clock of that instant.

    It is the work of `fit_theater` and `publish`; only the record of fits is another one, which forgets. A rejected fit
    states nothing. In service the accepted fit before it would have gone on to answer; here each day stands alone.
    """
    then, began = theater.timeline.close_of(origin), time.monotonic()
    fits = _Aside()
    fit = fit_theater(
        theater,
        means=Means(ledger, fits, sampler, codec),
        as_of=then,
        now=then,
        seed=seed,
        actor=_ACTOR,
        limits=limits,
        report=report,
    )
    statement = None
    if fit.accepted:
        statement = state(theater, stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=then), then)
    seconds = time.monotonic() - began - fit.compile_seconds
    return Forecast(origin, fit.recipe, fit.diagnosis, fit.rejections, statement, seconds)


@dataclass(eq=False, slots=True)
class _Aside:
    """A record of fits that is not the store's: what was not said then must not answer for then."""

    kept: dict[str, tuple[Fit, bytes]] = field(default_factory=dict)

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:
        del actor  # nobody is told
        self.kept[fit.id] = fit, draws

    def find(self, fit_id: str) -> Fit | None:
        return self.kept[fit_id][0] if fit_id in self.kept else None

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        return [fit for fit in self.recorded(theater, as_of) if fit.accepted]

    def recorded(self, theater: str, as_of: datetime) -> list[Fit]:
        return [fit for fit, _ in self.kept.values() if fit.theater == theater and fit.as_of <= as_of]

    def draws(self, fit: Fit) -> bytes:
        return self.kept[fit.id][1]
