"""How patient an alert rule is, and whom it tells when, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.instants import show_age
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from tocsin.domain.alert_rule import ActiveHours, AlertRule

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def patience_words(rule: AlertRule) -> list[tuple[str, str]]:
    """What each part is called, and what the rule says of it; what it leaves as usual is left out."""
    return list(_said(rule))


def _said(rule: AlertRule) -> Iterator[tuple[str, str]]:
    waits = [f"for {_long(rule.pending_for)}"] if rule.pending_for else []
    if rule.pending_publications > 1:
        waits.append(f"in {counted(rule.pending_publications, 'publication')} one after another")
    yield "Fires", f"once it has held {' and '.join(waits)}" if waits else "at once"
    yield "Ends", f"once it was clear for {_long(rule.keep_firing_for)}" if rule.keep_firing_for else "once it is clear"
    if rule.repeat_every is not None:
        yield "Again", f"every {_long(rule.repeat_every)} until somebody takes it up"
    if rule.escalate_after is not None:
        others = " and ".join(rule.escalates_to)
        yield "Escalates", f"to {others}, where nobody has taken it up for {_long(rule.escalate_after)}"
    if rule.active is not None:
        yield "Is told", f"{hours_words(rule.active)}; what comes at other times waits until then"
    if rule.inhibited_by:
        yield "Leaves it to", f"{' or '.join(rule.inhibited_by)}, while that fires"


def hours_words(hours: ActiveHours) -> str:
    """Days and times, by which clocks.

    >>> from datetime import time
    >>> from tocsin.domain.alert_rule import ActiveHours
    >>> hours_words(ActiveHours(frozenset(range(5)), time(7), time(19, 30), "Africa/Tunis"))
    'Mon to Fri from 07:00 to 19:30, by the clocks of Africa/Tunis'
    >>> hours_words(ActiveHours(frozenset({0, 5}), time(7), time(7), "UTC"))
    'Mon, Sat from 07:00 to 07:00 of the next day, by the clocks of UTC'
    """
    days = sorted(hours.days)
    in_a_row = len(days) > 2 and days == list(range(days[0], days[-1] + 1))  # noqa: PLR2004 (two are named both)
    named = f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}" if in_a_row else ", ".join(_DAYS[day] for day in days)
    later = "" if hours.begin < hours.end else " of the next day"
    return f"{named} from {hours.begin:%H:%M} to {hours.end:%H:%M}{later}, by the clocks of {hours.zone}"


def _long(span: timedelta) -> str:
    return show_age(span.total_seconds())
