"""A board that stands open: it moves as things come in, and says when it cannot hear any more."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import httpx2
from playwright.sync_api import expect

from support.access import PASSWORD
from support.databases import ONLY_SQLITE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.boards import Board

_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-09", "value": 1, "grade": "B2"}


def _odds(page: Page) -> str:
    return page.locator('[data-odds="border-offensive 30"]').inner_text()


def test_what_somebody_else_logs_moves_the_board_without_reload(own_board: Board) -> None:
    """The odds, the trend and the mark beside them change, while the page is the one that was loaded."""
    own_board.publish()
    trend = '[aria-label^="Sustained offensive at the border within 90 days"] path.line'
    with own_board.visitor("viewer") as page:
        page.goto("/theaters/tunisia")
        expect(page.locator("#link-state")).to_have_text("live")
        page.evaluate("window.loadedOnce = true")
        before, drawn = _odds(page), page.locator(trend).get_attribute("d")
        assert drawn
        with httpx2.Client(base_url=own_board.server.address, headers={"Sec-Fetch-Site": "same-origin"}) as desk:
            assert desk.post("/api/v1/session", json={"name": "analyst", "password": PASSWORD}).status_code == 201
            assert desk.post("/api/v1/theaters/tunisia/observations", json=_ATTACK, timeout=60).status_code == 201
        expect(page.locator('[data-odds="border-offensive 30"]')).not_to_have_text(before)
        expect(page.locator(trend)).not_to_have_attribute("d", drawn)
        expect(page.locator("#board")).to_contain_text(re.compile(r"▲ \+\d+ points"))
        assert page.evaluate("window.loadedOnce") is True


@ONLY_SQLITE
def test_a_board_whose_server_is_gone_says_since_when(own_board: Board) -> None:
    """It must not look as if nothing happened."""
    with own_board.visitor("viewer", watched=False) as page:  # what cannot be reached is an error to the browser
        page.goto("/theaters/tunisia")
        expect(page.locator("#link-state")).to_have_text("live")
        own_board.server.stop(signal.SIGTERM)
        expect(page.locator("#link-state")).to_contain_text("what you see may be old")
        expect(page.locator("#link-state")).to_have_class(re.compile("bad"))
