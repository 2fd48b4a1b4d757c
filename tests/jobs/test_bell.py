"""The bell: what bears on alerts is judged at once, all of it once a minute, and no trouble ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from tocsin.domain.errors import InvalidInputError, Problem, StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.jobs.bell import SWEEP_SECONDS, Bell
from tocsin.usecases.alert_ports import Judged, Standing
from tocsin.usecases.ring import Rung

if TYPE_CHECKING:
    from collections.abc import Collection

_NOW = datetime(2016, 3, 9, 6, tzinfo=UTC)
_ALL = ["libya", "tunisia"]
_SWEEP = [("libya", True), ("tunisia", True)]


@dataclass
class Tower:
    """A bell with events and seconds that tests make; `rung` is what it had judged, and whether odds were stated."""

    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    rung: list[tuple[str, bool]] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)
    away: bool = False
    recorded: bool = True
    problems: dict[str, str] = field(default_factory=dict)
    bell: Bell = field(init=False)

    def __post_init__(self) -> None:
        """Put the bell together."""
        self.bell = Bell(_ALL, self, self._ring, lambda: _NOW, lambda: self.seconds)

    def last(self) -> int:
        """The number of the last event."""
        if self.away:
            problem = "the store is away"
            raise StoreError(problem)
        return len(self.events)

    def after(
        self,
        number: int,
        limit: int,
        kinds: Collection[EventKind] = (),  # noqa: ARG002 (the port has them)
        actor: str | None = None,  # noqa: ARG002
        subject: str | None = None,  # noqa: ARG002
    ) -> list[Event]:
        """At most two at once, so that there are pages."""
        return self.events[number : number + min(2, limit)]

    def happens(self, kind: EventKind, theater: str = "tunisia") -> None:
        """Something changed."""
        self.events.append(Event(kind, _NOW, theater, "", "test", number=len(self.events) + 1))

    def look(self) -> list[tuple[str, bool]]:
        """What a look had judged."""
        self.rung.clear()
        self.bell.look()
        return list(self.rung)

    def _ring(self, theater: str, now: datetime, state: bool) -> Rung:  # noqa: FBT001 (as the bell calls it)
        assert now == _NOW
        self.rung.append((theater, state))
        if theater in self.fails:
            raise self.fails[theater]
        return Rung(None, Judged(now, Standing({}, ()), problems=self.problems, recorded=self.recorded))


@pytest.fixture
def tower() -> Tower:
    """One that has looked once, and seen everything there was."""
    made = Tower()
    made.happens(EventKind.OBSERVATIONS_RECORDED)
    assert made.look() == _SWEEP
    return made


def test_the_first_look_judges_everything_as_a_killed_process_may_have_left_it(tower: Tower) -> None:
    """And the next nothing, as nothing has happened."""
    assert tower.look() == []


@pytest.mark.parametrize("kind", [EventKind.OBSERVATIONS_RECORDED, EventKind.FIT_ACCEPTED, EventKind.WINDOW_SETTLED])
def test_what_may_move_odds_has_them_stated_and_judged(tower: Tower, kind: EventKind) -> None:
    """For the theater that it is about, once."""
    tower.happens(kind)
    assert tower.look() == [("tunisia", True)]
    assert tower.look() == []


def test_a_rule_that_was_set_is_judged_at_once(tower: Tower) -> None:
    """It moves no odds."""
    tower.happens(EventKind.RULE_CHANGED)
    assert tower.look() == [("tunisia", False)]


def test_a_publication_is_judged_and_states_nothing_more(tower: Tower) -> None:
    """Whoever has published it, or the bell would ring itself."""
    tower.happens(EventKind.ODDS_PUBLISHED)
    assert tower.look() == [("tunisia", False)]


@pytest.mark.parametrize("kind", [EventKind.SILENCE_BEGUN, EventKind.SILENCE_ENDED])
def test_a_silence_bears_on_every_theater(tower: Tower, kind: EventKind) -> None:
    """Its matchers say which."""
    tower.happens(kind, "")
    assert tower.look() == [("libya", False), ("tunisia", False)]


@pytest.mark.parametrize("kind", [EventKind.ALERT_FIRED, EventKind.ALERT_TOLD, EventKind.SIGNED_IN])
def test_what_comes_of_judging_is_not_judged_again(tower: Tower, kind: EventKind) -> None:
    """Nor what has nothing to do with alerts."""
    tower.happens(kind)
    assert tower.look() == []


def test_a_batch_is_judged_once(tower: Tower) -> None:
    """However many events it has; odds are stated where any of them may have moved them."""
    for _ in range(5):
        tower.happens(EventKind.ODDS_PUBLISHED)
        tower.happens(EventKind.OBSERVATIONS_RECORDED)
    tower.happens(EventKind.ODDS_PUBLISHED, "libya")
    assert tower.look() == [("libya", False), ("tunisia", True)]
    assert tower.look() == []


def test_everything_is_judged_once_a_minute_as_time_alone_makes_alerts(tower: Tower) -> None:
    """By seconds that pass, whatever the clock says."""
    tower.seconds += SWEEP_SECONDS - 0.1
    assert tower.look() == []
    tower.seconds += 0.1
    assert tower.look() == _SWEEP
    assert tower.look() == []


@pytest.mark.parametrize("error", [InvalidInputError([Problem("f", 1, "x", "y", "z")]), RuntimeError("broken")])
def test_a_theater_that_cannot_be_judged_keeps_no_other_waiting(tower: Tower, error: Exception) -> None:
    """It is told, and tried again with the next sweep."""
    tower.fails = {"libya": error}
    tower.happens(EventKind.FIT_ACCEPTED, "libya")
    tower.happens(EventKind.FIT_ACCEPTED, "tunisia")
    with capture_logs() as told:
        assert tower.look() == _SWEEP
    assert [(entry["log_level"], entry["theater"]) for entry in told] == [("error", "libya")]
    assert tower.look() == []
    tower.fails = {}
    tower.seconds += SWEEP_SECONDS
    assert tower.look() == _SWEEP


def test_what_came_in_while_the_store_was_away_is_judged_when_it_is_back(tower: Tower) -> None:
    """Also where it went away after the event was read."""
    tower.fails = {"tunisia": StoreError("the store is away")}
    tower.happens(EventKind.OBSERVATIONS_RECORDED)
    with pytest.raises(StoreError):
        tower.look()
    tower.fails, tower.away = {}, True
    with pytest.raises(StoreError):
        tower.look()
    tower.away = False
    assert tower.look() == _SWEEP


def test_what_others_were_quicker_to_record_is_judged_again(tower: Tower) -> None:
    """At the next look."""
    tower.happens(EventKind.OBSERVATIONS_RECORDED)
    tower.recorded = False
    assert tower.look() == [("tunisia", True)]
    tower.recorded = True
    assert tower.look() == _SWEEP


def test_a_rule_that_cannot_be_judged_is_told_in_the_log(tower: Tower) -> None:
    """With its theater and why."""
    tower.problems = {"level": "ValueError: no"}
    with capture_logs() as told:
        tower.happens(EventKind.ODDS_PUBLISHED)
        tower.look()
    (entry,) = told
    assert (entry["log_level"], entry["theater"], entry["rule"]) == ("error", "tunisia", "level")
    assert entry["why"] == "ValueError: no"
