"""A browser, and the board on a store of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.boards import ABSENT, CHROMIUM, PATIENCE_MS, Board, open_board

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from sqlalchemy import Engine

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


@pytest.fixture
def board(chromium: Browser, url: str, engine: Engine, fitted_store: FittedStore, tmp_path: Path) -> Iterator[Board]:
    """The board with a fit of the day before, on SQLite and on PostgreSQL; its clock begins on 9 March 2016 at noon."""
    with open_board(chromium, fitted_store, engine, url, tmp_path) as opened:
        yield opened
