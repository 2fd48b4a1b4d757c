"""The application on the Tunisia theater with its fit of 8 March 2016, and on stores that a test may write to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from support.access import Guarded, open_guarded
from support.growing_web import growing  # noqa: F401 - a fixture for all
from support.jobs import Hands
from support.web import Web, open_app
from tocsin.bootstrap.service import Service, open_service
from tocsin.settings import Settings
from tocsin.store.copy import copy_store
from tocsin.store.engine import open_engine
from tocsin.usecases.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from sqlalchemy import Engine

    from support.kit import FittedStore, Kit
    from tocsin.domain.event import Event
    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation

_LATE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def web(kit: Kit, tunisia_fit: Fit) -> Iterator[Web]:
    """The application on the shared store; a test that writes takes a store of its own."""
    del tunisia_fit  # it must be there
    service = kit.service
    desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
    with open_app(service, desk, Settings(home=kit.home), lambda: kit.now) as opened:
        yield opened


@dataclass(frozen=True)
class Own:
    """An application on a store of its own, which a test may write to."""

    web: Web
    clock: Hands

    @property
    def service(self) -> Service:
        """What it acts through."""
        return self.web.means.service

    def post(self, path: str, sent: object = None, **more: object) -> Response:
        """Send JSON to an address under the Tunisia theater."""
        body = json.dumps(sent)  # in ASCII, so that a test may send what no UTF-8 can hold
        headers = {"content-type": "application/json", **more.pop("headers", {})}  # type: ignore[dict-item]
        return self.web.client.post(f"/api/v1/theaters/tunisia/{path}", content=body, headers=headers, **more)

    def ledger(self) -> list[Observation]:
        """Everything that the ledger holds of the theater."""
        theater = self.service.catalog.theater("tunisia")
        return self.service.ledger.observations([item.id for item in theater.indicators], _LATE)

    def events(self) -> list[Event]:
        """Everything that was told."""
        return self.service.events.after(0, 1000)


@pytest.fixture
def own(url: str, engine: Engine, tmp_path: Path) -> Iterator[Own]:
    """The shipped theaters on an empty store, on SQLite and on PostgreSQL, two days after Ben Guerdane."""
    del engine  # it makes the tables
    with _open_own(Settings(home=tmp_path, database_url=SecretStr(url))) as opened:
        yield opened


@pytest.fixture
def fitted(url: str, engine: Engine, fitted_store: FittedStore, tmp_path: Path) -> Iterator[Own]:
    """The same on a copy of the shared store, with the fit of the day before."""
    fitted_store.copy(tmp_path)
    source = open_engine(Settings(home=tmp_path).store_url)
    copy_store(source, engine, lambda _: None)
    source.dispose()
    with _open_own(Settings(home=tmp_path, database_url=SecretStr(url))) as opened:
        yield opened


@contextmanager
def _open_own(settings: Settings) -> Iterator[Own]:
    clock = Hands(datetime(2016, 3, 9, 12, tzinfo=UTC))
    with open_service(settings, clock=lambda: clock.now) as service:
        desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
        with open_app(service, desk, settings, lambda: clock.now) as opened:
            yield Own(opened, clock)


@pytest.fixture
def guarded(tmp_path: Path, url: str, engine: Engine) -> Iterator[Guarded]:
    """The application behind its real gate, on a fresh store, on each kind of database."""
    del engine  # it has the store's tables made
    with open_guarded(tmp_path, url) as opened:
        yield opened
