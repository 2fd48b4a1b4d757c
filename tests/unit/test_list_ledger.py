from datetime import UTC, date, datetime, timedelta

import pytest

from support.ledgers import MemoryLedger
from support.theaters import full_theater
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation, State
from tocsin.usecases.list_ledger import Asked, Listing, list_ledger

_THEATER = full_theater()
_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def _report(name: str, day: int, hours: int, **changes: object) -> Observation:
    plain: dict[str, object] = {
        "id": name,
        "indicator": "field/attack",
        "observed_on": date(2016, 3, day),
        "value": 1.0,
        "grade": Grade("B", "2"),
        "origin": name,
        "summary": "",
        "source": "",
        "author": "duty analyst",
        "recorded_at": _NOON + hours * _HOUR,
    }
    return Observation(**(plain | changes))  # type: ignore[arg-type]


@pytest.fixture
def ledger() -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.record(
        [
            _report("a", 1, 0),
            _report("b", 2, 0),
            _report("b-again", 3, 2, supersedes="b", reason="day", origin="b"),
            _report("c", 4, 0),
            _report("c-gone", 4, 3, supersedes="c", reason="exercise", withdrawn=True),
            _report("echo", 1, 0, origin="b", grade=Grade("C", "3")),
            _report("alert", 1, 0, indicator="field/alert"),
            _report("elsewhere", 1, 0, indicator="elsewhere/attack"),
        ]
    )
    return ledger


def _list(ledger: MemoryLedger, asked: Asked, hours: int = 9) -> Listing:
    return list_ledger(_THEATER, asked, ledger=ledger, as_of=_NOON + hours * _HOUR)


def _ids(listing: Listing) -> list[str]:
    return [entry.observation.id for entry in listing.entries]


def test_what_stands_is_listed_in_order_of_day(ledger: MemoryLedger) -> None:
    """Of the theater's indicators only."""
    assert _ids(_list(ledger, Asked())) == ["a", "alert", "echo", "b-again"]
    assert _ids(_list(ledger, Asked(), hours=2)) == ["a", "alert", "echo", "b-again", "c"]
    assert _ids(_list(ledger, Asked(), hours=1)) == ["a", "alert", "echo", "b", "c"]
    assert _ids(_list(ledger, Asked(), hours=-1)) == []


def test_everything_is_listed_with_what_became_of_it_by_then(ledger: MemoryLedger) -> None:
    """Each change beside what it changed."""
    told = {entry.observation.id: (entry.state, entry.by) for entry in _list(ledger, Asked(everything=True)).entries}
    assert told == {
        "a": (State.STANDS, None),
        "alert": (State.STANDS, None),
        "echo": (State.STANDS, None),
        "b": (State.SUPERSEDED, "b-again"),
        "b-again": (State.STANDS, None),
        "c": (State.WITHDRAWN, "c-gone"),
        "c-gone": (State.RETRACTION, "c"),
    }
    earlier = {entry.observation.id: entry.state for entry in _list(ledger, Asked(everything=True), hours=2).entries}
    assert earlier["c"] is State.STANDS
    assert "c-gone" not in earlier


def test_an_indicator_and_days_may_be_chosen(ledger: MemoryLedger) -> None:
    """Both days included; an indicator that is none of the theater's is refused with those that are."""
    assert _ids(_list(ledger, Asked("field/alert"))) == ["alert"]
    assert _ids(_list(ledger, Asked(since=date(2016, 3, 3)), hours=2)) == ["b-again", "c"]
    assert _ids(_list(ledger, Asked(since=date(2016, 3, 3), until=date(2016, 3, 3)))) == ["b-again"]
    with pytest.raises(UnknownNameError, match="known: field/alert"):
        _list(ledger, Asked("elsewhere/attack"))


def test_sources_do_not_depend_on_the_days_that_are_asked_about(ledger: MemoryLedger) -> None:
    """The echo of 1 March belongs to the origin that is listed; nothing withdrawn is a source."""
    (told,) = _list(ledger, Asked("field/attack", since=date(2016, 3, 3))).sources
    assert told.origins == (("a",), ("echo", "b-again"))
    assert told.effective == 0.91 + 0.91
    assert told in _list(ledger, Asked()).sources
    assert _list(ledger, Asked(since=date(2016, 3, 4), everything=True)).sources == ()
