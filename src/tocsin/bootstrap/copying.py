"""A store copied to another database, and the proof that both give the same odds."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.bootstrap.draws import LateDraws
from tocsin.bootstrap.service import catalog_folder
from tocsin.catalog.read import read_catalog
from tocsin.domain.errors import StoreError
from tocsin.store.address import require_file
from tocsin.store.copy import Copied, copy_store
from tocsin.store.draws import check_draws
from tocsin.store.engine import open_engine
from tocsin.store.fit import FitShelf
from tocsin.store.inspection import StoreInspection
from tocsin.store.migrate import require_current, revision, upgrade
from tocsin.store.observation import ObservationLedger
from tocsin.usecases.ports import Progress
from tocsin.usecases.read_odds import read_odds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from tocsin.catalog.read import Catalog
    from tocsin.domain.theater import Theater
    from tocsin.settings import Settings

    Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class SameOdds:
    """One theater whose odds were read from both stores and are equal to the last bit."""

    theater: str
    fit: str
    instants: tuple[datetime, ...]
    numbers: int


@dataclass(frozen=True, slots=True)
class _Side:
    """What odds are read from, of one of the two stores."""

    ledger: ObservationLedger
    fits: FitShelf


@dataclass(frozen=True, slots=True)
class Proven:
    """What was copied, how many files of draws were verified, and the odds that were compared."""

    copied: Copied
    draws: int
    odds: tuple[SameOdds, ...]


def copy_and_prove(
    source: str, target: str, *, settings: Settings, fits: Path, now: datetime, report: Report
) -> Proven:
    """Copy a store, given by its address, to an empty one, and compare what both say.

    What can be found wrong before is: draws, and theaters with fits that are not declared. A target without tables gets
    them first. StoreError where the copy or the odds differ, DamagedArtifactError where
    draws are missing or altered; `fits` is the folder of draws, which both stores share.
    """
    catalog = read_catalog(catalog_folder(settings))
    with ExitStack() as stack:
        origin, goal = open_engine(source), open_engine(target)
        for engine in (origin, goal):
            stack.callback(engine.dispose)
        require_file(origin.url)
        require_current(origin)
        theaters = _proving(catalog, StoreInspection(origin, fits), FitShelf(origin, fits), now)
        check_draws(origin, fits, report)
        if revision(goal).current is None:
            upgrade(goal)
        copied = copy_store(origin, goal, report)
        draws = check_draws(goal, fits, report)
        both = [_Side(ObservationLedger(item), FitShelf(item, fits)) for item in (origin, goal)]
        odds = []
        for done, theater in enumerate(theaters, start=1):
            odds.append(_compare(theater, both, now))
            report(Progress("comparing odds", done, len(theaters)))
    return Proven(copied, draws, tuple(odds))


def _proving(catalog: Catalog, inspection: StoreInspection, shelf: FitShelf, now: datetime) -> list[Theater]:
    """The theaters whose odds can be compared: those with a fit. StoreError where one of them is not declared."""
    named = {fit.theater for fit in inspection.fits() if fit.accepted}
    if unknown := sorted(named - set(catalog.theaters)):
        msg = (
            f"the store has fits of {', '.join(unknown)}, which the catalog does not declare, so their odds cannot be "
            "compared; set TOCSIN_CATALOG to the folder that declares them. Nothing was copied"
        )
        raise StoreError(msg)
    return [theater for theater in catalog.theaters.values() if shelf.accepted(theater.id, now)]


def _compare(theater: Theater, both: list[_Side], now: datetime) -> SameOdds:
    """The odds now, and those of the last fit's own instant, from both stores."""
    latest = both[0].fits.accepted(theater.id, now)[0]
    instants = (latest.as_of, now) if latest.as_of < now else (now,)
    numbers = 0
    for instant in instants:
        readings = [
            read_odds(theater, ledger=each.ledger, fits=each.fits, codec=LateDraws(), as_of=instant, reasons=False)
            for each in both
        ]
        # As text, which tells every bit of a number and, unlike comparing, that nothing equals nothing.
        said = [repr((reading.fit, reading.odds, reading.joint, reading.reason)) for reading in readings]
        if said[0] != said[1]:
            msg = (
                f"the two stores give other odds for {theater.id} as of {instant}; go on using the first one, "
                "and empty the second before it is copied to again"
            )
            raise StoreError(msg)
        numbers += len(readings[0].odds) + len(readings[0].joint)
    return SameOdds(theater.id, latest.id, instants, numbers)
