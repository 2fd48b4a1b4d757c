"""Everything but the sampler, put together: what reading and recording need. Never imports PyMC."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.catalog.kit import find_kit
from tocsin.catalog.read import Catalog, read_catalog
from tocsin.domain.errors import StoreError
from tocsin.inference.artifact import ZarrDraws
from tocsin.store.engine import open_engine
from tocsin.store.fit import FitShelf
from tocsin.store.migrate import require_current
from tocsin.store.observation import ObservationLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.settings import Settings
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, slots=True)
class Service:
    """The catalog and the adapters of one store."""

    catalog: Catalog
    ledger: Ledger
    fits: FitBook
    codec: DrawsCodec


def catalog_folder(settings: Settings) -> Path:
    """Where declarations are read from."""
    return find_kit() if settings.catalog is None else settings.catalog


@contextmanager
def open_service(settings: Settings) -> Iterator[Service]:
    """The service on a store that is up to date; StoreError, with what to do, where it is not."""
    catalog = read_catalog(catalog_folder(settings))
    if settings.store_file is not None and not settings.store_file.exists():
        message = (
            f"there is no store in {settings.home}; set TOCSIN_HOME to where it is, or make one: tocsin db upgrade"
        )
        raise StoreError(message)
    engine = open_engine(settings.store_url)
    try:
        require_current(engine)
        yield Service(catalog, ObservationLedger(engine), FitShelf(engine, settings.home / "fits"), ZarrDraws())
    finally:
        engine.dispose()
