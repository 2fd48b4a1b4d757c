from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.catalog.alert_rule import ALERT_RULE_SHAPES, AnyAlertRuleFile, alert_rule_of
from tocsin.catalog.alert_rule_document import document_of
from tocsin.catalog.document import parse_document
from tocsin.catalog.shape import read_kind
from tocsin.domain.alert_rule import AlertRule, Change, SinceNotice
from tocsin.web.board.rule_form import KINDS, Entry, document_from, entries, kinds, typed_from
from tocsin.web.board.rule_text import as_yaml

_THEATER = full_theater()
_FEEDS = ["inbox"]
_SPANS = st.builds("{} {}".format, st.integers(1, 99), st.sampled_from(["minutes", "hours", "days", "weeks"]))
_WORDS = st.from_regex(r"\A[a-z][a-z0-9-]{0,9}\Z")


def _read(kind: str, typed: dict[str, str]) -> AlertRule:
    """As the catalog reads what the form makes."""
    text = as_yaml(document_from(entries(_THEATER, kind, _FEEDS), kind, typed))
    document, problems = parse_document("rule.yaml", text.encode())
    assert document is not None
    shaped = read_kind(document, ALERT_RULE_SHAPES, problems)
    assert problems == []
    return alert_rule_of(_THEATER.id, "rule", cast("AnyAlertRuleFile", shaped), _THEATER.timeline)


def _usual(kind: str) -> dict[str, str]:
    form = entries(_THEATER, kind, _FEEDS)
    typed = {entry.name: entry.usual or next(iter(entry.choices), "") for entry in form}
    return typed | {"title": "2016", "reason": "The desk asks why."}


def test_there_is_a_form_for_every_kind_of_rule() -> None:
    """That a file can declare; without feeds there is none for their silence."""
    assert set(KINDS) == set(ALERT_RULE_SHAPES)
    assert set(kinds(_THEATER, [])) <= set(KINDS) - {"silent-feed"}


@pytest.mark.parametrize("kind", sorted(kinds(_THEATER, _FEEDS)))
def test_the_form_of_a_kind_begins_with_a_rule_that_can_be_read(kind: str) -> None:
    """But for what only people can say; a title of digits stays a text."""
    rule = _read(kind, _usual(kind))
    assert (rule.title, rule.reason) == ("2016", "The desk asks why.")


@given(
    st.sampled_from(sorted(kinds(_THEATER, _FEEDS))),
    st.fixed_dictionaries(
        {},
        optional={
            "pending.time": _SPANS,
            "pending.publications": st.integers(1, 100).map(str),
            "keep_firing": _SPANS,
            "destinations": st.lists(_WORDS, max_size=3, unique=True).map(", ".join),
            "repeat": _SPANS,
            "inhibited_by": _WORDS,
            "owner": _WORDS,
            "severity": st.sampled_from(["information", "warning", "critical"]),
        },
    ),
    st.sampled_from(
        [
            {},
            {"escalate.after": "1 hour", "escalate.to": "chief"},
            {"active.days": "monday, friday", "active.from": "06:00", "active.to": "22:00"},
        ]
    ),
)
def test_what_a_form_says_is_what_it_shows_of_the_rule_again(
    kind: str, typed: dict[str, str], more: dict[str, str]
) -> None:
    """Through the document and back: nothing that was typed is lost or changed on the way."""
    rule = _read(kind, _usual(kind) | typed | more)
    shown = typed_from(entries(_THEATER, kind, _FEEDS), document_of(rule, _THEATER.timeline))
    assert _read(kind, shown) == rule


def test_a_change_without_a_window_is_one_since_the_last_notice() -> None:
    """As the form says beside the field."""
    rule = _read("change", _usual("change") | {"since.window": "", "floor": "0.02"})
    assert isinstance(rule.condition, Change)
    assert rule.condition.baseline == SinceNotice()
    assert rule.condition.floor == 0.02
    assert rule.keep_firing_for == timedelta(days=1)


@given(st.text())
def test_what_is_no_number_is_kept_as_it_was_typed(text: str) -> None:
    """For the reader of the document to refuse by its field, and none of them is infinite."""
    found = document_from([Entry("at", "At", number=True)], "level", {"at": text}).get("at", "")
    assert found == text.strip() or float(text) == float(found)  # type: ignore[arg-type]
    assert found not in (float("inf"), float("-inf"))
