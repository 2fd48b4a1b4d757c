"""What every page has: one signs in to it, it is accessible in both themes, and it asks nobody else for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.access import PASSWORD
from support.boards import violations
from support.databases import ONLY_SQLITE

if TYPE_CHECKING:
    from support.boards import Board


def test_who_has_not_signed_in_is_led_there_and_on_to_where_they_wanted_to_go(board: Board) -> None:
    """A wrong password says so and keeps the name; the right one leads on; signing out leads back."""
    with board.visitor(None) as page:
        page.goto("/theaters/tunisia")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_label("Name").fill("officer")
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        expect(page.get_by_label("Name")).to_have_value("officer")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(board.server.address + "/theaters/tunisia")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Tunisia")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


_PAGES = ["/theaters", "/keyboard", "/theaters/tunisia", "/theaters/tunisia?as_of=2016-03-08", "/theaters/nowhere"]


@ONLY_SQLITE
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_any_page(board: Board, theme: str) -> None:
    """In both themes, signed in and not; and none is wider than a telephone."""
    found: list[str] = []
    with board.visitor("admin", color_scheme=theme, viewport={"width": 360, "height": 740}) as page:
        for path in _PAGES:
            page.goto(path)
            found += violations(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    with board.visitor(None, color_scheme=theme) as page:
        page.goto("/sign-in")
        found += violations(page)
    assert found == []
