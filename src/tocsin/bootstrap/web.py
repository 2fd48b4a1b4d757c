"""The web process, put together. Never imports the sampler."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tocsin.bootstrap.memory import give_back_large_arrays
from tocsin.bootstrap.service import now, open_service
from tocsin.usecases.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tocsin.bootstrap.service import Service
    from tocsin.settings import Settings


@contextmanager
def open_desk(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[tuple[Service, Desk]]:
    """A service on a store that is up to date, and the desk that answers about its odds."""
    give_back_large_arrays()
    with open_service(settings, clock) as service:
        desk = Desk(
            service.ledger,
            service.fits,
            service.codec,
            service.events,
            service.freshness,
            ahead=settings.prepare_ahead,
        )
        try:
            yield service, desk
        finally:
            desk.close()
