"""The record of alert rules that were set, on a real database: every version, and the last of each."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from support.alerts import START, alert_rule
from tocsin.domain.errors import InvalidDeclarationError, InvalidInputError, Problem, StoreError
from tocsin.domain.event import EventKind
from tocsin.store.alert_rule import RuleShelf
from tocsin.store.engine import writing
from tocsin.store.event import EventShelf
from tocsin.usecases.alert_ports import SetRule
from tocsin.usecases.alert_rules import AlertRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from tocsin.domain.alert_rule import AlertRule

_FIRST = SetRule("full", "high", 1, '{"title": "high – 30 %"}', "grace", START + timedelta(microseconds=1))


def test_every_version_is_kept_and_the_last_of_each_rule_stands(engine: Engine) -> None:
    """A removed one as well, which says so; and nothing of another theater."""
    book = RuleShelf(engine)
    versions = [_FIRST, replace(_FIRST, version=2, document=None, by="ada"), replace(_FIRST, version=3)]
    other, elsewhere = replace(_FIRST, rule="about"), replace(_FIRST, theater="mali")
    seen: dict[str, dict[str, int]] = {"full": {}, "mali": {}}
    for item in (*versions, other, elsewhere):
        assert book.put(item, seen[item.theater])
        seen[item.theater][item.rule] = item.version
    assert book.versions("full", "high") == versions
    assert book.rules("full") == [other, versions[2]]
    assert book.rules("nowhere") == book.versions("full", "nothing") == []
    told = [
        (event.kind, event.subject, event.actor, event.detail["removed"]) for event in EventShelf(engine).after(0, 9)
    ]
    assert told[:2] == [
        (EventKind.RULE_CHANGED, "high", "grace", False),
        (EventKind.RULE_CHANGED, "high", "ada", True),
    ]


@pytest.mark.parametrize("seen", [{}, {"high": 2}, {"high": 1, "other": 1}])
def test_what_was_decided_on_other_rules_than_stand_is_not_written(engine: Engine, seen: dict[str, int]) -> None:
    """Neither it nor an event: somebody else was quicker, with this rule or with one that it may name."""
    book = RuleShelf(engine)
    assert book.put(_FIRST, {})
    assert not book.put(replace(_FIRST, version=2), seen)
    assert book.versions("full", "high") == [_FIRST]
    assert EventShelf(engine).last() == 1


@pytest.mark.parametrize("statement", ["UPDATE alert_rule SET document = 'x'", "DELETE FROM alert_rule"])
def test_no_version_is_ever_rewritten(engine: Engine, statement: str) -> None:
    """By whatever means."""
    RuleShelf(engine).put(_FIRST, {})
    with pytest.raises(StoreError, match="append-only"), writing(engine) as connection:
        connection.execute(text(statement))


class _Interrupted(RuleShelf):
    """A record to which something else is written just before the first time that it is written to."""

    def __init__(self, engine: Engine, meanwhile: Callable[[], object]) -> None:
        super().__init__(engine)
        self._meanwhile: list[Callable[[], object]] = [meanwhile]

    def put(self, version: SetRule, seen: Mapping[str, int]) -> bool:
        """Too late, if what happens changes anything."""
        if self._meanwhile:
            self._meanwhile.pop()()
        return super().put(version, seen)


def _read(theater: str, rule: str, document: str, quieting: Mapping[str, tuple[str, ...]]) -> AlertRule:
    named = tuple(json.loads(document))
    missing = [name for name in named if name not in quieting]
    if missing:
        raise InvalidDeclarationError([Problem("", None, "inhibited_by", missing[0], "a rule of this theater")])
    return alert_rule(id=rule, theater=theater, inhibited_by=named)


def test_no_rule_is_set_that_names_one_that_is_removed_meanwhile(engine: Engine) -> None:
    """Nor is one removed that another comes to name meanwhile; what is unrelated hinders neither."""
    loud, quiet, other = (SetRule("full", name, 1, "[]", "grace", START) for name in ("loud", "quiet", "other"))
    named = replace(quiet, document='["loud"]')
    plain = AlertRules({}, RuleShelf(engine), _read)
    assert plain.put(loud)
    gone = AlertRules({}, _Interrupted(engine, lambda: plain.remove("full", "loud", 1, "ada", START)), _read)
    with pytest.raises(InvalidDeclarationError, match="inhibited_by"):
        gone.put(named)
    assert plain.put(replace(loud, version=3))
    wanted = AlertRules({}, _Interrupted(engine, lambda: plain.put(named)), _read)
    with pytest.raises(InvalidInputError, match="it quiets quiet"):
        wanted.remove("full", "loud", 3, "ada", START)
    busy = AlertRules({}, _Interrupted(engine, lambda: plain.put(other)), _read)
    assert busy.remove("full", "quiet", 1, "ada", START)
    assert set(plain.of("full").known) == {"loud", "other"}
