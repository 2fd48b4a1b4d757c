"""Rules and readings to judge, and a second way to judge them: from the whole history at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tocsin.domain.alert import Alert, Phase, Reading, Sign, Transition, advance
from tocsin.domain.alert_rule import AlertRule, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2016, 3, 9, 6, tzinfo=UTC)
LEVEL = Level("offensive", 30, at=0.3, clear_at=0.25)


@dataclass(frozen=True)
class Look:
    """One look at a rule's condition."""

    at: datetime
    reading: Reading


def alert_rule(**changes: object) -> AlertRule:
    """A rule on a level."""
    return AlertRule(
        **{"id": "rule", "theater": "full", "title": "A rule", "reason": "a test", "condition": LEVEL, **changes}
    )  # type: ignore[arg-type]


def untold() -> Alert:
    """The alert of a rule that was never judged."""
    return Alert(Phase.NORMAL, START)


def judge(rule: AlertRule, looks: Sequence[Look]) -> tuple[list[Alert], list[tuple[Transition, ...]]]:
    """The alert after each look, and the steps that each brought."""
    alert, alerts, steps = untold(), [], []
    for look in looks:
        alert, brought = advance(rule, alert, look.reading, look.at)
        alerts.append(alert)
        steps.append(brought)
    return alerts, steps


def rings_by_history(rule: AlertRule, looks: Sequence[Look]) -> list[bool]:
    """Whether the alert goes on for whoever was told, after each look: by looking back over all of them each time."""
    rings: list[bool] = []
    for position in range(len(looks)):
        before = rings[-1] if rings else False
        seen = looks[: position + 1]
        rings.append(not _over(rule, seen) if before else _begins(rule, seen))
    return rings


def _stretch(looks: Sequence[Look], *ends: Sign) -> list[Look]:
    """The latest looks without one that tells the opposite, or that told nothing."""
    kept: list[Look] = []
    for look in reversed(looks):
        if look.reading.sign in {*ends, Sign.ABSENT}:
            break
        kept.insert(0, look)
    return kept


def _begins(rule: AlertRule, looks: Sequence[Look]) -> bool:
    met = [look for look in _stretch(looks, Sign.CLEAR, Sign.BETWEEN) if look.reading.sign is Sign.MET]
    if not met or looks[-1].reading.sign is not Sign.MET:
        return False
    marks = len({look.reading.mark for look in met})
    return looks[-1].at - met[0].at >= rule.pending_for and marks >= rule.pending_publications


def _over(rule: AlertRule, looks: Sequence[Look]) -> bool:
    clear = [look for look in _stretch(looks, Sign.MET) if look.reading.sign is Sign.CLEAR]
    return bool(clear) and looks[-1].at - clear[0].at >= rule.keep_firing_for


@st.composite
def rules(draw: st.DrawFn) -> AlertRule:
    """Rules of every patience."""
    minutes = st.integers(0, 5).map(lambda number: timedelta(minutes=number))
    return alert_rule(
        pending_for=draw(minutes), pending_publications=draw(st.integers(1, 3)), keep_firing_for=draw(minutes)
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Look]:
    """Looks in the order of time; a look at the same mark says the same, unless nothing is there."""
    told = draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Sign), st.booleans()), max_size=25))
    at, mark, sign, looks = START, 0, Sign.UNSURE, []
    for minutes, found, anew in told:
        at += timedelta(minutes=minutes)
        if anew or mark == 0:
            mark, sign = mark + 1, found
        elif found is Sign.ABSENT:
            looks.append(Look(at, Reading(Sign.ABSENT, "gone")))
            continue
        looks.append(Look(at, Reading(sign, "as it says", mark, value=0.3, limit=0.3)))
    return looks
