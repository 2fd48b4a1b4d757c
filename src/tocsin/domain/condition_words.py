"""What an alert rule waits for, in words: the same in a terminal and on a page."""

from __future__ import annotations

from tocsin.domain.alert_rule import (
    Certainty,
    Change,
    Condition,
    Level,
    Scale,
    SinceInstant,
    SinceWindow,
    Staleness,
    Tripwire,
    Watched,
)
from tocsin.domain.figures import percent
from tocsin.domain.instants import show_age
from tocsin.domain.plural import counted

_STALE = {Watched.FIT: "stale-fit", Watched.FEED: "silent-feed", Watched.INDICATOR: "overdue-indicator"}


def condition_words(condition: Condition) -> tuple[str, str, str]:
    """Kind, what it is about, and when it rings."""
    match condition:
        case Staleness(of, subject, older_than):
            rings = "overdue" if older_than is None else f"older than {show_age(older_than.total_seconds())}"
            return _STALE[of], subject or "the last fit", rings
        case Tripwire(indicator, at_least, within_days):
            return "tripwire", indicator, f"{at_least} within {counted(within_days, 'day')}"
        case _:
            about = f"{condition.scenario} within {counted(condition.horizon_days, 'day')}"
    match condition:
        case Level():
            return "level", about, f"at {percent(condition.at)}, clears at {percent(condition.clear_at)}"
        case Certainty():
            return "certainty", about, f"above {percent(condition.above)} with a chance of {percent(condition.chance)}"
        case Change():
            by = (
                f"{counted(condition.by * 100, 'point')}"
                if condition.scale is Scale.POINTS
                else f"{condition.by:g} log-odds"
            )
            floor = f", above {percent(condition.floor)}" if condition.floor else ""
            return "change", about, f"moved {by} ({condition.direction.value}) since {_since(condition)}{floor}"


def _since(condition: Change) -> str:
    match condition.baseline:
        case SinceWindow(ago):
            return f"{show_age(ago.total_seconds())} ago"
        case SinceInstant(instant):
            return f"{instant:%Y-%m-%d %H:%M} UTC"
        case _:
            return "the last notice"
