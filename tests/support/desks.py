"""A small theater with a fit that takes no sampler, on a store: for histories that a test makes up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from support.theaters import full_theater
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.fit import Fit
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Observation
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.identity import counted, declared
from tocsin.inference.artifact import ZarrDraws
from tocsin.store.engine import open_engine
from tocsin.store.event import EventShelf
from tocsin.store.fit import FitShelf
from tocsin.store.observation import ObservationLedger
from tocsin.usecases.desk import Desk
from tocsin.usecases.freshness import Freshness
from tocsin.usecases.read_odds import read_odds
from tocsin.usecases.remind import remind

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.usecases.desk_answer import Answer
    from tocsin.usecases.read_odds import Reading

START = datetime(2016, 3, 9, 12, tzinfo=UTC)
THEATER = full_theater()
DESIGN = lay_out(THEATER)
_DRAWS, _FUTURES = 240, 4


@dataclass
class SmallStore:
    """A store with the small theater, and a desk on it."""

    ledger: ObservationLedger
    fits: FitShelf
    events: EventShelf
    codec: ZarrDraws
    now: datetime = START

    def desk(self, *, ahead: bool = False) -> Desk:
        """A desk that has read nothing yet."""
        return Desk(self.ledger, self.fits, self.codec, self.events, Freshness(self.events), ahead=ahead)

    def observe(self, indicator: str, day: date, value: float, **changes: object) -> Observation:
        """Record one report, known from now on unless said otherwise."""
        fields: dict[str, object] = {
            "id": "",
            "indicator": indicator,
            "observed_on": day,
            "value": value,
            "grade": parse_grade("B2"),
            "origin": f"{indicator} {day} {value}",
            "summary": "",
            "source": "",
            "author": "test",
            "recorded_at": self.now,
        }
        report = Observation(**(fields | changes)).named()  # type: ignore[arg-type]
        self.ledger.record([report])
        return report

    def fit(self, as_of: datetime, seed: int, diagnosis: Diagnosis | None = None) -> Fit:
        """Record what a fit would leave behind, with draws of the prior: right in form, wrong in content."""
        names = [indicator.id for indicator in THEATER.indicators]
        evidence = derive_evidence(THEATER, self.ledger.observations(names, as_of), as_of)
        draws = prior_draws(DESIGN, seed, _DRAWS)
        ensemble = Ensemble(
            DESIGN.scenarios,
            draws,
            simulate(DESIGN, draws, begin(THEATER, DESIGN, evidence), seed, _FUTURES),
            {(scenario.id, days): 0.1 for scenario in THEATER.scenarios for days in scenario.horizons},
        )
        data = self.codec.encode(ensemble)
        sha256 = hashlib.sha256(data).hexdigest()
        recipe = hashlib.sha256(f"{as_of} {seed} {sha256}".encode()).hexdigest()
        fit = Fit(
            id=recipe[:16],
            theater=THEATER.id,
            as_of=as_of,
            recorded_at=self.now,
            recipe=recipe,
            declared=declared(THEATER, DESIGN),
            counted=counted(THEATER, DESIGN, evidence),
            seed=seed,
            diagnosis=diagnosis,
            rejections=(),
            sensitivity=(),
            sha256=sha256,
            compile_seconds=0.0,
            sample_seconds=0.0,
        )
        self.fits.save(fit, data, "test")
        return fit

    def same(self, answer: Answer, as_of: datetime) -> None:
        """Assert that a desk's answer is what the store says by itself."""
        reading = read_odds(THEATER, ledger=self.ledger, fits=self.fits, codec=self.codec, as_of=as_of, reasons=False)
        assert told(answer.reading) == told(reading)
        assert answer.overdue == remind(THEATER, ledger=self.ledger, now=as_of)

    def later(self, **passed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**passed)


def told(reading: Reading) -> tuple[object, ...]:
    """A reading as something that can be compared."""
    return reading.fit, reading.odds, reading.joint, reading.asked, reading.reason


def small_store(url: str, folder: Path) -> SmallStore:
    """The adapters on a store that has its tables."""
    engine = open_engine(url)
    return SmallStore(ObservationLedger(engine), FitShelf(engine, folder), EventShelf(engine), ZarrDraws())
