"""Everything but the sampler, put together: what reading and recording need. Never imports PyMC."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tocsin.bootstrap.draws import LateDraws
from tocsin.catalog.kit import find_kit
from tocsin.catalog.read import Catalog, read_catalog
from tocsin.catalog.set_rule import read_set_rule
from tocsin.domain.errors import StoreError
from tocsin.domain.job import patience_seconds
from tocsin.store.access import open_access
from tocsin.store.alert import AlertShelf
from tocsin.store.alert_rule import RuleShelf
from tocsin.store.answer import AnswerShelf
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf
from tocsin.store.engine import open_engine
from tocsin.store.event import EventShelf
from tocsin.store.feed import FeedShelf
from tocsin.store.fit import FitShelf
from tocsin.store.inspection import StoreInspection
from tocsin.store.job import JobRecord
from tocsin.store.migrate import require_current
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.store.resolution import ResolutionShelf
from tocsin.store.review import ReviewShelf
from tocsin.store.silence import SilenceShelf
from tocsin.store.tally import StoreTally
from tocsin.usecases.alert_rules import AlertRules
from tocsin.usecases.freshness import Freshness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tocsin.settings import Settings
    from tocsin.usecases.access_ports import Access
    from tocsin.usecases.alert_ports import AlertBook, DeliveryBook, DestinationBook, SilenceBook
    from tocsin.usecases.answer_ports import AnswerBook
    from tocsin.usecases.feed_ports import FeedBook, ReviewQueue
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.ports import (
        DrawsCodec,
        EventBook,
        FitBook,
        Inspection,
        Ledger,
        PublicationBook,
        ResolutionBook,
        Tally,
    )


@dataclass(frozen=True, slots=True)
class Service:
    """The catalog and the adapters of one store."""

    catalog: Catalog
    ledger: Ledger
    fits: FitBook
    codec: DrawsCodec
    jobs: JobBook
    publications: PublicationBook
    resolutions: ResolutionBook
    inspection: Inspection
    feeds: FeedBook
    review: ReviewQueue
    events: EventBook
    freshness: Freshness
    answers: AnswerBook
    tally: Tally
    access: Access
    rules: AlertRules
    alerts: AlertBook
    silences: SilenceBook
    deliveries: DeliveryBook
    destinations: DestinationBook


def catalog_folder(settings: Settings) -> Path:
    """Where declarations are read from."""
    return find_kit() if settings.catalog is None else settings.catalog


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@contextmanager
def open_service(settings: Settings, clock: Callable[[], datetime] | None = now) -> Iterator[Service]:
    """The service on a store that is up to date; StoreError, with what to do, where it is not.

    `clock` says when a writer's turn came (`ObservationLedger`); without one, observations bear their own instants.
    """
    catalog = read_catalog(catalog_folder(settings))
    if settings.store_file is not None and not settings.store_file.exists():
        message = (
            f"there is no store in {settings.home}; set TOCSIN_HOME to where it is, or make one: tocsin db upgrade"
        )
        raise StoreError(message)
    engine = open_engine(settings.store_url)
    leases = open_engine(settings.store_url, patience_seconds(timedelta(seconds=settings.lease_seconds)))
    try:
        require_current(engine)
        events = EventShelf(engine)
        yield Service(
            catalog=catalog,
            ledger=ObservationLedger(engine, clock),
            fits=FitShelf(engine, settings.draws_folder),
            codec=LateDraws(),
            jobs=JobRecord(leases),
            publications=PublicationShelf(engine),
            resolutions=ResolutionShelf(engine),
            inspection=StoreInspection(engine, settings.draws_folder),
            feeds=FeedShelf(engine),
            review=ReviewShelf(engine, clock),
            events=events,
            freshness=Freshness(events),
            answers=AnswerShelf(engine),
            tally=StoreTally(engine),
            access=open_access(engine),
            rules=AlertRules(catalog.alert_rules, RuleShelf(engine), partial(read_set_rule, catalog)),
            alerts=AlertShelf(engine),
            silences=SilenceShelf(engine),
            deliveries=DeliveryShelf(engine),
            destinations=DestinationShelf(engine),
        )
    finally:
        leases.dispose()
        engine.dispose()
