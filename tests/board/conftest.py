"""A browser, and the board on a store of each kind."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.boards import ABSENT, CHROMIUM, PATIENCE_MS, Board, open_board
from tocsin.store.engine import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from support.databases import Database
    from support.kit import FittedStore


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip(ABSENT)
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 (only where there is a browser)

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        # As root, which CI is, it has no sandbox; it opens nothing but our own pages.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def _opened(chromium: Browser, database: Database, store: FittedStore, home: Path) -> Iterator[Board]:
    with database.fresh(upgraded=True) as url:
        engine = open_engine(url)
        with open_board(chromium, store, engine, url, home) as opened:
            yield opened
        engine.dispose()


@pytest.fixture(scope="session")
def board(
    chromium: Browser, database: Database, fitted_store: FittedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    """The board with a fit of the day before, on SQLite and on PostgreSQL; its clock begins on 9 March 2016 at noon.

    Tests share it: each logs what no other does, and counts on nothing that another may have changed.
    """
    with _opened(chromium, database, fitted_store, tmp_path_factory.mktemp("board")) as opened:
        yield opened


@pytest.fixture
def own_board(chromium: Browser, database: Database, fitted_store: FittedStore, tmp_path: Path) -> Iterator[Board]:
    """The same for one test alone."""
    with _opened(chromium, database, fitted_store, tmp_path) as opened:
        yield opened
