"""The board as people use it: a real server on a store of its own, and Debian's Chromium.

Run as a program it is that server: whoever signs in is believed by the store, and its clock begins on the night after
Ben Guerdane.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from support.access import CHEAP, OPERATOR, PASSWORD
from support.refusing import give_up
from support.serving import running
from tocsin.bootstrap.service import open_service
from tocsin.domain.access import Role
from tocsin.jobs.alarm import make_alarm
from tocsin.settings import Settings
from tocsin.store.copy import copy_store
from tocsin.store.engine import open_engine
from tocsin.usecases.add_account import add_account
from tocsin.usecases.publish import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page
    from sqlalchemy import Engine

    from support.kit import FittedStore
    from support.serving import Server

BEGIN = datetime(2016, 3, 9, 12, tzinfo=UTC)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ABSENT = "Debian's Chromium is not installed; it comes with: apt-get install chromium"
AXE = next((Path(__file__).parent / "axe").glob("axe-*.min.js"))
_CLOCK = "TOCSIN_TEST_BEGIN"
PATIENCE_MS = 60_000.0  # machines are shared
_REFUSED = "the server responded with a status of 4"
"""What a browser also notes as an error: an answer that refuses."""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Faults:
    """What a page must not do, as its browser tells it."""

    told: list[str] = field(default_factory=list)

    def watch(self, page: Page, address: str) -> None:
        """Note errors of scripts, what the policy refused, and requests that leave the server."""
        page.on("console", lambda said: self.told.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.on("request", lambda asked: self._left(asked.url, address))

    def _left(self, url: str, address: str) -> None:
        if not url.startswith((address + "/", "data:")):
            self.told.append(f"asked elsewhere: {url}")


@dataclass
class Board:
    """A server, and browsers on it."""

    server: Server
    browser: Browser
    settings: Settings

    def judge(self) -> None:
        """What a worker does when something has come in: it judges the rules, once."""
        with open_service(self.settings) as service:
            make_alarm(self.settings, service, lambda: BEGIN + timedelta(minutes=5)).bell.look()

    @contextmanager
    def visitor(self, name: str | None = "officer", *, watched: bool = True, **more: object) -> Iterator[Page]:
        """A page of somebody who has signed in, or of nobody; at the end it must have done nothing that it may not.

        What is refused on purpose shows in the browser's console as well: it is left out of account.
        """
        context = self.browser.new_context(base_url=self.server.address, **more)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        faults = Faults()
        try:
            page = context.new_page()
            if watched:
                faults.watch(page, self.server.address)
            if name is not None:
                self._sign_in(context, name)
            yield page
        finally:
            context.close()
        assert [item for item in faults.told if _REFUSED not in item] == []

    def _sign_in(self, context: BrowserContext, name: str) -> None:
        answer = context.request.post(
            "/api/v1/session",
            data={"name": name, "password": PASSWORD},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status == 201, answer.text()

    def publish(self) -> None:
        """Put the odds of the beginning on record."""
        with open_service(self.settings) as service:
            publish(
                service.catalog.theater("tunisia"),
                ledger=service.ledger,
                fits=service.fits,
                codec=service.codec,
                publications=service.publications,
                now=BEGIN,
            )

    def give_up(self) -> None:
        """Have every notice that is on its way refused until it is given up."""
        with open_service(self.settings) as service:
            give_up(service, BEGIN + timedelta(minutes=5))


@contextmanager
def open_board(browser: Browser, store: FittedStore, engine: Engine, url: str, home: Path) -> Iterator[Board]:
    """A server on a copy of a fitted store in a database, with an account of each role: its name, and `PASSWORD`."""
    store.copy(home)
    source = open_engine(Settings(home=home).store_url)
    copy_store(source, engine, lambda _: None)
    source.dispose()
    settings = Settings(home=home, database_url=url)  # type: ignore[arg-type]
    with open_service(settings) as service:
        access = replace(service.access, passwords=CHEAP)
        for role in Role:
            add_account(role.value, PASSWORD, role=role, theaters=None, actor=OPERATOR, access=access, now=BEGIN)
    variables = {"TOCSIN_DATABASE_URL": url, _CLOCK: BEGIN.isoformat()}
    with running(home, "-m", "support.boards", **variables) as server:
        yield Board(server, browser, settings)


def violations(page: Page) -> list[str]:
    """What axe finds wrong on a page: the rule, what it means, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", _RULES)
    return [
        f"{page.url}: {item['id']}: {item['help']}: {node['html'][:200]} {node['failureSummary']}"
        for item in found["violations"]
        for node in item["nodes"]
    ]


def _serve() -> None:
    from tocsin.bootstrap.logs import set_up_logs  # noqa: PLC0415 (the program's alone)
    from tocsin.web.gate import open_gate  # noqa: PLC0415 (as above)
    from tocsin.web.serve import listen, serve  # noqa: PLC0415 (as above)

    settings, clock = Settings(), _ticking(datetime.fromisoformat(os.environ[_CLOCK]))
    set_up_logs(settings, quiet=False)
    with listen(settings) as found:
        serve(
            settings,
            found,
            lambda service: open_gate(
                replace(service.access, passwords=CHEAP), service.events, service.freshness, clock
            ),
            clock,
        )


def _ticking(begin: datetime) -> Callable[[], datetime]:
    return partial(_passed, begin, time.monotonic())


def _passed(begin: datetime, since: float) -> datetime:
    return begin + timedelta(seconds=time.monotonic() - since)


if __name__ == "__main__":
    _serve()
