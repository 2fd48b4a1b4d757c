"""The main tasks, in a browser: as an analyst feeds the board and as an officer keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from support.boards import Board

_PLACE = "/theaters/tunisia"


def _log_an_attack(page: Page, what: str) -> None:
    page.goto(f"{_PLACE}/observations")
    page.get_by_label("Indicator", exact=True).first.fill("violence/border-attack")
    page.get_by_label("Value").fill("1")
    page.get_by_role("textbox", name="What was seen").fill(what)


def test_an_analyst_previews_logs_corrects_and_sees_the_odds_move_without_reload(board: Board) -> None:
    """The definition shows as the indicator is typed; the odds beside the form follow."""
    with board.visitor("analyst") as page:
        _log_an_attack(page, "A patrol was attacked.")
        page.evaluate("window.loadedOnce = true")
        expect(page.locator("#definition")).to_contain_text("count")
        now = page.locator('#odds-now [data-odds="border-offensive 30"]')
        before = now.inner_text()
        page.get_by_role("button", name="Preview the effect").click()
        expect(page.locator("#outcome")).to_contain_text("nothing is recorded")
        expect(page.get_by_role("textbox", name="What was seen")).to_have_value("A patrol was attacked.")
        page.get_by_role("button", name="Record").click()
        expect(page.locator("#outcome")).to_contain_text("Recorded as")
        expect(page.locator("#outcome")).to_contain_text(re.compile(r"▲ \+\d+ points"))
        expect(now).not_to_have_text(before)
        expect(page.locator("#recent")).to_contain_text("A patrol was attacked.")
        assert page.evaluate("window.loadedOnce") is True
        page.locator("#outcome a.mono").click()
        page.get_by_label("Value").fill("2")
        page.get_by_label("Why it is corrected").fill("counted again")
        page.get_by_role("button", name="Record the correction").click()
        expect(page.locator("#record")).to_contain_text("2 versions")
        expect(page.locator("#record")).to_contain_text("counted again")


def test_a_file_with_errors_is_refused_line_by_line_and_then_taken(board: Board, tmp_path: Path) -> None:
    """In a browser, which sends the fields that were left empty as well."""
    head, good = "observed_on,indicator,value,grade\n", "2016-03-07,society/protest,2,B2\n"
    bad, mended = tmp_path / "bad.csv", tmp_path / "mended.csv"
    bad.write_text(f"{head}{good}2016-03-08,society/protest,-2,B2\n", encoding="utf-8")
    mended.write_text(head + good, encoding="utf-8")
    with board.visitor("analyst") as page:
        page.goto(f"{_PLACE}/observations/import")
        page.get_by_label("CSV or JSON lines").set_input_files(bad)
        page.get_by_role("button", name="Check it").click()
        expect(page.locator("#import")).to_contain_text("Nothing was recorded: 1 problem")
        expect(page.locator("#import td").first).to_have_text("3")
        page.get_by_label("CSV or JSON lines").set_input_files(mended)
        page.get_by_role("button", name="Check it").click()
        expect(page.locator("#import")).to_contain_text("It would record 1 row")
        page.get_by_role("button", name="Import all rows").click()
        expect(page.locator("#import")).to_contain_text("1 row recorded")


def test_everything_is_done_without_scripts_too(board: Board) -> None:
    """On a telephone: log, read what it did, ask what if, look back by the slider: plain forms and links."""
    telephone = {"width": 360, "height": 740}
    with board.visitor("analyst", java_script_enabled=False, viewport=telephone) as page:
        page.goto(_PLACE)
        expect(page.locator('[data-odds="border-offensive 30"]')).to_be_visible()
        page.get_by_role("link", name="Log an observation").click()
        page.get_by_label("Indicator", exact=True).first.fill("society/insecurity-protest")
        page.get_by_label("Value").fill("1")
        page.get_by_role("button", name="Record").click()
        expect(page.locator("#outcome")).to_contain_text("Recorded as")
        page.goto(f"{_PLACE}/what-if")
        page.get_by_label("Indicator of reading 1").select_option("group/pledge-publication")
        page.get_by_role("button", name="What would the odds be?").click()
        expect(page.locator("#answer")).to_contain_text("If so")
        page.get_by_role("button", name="Add a row").click()
        expect(page.get_by_label("Indicator of reading 2")).to_be_visible()
        expect(page.get_by_label("Indicator of reading 1")).to_have_value("group/pledge-publication")


def test_an_officer_sees_an_alert_fire_and_takes_it_up(own_board: Board) -> None:
    """It rings on the board that stands open, waits for somebody, and waits no more once it is in hand."""
    with own_board.visitor("admin") as page:
        page.goto(f"{_PLACE}/rules?kind=tripwire")
        page.get_by_label("Id").fill("attack")
        page.get_by_label("What it is about").fill("An attack at the border")
        page.get_by_label("Why somebody wants to be told").fill("The desk calls the border command.")
        page.get_by_label("Severity").select_option("critical")
        page.get_by_label("Indicator").select_option("violence/border-attack")
        page.get_by_label("At least").fill("1")
        page.get_by_label("Escalates after").fill("1 hour")
        page.get_by_label("Escalates to").fill("log")
        page.get_by_role("button", name="Rehearse it").click()
        expect(page.locator("#rule")).to_contain_text("Escalates to log, where nobody has taken it up for 1 h 0 min.")
        page.get_by_role("button", name="Set the rule").click()
        expect(page).to_have_url(re.compile("/alerts/attack$"))
        _log_an_attack(page, "A post was attacked.")
        page.get_by_role("button", name="Record").click()
        expect(page.locator("#outcome")).to_contain_text("Recorded as")
    with own_board.visitor("officer") as page:
        page.goto(_PLACE)
        expect(page.locator("#link-state")).to_have_text("live")
        page.evaluate("window.loadedOnce = true")
        own_board.judge()
        waiting = page.locator("#board").get_by_role("link", name="An attack at the border")
        expect(waiting).to_be_visible()
        assert page.evaluate("window.loadedOnce") is True
        waiting.click()
        expect(page.locator("#state")).to_contain_text("nobody")
        expect(page.locator("aside")).to_contain_text("to log, where nobody has taken it up for 1 h 0 min")
        page.get_by_label("What you do about it").fill("calling the command")
        page.get_by_label("hours", exact=True).fill("soon")
        page.get_by_role("button", name="Take it up").click()
        expect(page.get_by_role("alert")).to_contain_text("a whole number of hours")
        expect(page.get_by_label("What you do about it")).to_have_value("calling the command")
        expect(page.get_by_label("hours", exact=True)).to_be_focused()
        page.get_by_label("hours", exact=True).fill("4")
        page.get_by_role("button", name="Take it up").click()
        expect(page.locator("#state")).to_contain_text("officer")
        page.goto(_PLACE)
        expect(page.locator("#board")).to_contain_text("in hand: officer")
        expect(page.locator("#board")).not_to_contain_text("waits for somebody")


def test_what_if_changes_side_by_side_without_reload(board: Board) -> None:
    """With scripts the answer takes its place, and the address can be shared."""
    with board.visitor("viewer") as page:
        page.goto(f"{_PLACE}/what-if")
        page.evaluate("window.loadedOnce = true")
        page.get_by_label("Indicator of reading 1").select_option("group/pledge-publication")
        page.get_by_role("button", name="What would the odds be?").click()
        expect(page.locator("#answer")).to_contain_text("If so")
        assert page.evaluate("window.loadedOnce") is True
        expect(page.get_by_label("A link to this")).to_have_value(re.compile("pledge-publication"))


def test_the_keyboard_alone_leads_from_the_board_to_a_logged_report(board: Board) -> None:
    """Keys go to the page, tabs through the form, and enter records; the first tab skips to the content."""
    with board.visitor("analyst") as page:
        page.goto(_PLACE)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("g")
        page.keyboard.press("o")
        expect(page).to_have_url(re.compile("/observations$"))
        page.get_by_label("Indicator", exact=True).first.focus()
        page.keyboard.type("group/governance-act")
        for _ in range(40):
            if page.evaluate("document.activeElement.id") == "f-value":
                break
            page.keyboard.press("Tab")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        expect(page.locator("#outcome")).to_contain_text("Recorded as")


def test_the_board_looks_back_and_the_hand_over_prints_on_one_page(board: Board) -> None:
    """As of a day nothing can be changed; on paper there are no buttons."""
    with board.visitor("officer") as page:
        page.goto(_PLACE)
        page.get_by_label("As of").fill("2016-03-08")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("You look at the past")).to_be_visible()
        expect(page.get_by_role("link", name="Log an observation")).to_have_count(0)
        page.goto(f"{_PLACE}/hand-over")
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".places")).to_be_hidden()
        printed = page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_charts_are_drawn_from_the_tables_that_stand_behind_them(board: Board) -> None:
    """What a fit has learned: an SVG with a name, a table below it, and both have a row each."""
    with board.visitor("viewer") as page:
        page.goto(f"{_PLACE}/fits")
        page.locator("#fits a.mono").first.click()
        svg = page.locator('figure[data-chart="ranges"] .plot svg')
        expect(svg).to_be_visible()
        expect(svg).to_have_attribute("role", "img")
        rows = page.locator('figure[data-chart="ranges"] tbody tr').count()
        assert rows == svg.locator("circle").count() == 24
