"""`tocsin score` on a store of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.command import Run


def test_a_store_in_which_nothing_was_published_has_nothing_to_score(run: Run) -> None:
    """It says why, and no score is 0."""
    shown = run("score", "tunisia", "--as-of", "2016-03-08")
    assert shown.code == 0
    assert "no window has been scored" in shown.out
    told = json.loads(run("score", "tunisia", "--json").out)
    assert (told["scored"], told["means"], told["enough_windows"]) == (0, [], 30)


def test_links_and_sources_are_told_without_a_fit_and_without_reports(run: Run) -> None:
    """As they are declared; what is not known is null."""
    links = json.loads(run("score", "tunisia", "--links", "--json").out)
    assert {item["verdict"] for item in links} == {"no fit to tell from"}
    assert "no fit of the declared files is known" in run("score", "tunisia", "--links").out
    assert json.loads(run("score", "tunisia", "--sources", "--json").out) == []
    assert "no report is known" in run("score", "tunisia", "--sources").out


def test_links_and_sources_are_not_asked_for_at_once(run: Run) -> None:
    """With what is accepted."""
    ended = run("score", "tunisia", "--links", "--sources")
    assert ended.code != 0
    assert "one of --links and --sources" in ended.err
