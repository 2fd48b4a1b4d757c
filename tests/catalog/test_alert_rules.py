"""Alert rule files: every kind, and everything wrong with one at its line."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.domain.alert_rule import (
    ActiveHours,
    AlertRule,
    Certainty,
    Change,
    Condition,
    Direction,
    Level,
    Scale,
    Severity,
    SinceInstant,
    SinceNotice,
    SinceWindow,
    Staleness,
    Tripwire,
    Watched,
)
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from conftest import Folder

HIGH_FILE = "models/border/alerts/high.yaml"
WIRE_FILE = "models/border/alerts/wire.yaml"
MORE_FILE = "models/border/alerts/more.yaml"
_HEAD = "title: T\nreason: r\nseverity: warning\n"
_ODDS = "scenario: offensive\nhorizon: 90\n"
_HOUR = timedelta(hours=1)


def test_a_rule_is_read_with_all_that_it_declares(folder: Folder) -> None:
    """And what it leaves out is the least that makes sense."""
    catalog = folder.read()
    assert list(catalog.alert_rules) == ["border/high", "border/wire"]
    assert catalog.alert_rule("border", "high") == AlertRule(
        id="high",
        theater="border",
        title="An offensive is likely",
        reason="The commander moves the reserve.",
        condition=Level("offensive", 90, 0.5, 0.4),
        severity=Severity.CRITICAL,
        owner="desk",
        destinations=("desk", "chat"),
        pending_for=2 * _HOUR,
        pending_publications=2,
        keep_firing_for=24 * _HOUR,
        rings_on=frozenset({Status.FITTED, Status.LIVE, Status.PROVISIONAL}),
        absent_after=48 * _HOUR,
        escalate_after=4 * _HOUR,
        escalates_to=("commander",),
        repeat_every=12 * _HOUR,
        active=ActiveHours(frozenset({0, 4}), time(22), time(6), "Africa/Tunis"),
        inhibited_by=("wire",),
    )
    assert catalog.alert_rule("border", "wire") == AlertRule(
        id="wire",
        theater="border",
        title="Four attacks",
        reason="Four within six weeks were never seen before.",
        condition=Tripwire("border/attack", 4, 42),
    )
    with pytest.raises(UnknownNameError, match="high"):
        catalog.alert_rule("border", "hihg")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("kind: certainty\nabove: 0.2\nchance: 0.95\n" + _ODDS, Certainty("offensive", 90, 0.2, 0.95)),
        (
            "kind: change\nby: 0.7\nscale: log-odds\ndirection: either\nsince: {notice: true}\n" + _ODDS,
            Change("offensive", 90, 0.7, Scale.LOG_ODDS, Direction.EITHER, SinceNotice()),
        ),
        (
            "kind: change\nby: 0.05\nscale: points\ndirection: up\nsince: {window: 2 weeks}\n" + _ODDS,
            Change("offensive", 90, 0.05, Scale.POINTS, Direction.UP, SinceWindow(timedelta(days=14))),
        ),
        (
            "kind: change\nby: 0.7\nscale: log-odds\ndirection: up\nsince: {notice: true}\nfloor: 0.02\n" + _ODDS,
            Change("offensive", 90, 0.7, Scale.LOG_ODDS, Direction.UP, SinceNotice(), floor=0.02),
        ),
        (
            "kind: change\nby: 0.05\nscale: points\ndirection: down\nsince: {day: 2016-03-08}\n" + _ODDS,
            # The clocks of Tunis are an hour ahead of UTC.
            Change(
                "offensive", 90, 0.05, Scale.POINTS, Direction.DOWN, SinceInstant(datetime(2016, 3, 7, 23, tzinfo=UTC))
            ),
        ),
        ("kind: stale-fit\nolder_than: 48 hours\n", Staleness(Watched.FIT, "", 48 * _HOUR)),
        ("kind: silent-feed\nfeed: inbox\nolder_than: 3 days\n", Staleness(Watched.FEED, "inbox", 72 * _HOUR)),
    ],
)
def test_every_kind_can_be_declared(folder: Folder, text: str, condition: Condition) -> None:
    """Each with what only it has."""
    folder.texts[MORE_FILE] = _HEAD + text
    assert folder.read().alert_rule("border", "more").condition == condition


def test_an_overdue_indicator_must_expect_reports(folder: Folder) -> None:
    """Otherwise it would never ring."""
    folder.texts[MORE_FILE] = _HEAD + "kind: overdue-indicator\nindicator: border/attack\n"
    (problem,) = folder.problems()
    assert (problem.field, problem.line) == ("indicator", 5)
    assert "expect_every_days" in problem.accepted
    folder.edit("indicators/border/attack.yaml", "  delay_days: 1\n", "  delay_days: 1\n  expect_every_days: 14\n")
    assert folder.read().alert_rule("border", "more").condition == Staleness(Watched.INDICATOR, "border/attack", None)


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "accepted"),
    [
        (HIGH_FILE, "kind: level", "kind: leve", "kind", "level, certainty, change"),
        (HIGH_FILE, "at: 0.5", "at: 50", "at", "between 0 and 1"),
        (HIGH_FILE, "clear_at: 0.4", "clear_at: 0.5", "the file", "a clear_at below at, which is 0.5"),
        (HIGH_FILE, "scenario: offensive", "scenario: ofensive", "scenario", "did you mean offensive"),
        (HIGH_FILE, "horizon: 90", "horizon: 60", "horizon", "30, 90, 180"),
        (HIGH_FILE, "severity: critical", "severity: grave", "severity", "information, warning or critical"),
        (HIGH_FILE, "time: 2 hours", "time: 2", "pending.time", "2 days"),
        (HIGH_FILE, "publications: 2", "publications: 0", "pending.publications", "from 1 to 100"),
        (HIGH_FILE, "to: [commander]", "to: []", "escalate.to", "ids of the destinations"),
        (HIGH_FILE, '"22:00"', '"24:00"', "active.from", '"06:00", in quotes'),
        (HIGH_FILE, "[wire]", "[wires]", "inhibited_by[0]", "did you mean wire"),
        (HIGH_FILE, "live, prov", "lively, prov", "rings_on[1]", "fitted, live"),
        (HIGH_FILE, "owner: desk", "ouner: desk", "ouner", "owner"),
        (WIRE_FILE, "border/attack", "state/price", "indicator", "of kind count or presence"),
        (WIRE_FILE, "border/attack", "border/atack", "indicator", "did you mean border/attack"),
        (WIRE_FILE, "at_least: 4", "at_least: 0", "at_least", "from 1 to 10000"),
        (WIRE_FILE, "reason: Four within six weeks were never seen before.\n", "", "reason", "why somebody wants"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    folder: Folder, file: str, old: str, new: str, field: str, accepted: str
) -> None:
    """With what would be accepted."""
    folder.edit(file, old, new)
    problems = folder.problems()
    assert [(problem.file, problem.field) for problem in problems] == [(file, field)]
    assert accepted in problems[0].accepted


@pytest.mark.parametrize(
    ("text", "field", "accepted"),
    [
        ("kind: certainty\nabove: 0.2\nchance: 0.9\n" + _ODDS, "chance", "0.05, 0.25, 0.75 or 0.95"),
        ("kind: silent-feed\nfeed: box\nolder_than: 3 days\n", "feed", "did you mean inbox"),
        (
            "kind: change\nby: 2\nscale: points\ndirection: up\nsince: {notice: true}\n" + _ODDS,
            "the file",
            "a by below 1",
        ),
        (
            "kind: change\nby: 0.1\nscale: points\ndirection: up\nsince: {}\n" + _ODDS,
            "since",
            "exactly one of notice, window and day",
        ),
    ],
)
def test_what_is_wrong_with_other_kinds_is_told(folder: Folder, text: str, field: str, accepted: str) -> None:
    """As above."""
    folder.texts[MORE_FILE] = _HEAD + text
    problems = folder.problems()
    assert [(problem.file, problem.field) for problem in problems] == [(MORE_FILE, field)]
    assert accepted in problems[0].accepted


def test_rules_that_quiet_each_other_are_refused(folder: Folder) -> None:
    """Each of the circle, and no other."""
    folder.texts[WIRE_FILE] += "inhibited_by: [more]\n"
    folder.texts[MORE_FILE] = _HEAD + "kind: stale-fit\nolder_than: 1 day\ninhibited_by: [high]\n"
    problems = folder.problems()
    assert {problem.file for problem in problems} == {HIGH_FILE, WIRE_FILE, MORE_FILE}
    assert "a circle: high ← wire ← more ← high" in [problem.value for problem in problems]
    folder.texts[MORE_FILE] = folder.texts[MORE_FILE].replace("[high]", "[]")
    assert len(folder.read().alert_rules) == 3


def test_rules_without_a_theater_are_misplaced(folder: Folder) -> None:
    """What it belongs to is missing."""
    folder.texts["models/nowhere/alerts/high.yaml"] = folder.texts[HIGH_FILE]
    assert [problem.file for problem in folder.problems()] == ["models/nowhere/theater.yaml"]
