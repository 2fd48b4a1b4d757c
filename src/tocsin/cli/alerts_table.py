"""Alerts, their steps and silences, for people and as JSON; the JSON has the names that the API uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.instants import show_age, write_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.notice import Acknowledgement, Assignment
    from tocsin.domain.silence import Silence
    from tocsin.usecases.alert_overview import Overview
    from tocsin.usecases.alert_ports import AlertStep, KeptNotice

_NO_RULES = "no alert rule is declared; see docs/alerts.md"


def print_alerts(found: Sequence[Overview], problems: Mapping[str, str], now: datetime) -> None:
    """A row for each rule, and below what it is about and why its alert stands so."""
    left = {"alert", "severity", "phase", "told"}
    table = start_table(["alert", "severity", "phase", "for", "told"], left=left)
    notes = []
    for item in found:
        name, kept = f"{item.rule.theater}/{item.rule.id}", item.kept
        phase = "not judged yet" if kept is None else kept.alert.phase.value
        lasts = "" if kept is None else _ago(kept.alert.since, now)
        table.add_row(name, item.rule.severity.value, phase, lasts, _told(item, now))
        notes.append(f"{name}: {item.rule.title}")
        if item.step is not None:
            notes.append(f"  {item.step.transition.cause.value}: {item.step.transition.reading.why}")
        if item.quiet is not None:
            notes.append(f"  nothing is said of it now: {item.quiet.value}")
    notes += [f"! {name} cannot be judged: {why}" for name, why in problems.items()]
    print_table(f"alerts at {now:%Y-%m-%d %H:%M:%S} UTC", table, notes or [_NO_RULES])


def alert_object(item: Overview) -> dict[str, object]:
    """One alert as JSON."""
    kept, step, rule = item.kept, item.step, item.rule
    told = None if kept is None else kept.told
    return {
        "theater": rule.theater,
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "owner": rule.owner,
        "phase": None if kept is None else kept.alert.phase.value,
        "since": None if kept is None else write_instant(kept.alert.since),
        "episode": 0 if kept is None else kept.alert.episode,
        "cause": None if step is None else step.transition.cause.value,
        "why": None if step is None else step.transition.reading.why,
        "publication": None if step is None else step.publication,
        "judged_at": None if kept is None else write_instant(kept.judged_at),
        "told": 0 if told is None else told.count,
        "told_at": None if told is None else write_instant(told.last_at),
        "waits": item.waits,
        "quiet": None if item.quiet is None else item.quiet.value,
        "acknowledged": None if item.in_hand is None else _acknowledged(item.in_hand),
        "assigned": None if item.asked is None else _assigned(item.asked),
    }


def print_steps(steps: Sequence[AlertStep], theater: str, *, more: bool) -> None:
    """A row for each step, and below each why it was taken."""
    table = start_table(["step", "at", "alert", "from", "to", "because"], left={"at", "alert", "from", "to", "because"})
    for step in steps:
        taken = step.transition
        because = f"{taken.cause.value}: {taken.reading.why}"
        at = f"{taken.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(step.number), at, step.rule, taken.before.value, taken.after.value, because)
    last = "" if not steps else f"; there are more, after: --after {steps[-1].number}"
    notes = [f"instants in UTC{last if more else ''}"] if steps else [f"no alert of {theater} has taken a step"]
    print_table(f"steps of the alerts of {theater}", table, notes)


def step_object(step: AlertStep) -> dict[str, object]:
    """One step as JSON."""
    taken = step.transition
    return {
        "number": step.number,
        "theater": step.theater,
        "rule": step.rule,
        "episode": step.episode,
        "before": taken.before.value,
        "after": taken.after.value,
        "cause": taken.cause.value,
        "at": write_instant(taken.at),
        "publication": step.publication,
        "sign": taken.reading.sign.value,
        "why": taken.reading.why,
        "value": taken.reading.value,
        "limit": taken.reading.limit,
        "error": taken.reading.error,
    }


def print_notices(notices: Sequence[KeptNotice], theater: str, *, more: bool) -> None:
    """A row for each notice."""
    headings = ["notice", "at", "alert", "episode", "said", "publication", "id"]
    table = start_table(headings, left={"at", "alert", "said", "id"})
    for item in notices:
        said, number = item.notice, "" if item.publication is None else str(item.publication)
        at = f"{said.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(item.number), at, item.rule, str(said.episode), said.kind.value, number, said.id)
    last = "" if not notices else f"; there are more, after: --after {notices[-1].number}"
    notes = [f"instants in UTC{last if more else ''}"] if notices else [f"nothing was told of an alert of {theater}"]
    print_table(f"notices of the alerts of {theater}", table, notes)


def notice_object(item: KeptNotice) -> dict[str, object]:
    """One notice as JSON."""
    return {
        "number": item.number,
        "id": item.notice.id,
        "theater": item.theater,
        "rule": item.rule,
        "episode": item.notice.episode,
        "kind": item.notice.kind.value,
        "at": write_instant(item.notice.at),
        "publication": item.publication,
    }


def print_silences(silences: Sequence[Silence], now: datetime) -> None:
    """A row for each silence that has not ended."""
    left = {"silence", "theater", "rule", "severity", "by"}
    table = start_table(["silence", "theater", "rule", "severity", "ends in", "by"], left=left)
    notes = []
    for item in silences:
        ends = show_age((item.ends_at - now).total_seconds())
        table.add_row(item.id[:12], item.theater, item.rule, item.severity, ends, item.author)
        begins = "" if item.begins_at <= now else f", from {item.begins_at:%Y-%m-%d %H:%M} UTC on"
        notes.append(f"{item.id}: {item.comment}{begins}")
    print_table(f"silences at {now:%Y-%m-%d %H:%M:%S} UTC", table, notes or ["nothing is silenced"])


def silence_object(item: Silence) -> dict[str, object]:
    """One silence as JSON."""
    return {
        "id": item.id,
        "theater": item.theater,
        "rule": item.rule,
        "severity": item.severity,
        "begins_at": write_instant(item.begins_at),
        "ends_at": write_instant(item.ends_at),
        "author": item.author,
        "comment": item.comment,
    }


def _told(item: Overview, now: datetime) -> str:
    told = None if item.kept is None else item.kept.told
    if told is None:
        return "nothing yet"
    said = f"{'once' if told.count == 1 else f'{told.count} times'}, last {_ago(told.last_at, now)} ago"
    if item.in_hand is not None:
        return f"{said}; {item.in_hand.by} has it in hand"
    return said if item.asked is None else f"{said}; {item.asked.to} is asked to take it up"


def _ago(instant: datetime, now: datetime) -> str:
    return show_age(max(0.0, (now - instant).total_seconds()))


def _acknowledged(said: Acknowledgement) -> dict[str, object]:
    until = None if said.until is None else write_instant(said.until)
    return {"episode": said.episode, "by": said.by, "at": write_instant(said.at), "until": until, "note": said.note}


def _assigned(said: Assignment) -> dict[str, object]:
    return {"episode": said.episode, "to": said.to, "by": said.by, "at": write_instant(said.at), "note": said.note}
