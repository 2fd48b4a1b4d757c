"""How it stands with the store, the workers, the fits and the feeds: one look for `/readyz` and for `/metrics`."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.bootstrap.feeds import missing_settings
from tocsin.domain.errors import StoreError, TocsinError
from tocsin.usecases.alert_overview import overview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.delivery import Stage
    from tocsin.domain.feed import FeedState
    from tocsin.domain.job import Worker
    from tocsin.usecases.alert_overview import Overview
    from tocsin.usecases.ports import Counts
    from tocsin.usecases.read_odds import Reading
    from tocsin.web.means import Means

READY_SECONDS = 1.0
"""How old an answer of `/readyz` may be: however often it is asked, the store is not."""
METRICS_SECONDS = 5.0
PATIENCE_SECONDS = 3.0
"""How long whoever asks waits for a look that is under way; then the last one is told, or that there is no answer."""
_OLDEST_SECONDS = 30.0  # of a look that is told while the next one is under way
_COUNT_SECONDS = 60.0  # counting a ledger of millions is not quick


@dataclass(frozen=True, eq=False, slots=True)
class Stock:
    """How it stands at an instant.

    Attributes:
        at: When this was looked at.
        problem: Why the store cannot be used; None where it can, and then the rest is there.
        worker: The worker that ticked last; None where there never was one.
        readings: The odds of each theater that has an accepted fit.
        feeds: How it stands with each feed that is on.
        alerts: How the alert of each rule stands.
        deliveries: How many messages to a destination are in a stage.
        counts: How much the store holds; None where that could not be counted.
    """

    at: datetime
    problem: str | None
    worker: Worker | None
    readings: Mapping[str, Reading]
    feeds: Mapping[str, FeedState]
    counts: Counts | None
    alerts: Sequence[Overview] = ()
    deliveries: Mapping[tuple[str, Stage], int] = field(default_factory=dict)


class StockRoom:
    """Keeps the last look for a while; all who ask share the next one.

    That has a thread of its own: with a store that hangs, those who ask would else fill the pool that all routes share.
    """

    def __init__(self, means: Means) -> None:
        """Look at the store of these means."""
        self._means = means
        self._lock = threading.Lock()
        self._last: tuple[float, Stock] | None = None
        self._looking: Future[Stock] | None = None
        self._counted: tuple[float, Counts] | None = None

    async def look(self, most_seconds: float) -> Stock:
        """How it stands, or how it stood at most so many seconds ago; a little more where the store is slow."""
        kept = self._kept(most_seconds)
        if kept is not None:
            return kept
        found = asyncio.wrap_future(self._begin())
        await asyncio.wait({found}, timeout=PATIENCE_SECONDS)
        if found.done():
            return found.result()
        found.cancel()
        kept = self._kept(_OLDEST_SECONDS)
        if kept is not None:
            return kept
        problem = f"the store has not answered within {PATIENCE_SECONDS:g} s"
        return Stock(self._means.clock(), problem, None, {}, {}, None)

    def _kept(self, most_seconds: float) -> Stock | None:
        last = self._last
        return None if last is None or time.monotonic() - last[0] > most_seconds else last[1]

    def _begin(self) -> Future[Stock]:
        """The look that is under way, begun where there is none."""
        with self._lock:
            if self._looking is None or self._looking.done():
                self._looking = Future()
                self._looking.set_running_or_notify_cancel()  # whoever waits no longer does not stop it for others
                threading.Thread(target=self._find, args=(self._looking,), name="tocsin stock", daemon=True).start()
            return self._looking

    def _find(self, found: Future[Stock]) -> None:
        try:
            stock = self._look()
        except BaseException as error:  # noqa: BLE001 (whoever waits for it hears of it)
            found.set_exception(error)
            return
        self._last = time.monotonic(), stock
        found.set_result(stock)

    def _look(self) -> Stock:
        service, now = self._means.service, self._means.clock()
        try:
            service.tally.require_current()
            workers = service.jobs.workers()
            settings = self._means.settings
            on = [item for item in service.catalog.feeds.values() if not missing_settings(item, settings)]
            return Stock(
                at=now,
                problem=None,
                worker=workers[0] if workers else None,
                readings=self._readings(now),
                feeds={item.id: service.feeds.state(item.id) for item in on},
                counts=self._counts(),
                alerts=self._alerts(now),
                deliveries=service.deliveries.counts(),
            )
        except StoreError as error:
            return Stock(now, str(error), None, {}, {}, None)

    def _readings(self, now: datetime) -> dict[str, Reading]:
        found = {}
        for name, theater in self._means.service.catalog.theaters.items():
            try:
                found[name] = self._means.desk.read(theater, now)
            except StoreError:
                raise
            except TocsinError:
                continue  # no accepted fit: the theater has no odds, which is not the store's fault
        return found

    def _alerts(self, now: datetime) -> list[Overview]:
        service = self._means.service
        names = list(service.catalog.theaters)
        return [item for name in names for item in overview(name, rules=service.rules, book=service.alerts, now=now)]

    def _counts(self) -> Counts:
        if self._counted is None or time.monotonic() - self._counted[0] > _COUNT_SECONDS:
            self._counted = time.monotonic(), self._means.service.tally.counts()
        return self._counted[1]
