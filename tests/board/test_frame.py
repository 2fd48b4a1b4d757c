"""What every page has: one signs in to it, it is accessible in both themes, and it asks nobody else for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi.routing import APIRoute
from playwright.sync_api import expect
from starlette.routing import compile_path

from support.access import PASSWORD
from support.boards import PATIENCE_MS, violations
from support.databases import ONLY_SQLITE
from tocsin.web.board.pages import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


_TUNISIA = "/theaters/tunisia"
_PAGES = [
    "/theaters",
    "/keyboard",
    "/account",
    "/admin/accounts",
    "/admin/keys",
    "/admin/destinations",
    "/admin/deliveries",
    "/admin/deliveries?stage=dead",
    "/admin/jobs",
    "/admin/audit",
    _TUNISIA,
    f"{_TUNISIA}?as_of=2016-03-08",
    f"{_TUNISIA}/hand-over",
    f"{_TUNISIA}/observations",
    f"{_TUNISIA}/observations/import",
    f"{_TUNISIA}/observations/{{observation}}",
    f"{_TUNISIA}/evidence",
    f"{_TUNISIA}/review",
    f"{_TUNISIA}/what-if?indicator=group/pledge-publication",
    f"{_TUNISIA}/collection",
    f"{_TUNISIA}/alerts",
    f"{_TUNISIA}/alerts/wilayat-near",
    f"{_TUNISIA}/alerts/protest",
    f"{_TUNISIA}/rules/protest",
    f"{_TUNISIA}/rules",
    f"{_TUNISIA}/rules?kind=change",
    f"{_TUNISIA}/rules?kind=level&text=true",
    f"{_TUNISIA}/rules/wilayat-near",
    f"{_TUNISIA}/scenarios/border-offensive",
    f"{_TUNISIA}/scenarios/border-offensive/why",
    f"{_TUNISIA}/scenarios/border-offensive/outlook",
    f"{_TUNISIA}/why",
    f"{_TUNISIA}/moved",
    f"{_TUNISIA}/fits",
    f"{_TUNISIA}/fits/{{fit}}",
    f"{_TUNISIA}/scores",
    f"{_TUNISIA}/sources",
    "/theaters/nowhere",
]
_DESK = {"kind": "webhook", "title": "The desk", "address": "http://127.0.0.1:9/hook"}
_RULE = {
    "title": "A protest",
    "reason": "The desk asks why.",
    "severity": "critical",
    "kind": "tripwire",
    "indicator": "society/protest",
    "at_least": 1,
    "within_days": 7,
    "destinations": ["desk"],
}
_THEMES: list[Literal["light", "dark"]] = ["light", "dark"]
_LED_ON = {"/admin"}
"""Addresses that only lead to another page."""


def test_every_page_is_looked_at() -> None:
    """Whoever adds a page has it looked at in both themes, on a telephone, and by axe."""
    patterns = [
        compile_path(route.path)[0]
        for page in PAGES
        for route in page.router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods and route.path not in _LED_ON
    ]
    asked = [path.partition("?")[0] for path in [*_PAGES, "/sign-in"]]
    missed = [pattern.pattern for pattern in patterns if not any(pattern.match(path) for path in asked)]
    assert missed == []


def _send(page: Page, method: str, path: str, data: dict[str, object]) -> dict[str, Any]:
    ask = getattr(page.request, method)
    answer = ask(f"/api/v1{path}", data=data, headers={"Sec-Fetch-Site": "same-origin"}, timeout=PATIENCE_MS)
    assert answer.ok, answer.text()
    told: dict[str, Any] = answer.json()
    return told


def _ring(board: Board, page: Page) -> None:
    """An alert that fires, one that is silenced, and a notice that was given up."""
    _send(page, "put", "/destinations/desk", _DESK)
    _send(page, "put", "/alert-rules/tunisia/protest", {"rule": _RULE})
    _send(page, "put", "/alert-rules/tunisia/unrest", {"rule": _RULE | {"title": "Unrest"}})
    silence = {"theater": "tunisia", "rule": "unrest", "ends_at": "2016-03-10T00:00:00Z", "comment": "an exercise"}
    _send(page, "post", "/silences", silence)
    board.judge()
    board.give_up()
    phases = [page.request.get(f"/api/v1/alerts/tunisia/{rule}").json()["phase"] for rule in ("protest", "unrest")]
    assert phases == ["firing", "firing"]


@ONLY_SQLITE
def test_axe_finds_nothing_wrong_on_any_page(own_board: Board) -> None:
    """In both themes, signed in and not; and none is wider than a telephone."""
    found: list[str] = []
    with own_board.visitor("admin", viewport={"width": 360, "height": 740}) as page:
        report = {"indicator": "society/protest", "observed_on": "2016-03-09", "value": 1, "grade": "B2"}
        told = _send(page, "post", f"{_TUNISIA}/observations", report)
        _ring(own_board, page)
        names = {"observation": told["added"][0], "fit": told["change"]["shifts"][0]["after"]["fit"]}
        for path in [item.format(**names) for item in _PAGES]:
            page.goto(path)
            for theme in _THEMES:
                page.emulate_media(color_scheme=theme)
                found += violations(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    with own_board.visitor(None) as page:
        page.goto("/sign-in")
        for theme in _THEMES:
            page.emulate_media(color_scheme=theme)
            found += violations(page)
    assert found == []
