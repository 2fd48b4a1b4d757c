"""A kit of declared files, the shipped one or another, in a store of its own, and fits of it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tocsin.bootstrap.service import Service, catalog_folder, open_service
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.observe import observe
from tocsin.usecases.ports import Ledger, Limits, Recorded, Sampler
from tocsin.usecases.read_odds import Reading, read_odds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Draft, Observation
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble

SEED = 20160308


@dataclass(frozen=True)
class FilteredLedger:
    """A ledger with some observations left out: the world in which they were never made."""

    whole: Ledger
    keep: Callable[[Observation], bool]

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Not for writing."""
        raise NotImplementedError

    def await_writers(self) -> None:
        """Nobody writes."""

    def observations(self, indicators: Sequence[str], as_of: datetime, *bearing: object) -> list[Observation]:
        """What is kept of what is known."""
        return [item for item in self.whole.observations(indicators, as_of, *bearing) if self.keep(item)]


@dataclass
class MemoryFits:
    """A fit book that forgets with its process: for fits of worlds that never were."""

    kept: dict[str, tuple[Fit, bytes]] = field(default_factory=dict)

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:  # noqa: ARG002 (the port's)
        """Keep both."""
        self.kept[fit.id] = fit, draws

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id."""
        return self.kept[fit_id][0] if fit_id in self.kept else None

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """Not asked of worlds that never were."""
        raise NotImplementedError

    def draws(self, fit: Fit) -> bytes:
        """The draws of a fit."""
        return self.kept[fit.id][1]


@dataclass(frozen=True)
class Kit:
    """A service on a store with the shipped observations, and the sampler."""

    service: Service
    aside: MemoryFits
    sampler: Sampler
    theater: Theater
    now: datetime
    home: Path

    def fit(
        self, day: date, *, keep: Callable[[Observation], bool] | None = None, seed: int = SEED, **limits: object
    ) -> Fit:
        """Fit what was known at the end of a day; with `keep`, what would be known of what is kept, set aside."""
        ledger, fits = self.service.ledger, self.service.fits
        if keep is not None:
            ledger, fits = FilteredLedger(ledger, keep), self.aside
        return fit_theater(
            self.theater,
            means=Means(ledger, fits, self.sampler, self.service.codec),
            as_of=self.theater.timeline.close_of(day),
            now=self.now,
            seed=seed,
            actor="test",
            limits=replace(Limits(600.0, lambda: False, lambda: 0.001), **limits),  # type: ignore[arg-type]
            report=lambda _: None,
        )

    def ensemble(self, fit: Fit) -> Ensemble:
        """The ensemble of a fit, from the store or from those set aside."""
        kept = self.aside if fit.id in self.aside.kept else self.service.fits
        return self.service.codec.decode(kept.draws(fit))

    def read(self, day: date) -> Reading:
        """The odds as of the end of a day."""
        return read_odds(
            self.theater,
            ledger=self.service.ledger,
            fits=self.service.fits,
            codec=self.service.codec,
            as_of=self.theater.timeline.close_of(day),
            reasons=True,
        )

    def probabilities(self, fit: Fit) -> dict[tuple[str, int], float]:
        """The odds that one fit states, by scenario and horizon."""
        ensemble = self.ensemble(fit)
        weights = even_weights(ensemble.futures)
        return {
            (scenario.id, days): estimate(ensemble.futures, position, days, weights).probability
            for position, scenario in enumerate(self.theater.scenarios)
            for days in scenario.horizons
        }


@dataclass(frozen=True)
class FittedStore:
    """A store with the shipped observations and one fit, which nothing writes to: whoever needs it takes a copy."""

    home: Path
    fit_id: str

    def copy(self, home: Path) -> None:
        """Make a data folder of it, which may exist and be empty."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)


@contextmanager
def reopen_kit(home: Path, sampler: Sampler, now: datetime) -> Iterator[Kit]:
    """The shipped kit on a copy of a store that holds it."""
    with open_service(Settings(home=home), clock=None) as service:
        yield Kit(service, MemoryFits(), sampler, service.catalog.theater("tunisia"), now, home)


@contextmanager
def open_kit(
    home: Path, sampler: Sampler, now: datetime, *, name: str = "tunisia", catalog: Path | None = None
) -> Iterator[Kit]:
    """A fresh store in a folder, with every observation beside the declared files imported as history."""
    settings = Settings(home=home, catalog=catalog)
    upgrade(settings.store_url)
    with open_service(settings, clock=None) as service:
        theater = service.catalog.theater(name)
        kit = Kit(service, MemoryFits(), sampler, theater, now, home)
        record(kit, shipped_drafts(catalog_folder(settings) / "indicators"))
        yield kit


def record(kit: Kit, drafts: Sequence[Draft]) -> Recorded:
    """Record drafts as history."""
    return observe(
        drafts,
        indicators=kit.service.catalog.indicators(kit.theater.id),
        timeline=kit.theater.timeline,
        ledger=kit.service.ledger,
        now=kit.now,
        author="test",
        history=True,
    )
