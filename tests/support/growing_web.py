"""The application on a store of its own with nothing in it, for tests that write."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from support.web import Web, open_app
from tocsin.bootstrap.service import open_service
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROWING_NOW = datetime(2016, 3, 31, tzinfo=UTC)


@pytest.fixture
def growing(url: str, tmp_path: Path) -> Iterator[Web]:
    """The application on the Tunisia theater without a report or a fit, at the end of March 2016."""
    own = Settings(home=tmp_path, database_url=SecretStr(url))
    upgrade(own.store_url)
    with ExitStack() as stack:
        service = stack.enter_context(open_service(own, clock=None))
        desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
        yield stack.enter_context(open_app(service, desk, own, lambda: GROWING_NOW))
