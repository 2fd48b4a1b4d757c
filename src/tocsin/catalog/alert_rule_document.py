"""An alert rule as a file would declare it: what `alert_rule_of` reads, written again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tocsin.catalog.alert_rule import WEEK
from tocsin.domain import alert_rule as domain

if TYPE_CHECKING:
    from tocsin.domain.timeline import Timeline

_UNITS = {"week": timedelta(weeks=1), "day": timedelta(days=1), "hour": timedelta(hours=1)}
_STALE = {
    domain.Watched.FIT: "stale-fit",
    domain.Watched.FEED: "silent-feed",
    domain.Watched.INDICATOR: "overdue-indicator",
}


def document_of(rule: domain.AlertRule, timeline: Timeline) -> dict[str, object]:
    """The rule as plain data; what has its usual value is written down as well, but for what is not set at all."""
    written: dict[str, object] = {
        "title": rule.title,
        "reason": rule.reason,
        "severity": rule.severity.value,
        **_condition(rule.condition, timeline),
        "owner": rule.owner or None,
        "destinations": list(rule.destinations),
        "pending": _set(time=_span(rule.pending_for), publications=rule.pending_publications),
        "keep_firing": _span(rule.keep_firing_for),
        "escalate": None
        if rule.escalate_after is None
        else {"after": _span(rule.escalate_after), "to": list(rule.escalates_to)},
        "repeat": None if rule.repeat_every is None else _span(rule.repeat_every),
        "active": None if rule.active is None else _active(rule.active),
        "inhibited_by": list(rule.inhibited_by),
    }
    if isinstance(rule.condition, domain.Level | domain.Certainty | domain.Change):
        written |= {
            "rings_on": sorted(status.value for status in rule.rings_on),
            "absent_after": _span(rule.absent_after),
        }
    return _set(**written)


def _condition(condition: domain.Condition, timeline: Timeline) -> dict[str, object]:
    match condition:
        case domain.Staleness(of, subject, older_than):
            named = {} if of is domain.Watched.FIT else {of.value: subject}
            return _set(kind=_STALE[of], **named, older_than=None if older_than is None else _span(older_than))
        case domain.Tripwire(indicator, at_least, within_days):
            return {"kind": "tripwire", "indicator": indicator, "at_least": at_least, "within_days": within_days}
        case _:
            about = {"scenario": condition.scenario, "horizon": condition.horizon_days}
            return about | _odds(condition, timeline)


def _odds(condition: domain.OddsCondition, timeline: Timeline) -> dict[str, object]:
    match condition:
        case domain.Level():
            return {"kind": "level", "at": condition.at, "clear_at": condition.clear_at}
        case domain.Certainty():
            return {"kind": "certainty", "above": condition.above, "chance": condition.chance}
        case domain.Change():
            moved = {"by": condition.by, "scale": condition.scale.value, "direction": condition.direction.value}
            floor = {"floor": condition.floor} if condition.floor else {}
            return {"kind": "change", **moved, "since": _baseline(condition.baseline, timeline), **floor}


def _baseline(baseline: domain.Baseline, timeline: Timeline) -> dict[str, object]:
    match baseline:
        case domain.SinceWindow(ago):
            return {"window": _span(ago)}
        case domain.SinceInstant(instant):
            return {"day": instant.astimezone(ZoneInfo(timeline.zone)).date().isoformat()}
        case domain.SinceNotice():
            return {"notice": True}


def _active(hours: domain.ActiveHours) -> dict[str, object]:
    days = [WEEK[day] for day in sorted(hours.days)]
    return {"days": days, "from": f"{hours.begin:%H:%M}", "to": f"{hours.end:%H:%M}"}


def _span(span: timedelta) -> str | None:
    """In the largest unit that it is a whole number of; None for none."""
    if not span:
        return None
    unit, length = next(
        ((name, size) for name, size in _UNITS.items() if not span % size), ("minute", timedelta(minutes=1))
    )
    count = span // length
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _set(**written: object) -> dict[str, object]:
    return {name: value for name, value in written.items() if value is not None}
