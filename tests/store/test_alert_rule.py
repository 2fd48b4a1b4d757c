"""The record of alert rules that were set, on a real database: every version, and the last of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from support.alerts import START
from tocsin.domain.errors import StoreError
from tocsin.domain.event import EventKind
from tocsin.store.alert_rule import RuleShelf
from tocsin.store.engine import writing
from tocsin.store.event import EventShelf
from tocsin.usecases.alert_ports import SetRule

if TYPE_CHECKING:
    from sqlalchemy import Engine

_FIRST = SetRule("full", "high", 1, '{"title": "high – 30 %"}', "grace", START + timedelta(microseconds=1))


def test_every_version_is_kept_and_the_last_of_each_rule_stands(engine: Engine) -> None:
    """A removed one as well, which says so; and nothing of another theater."""
    book = RuleShelf(engine)
    versions = [_FIRST, replace(_FIRST, version=2, document=None, by="ada"), replace(_FIRST, version=3)]
    other, elsewhere = replace(_FIRST, rule="about"), replace(_FIRST, theater="mali")
    assert all(book.put(item) for item in (*versions, other, elsewhere))
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


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_that_does_not_follow_the_last_one_is_not_written(engine: Engine, version: int) -> None:
    """Neither it nor an event: somebody else was quicker."""
    book = RuleShelf(engine)
    assert book.put(_FIRST)
    assert not book.put(replace(_FIRST, version=version))
    assert book.versions("full", "high") == [_FIRST]
    assert EventShelf(engine).last() == 1


@pytest.mark.parametrize("statement", ["UPDATE alert_rule SET document = 'x'", "DELETE FROM alert_rule"])
def test_no_version_is_ever_rewritten(engine: Engine, statement: str) -> None:
    """By whatever means."""
    RuleShelf(engine).put(_FIRST)
    with pytest.raises(StoreError, match="append-only"), writing(engine) as connection:
        connection.execute(text(statement))
