"""Alerts, their steps and notices as rows, and rows as these."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tocsin.domain.alert import Alert, Cause, Phase, Point, Reading, Sign, Transition
from tocsin.domain.instants import write_instant
from tocsin.domain.notice import Acknowledgement, Assignment, Notice, NoticeKind, Told
from tocsin.usecases.alert_ports import AlertStep, KeptAlert, KeptNotice, Telling

if TYPE_CHECKING:
    from sqlalchemy import Row


def to_alert_row(theater: str, rule: str, kept: KeptAlert) -> dict[str, Any]:
    """The columns of an alert, by name."""
    alert = kept.alert
    return {
        "theater": theater,
        "rule": rule,
        "version": kept.version,
        "condition": kept.condition,
        "judged_at": kept.judged_at,
        "read_through": kept.read_through,
        "phase": alert.phase.value,
        "since": alert.since,
        "met_since": alert.met_since,
        "met_count": alert.met_count,
        "clear_since": alert.clear_since,
        "mark": alert.mark,
        "held": None if alert.held is None else alert.held.value,
        "episode": alert.episode,
        "baseline": None if alert.baseline is None else json.dumps(asdict(alert.baseline)),
        "crossed_from": alert.crossed_from,
        "told": None if kept.told is None else _told_text(kept.told),
    }


def from_alert_row(row: Row[Any], acknowledged: Acknowledgement | None, assigned: Assignment | None) -> KeptAlert:
    """The alert that a row holds."""
    alert = Alert(
        phase=Phase(row.phase),
        since=row.since,
        met_since=row.met_since,
        met_count=row.met_count,
        clear_since=row.clear_since,
        mark=row.mark,
        held=None if row.held is None else Phase(row.held),
        episode=row.episode,
        baseline=None if row.baseline is None else Point(**json.loads(row.baseline)),
        crossed_from=row.crossed_from,
    )
    told = None if row.told is None else _told(row.told)
    return KeptAlert(alert, told, row.condition, row.judged_at, row.read_through, row.version, acknowledged, assigned)


def to_step_row(number: int, step: AlertStep) -> dict[str, Any]:
    """The columns of a step, by name."""
    taken = step.transition
    return {
        "number": number,
        "theater": step.theater,
        "rule": step.rule,
        "episode": step.episode,
        "before": taken.before.value,
        "after": taken.after.value,
        "cause": taken.cause.value,
        "at": taken.at,
        "reading": json.dumps(asdict(taken.reading), ensure_ascii=False),
        "publication": step.publication,
    }


def from_step_row(row: Row[Any]) -> AlertStep:
    """The step that a row holds."""
    read = json.loads(row.reading)
    points = {name: None if read.get(name) is None else Point(**read[name]) for name in ("odds", "base")}
    reading = Reading(**(read | {"sign": Sign(read["sign"])} | points))
    taken = Transition(Phase(row.before), Phase(row.after), Cause(row.cause), row.at, reading)
    return AlertStep(row.theater, row.rule, row.episode, taken, row.publication, row.number)


def to_notice_row(number: int, telling: Telling) -> dict[str, Any]:
    """The columns of a notice, by name."""
    notice = telling.notice
    return {
        "id": notice.id,
        "number": number,
        "theater": telling.theater,
        "rule": telling.rule,
        "episode": notice.episode,
        "kind": notice.kind.value,
        "at": notice.at,
        "publication": telling.publication,
    }


def from_notice_row(row: Row[Any]) -> KeptNotice:
    """The notice that a row holds."""
    notice = Notice(row.id, NoticeKind(row.kind), row.episode, row.at)
    return KeptNotice(row.theater, row.rule, notice, row.publication, row.number)


def from_acknowledgement_row(row: Row[Any]) -> Acknowledgement:
    """The acknowledgement that a row holds."""
    return Acknowledgement(row.episode, row.by, row.at, row.until, row.note)


def from_assignment_row(row: Row[Any]) -> Assignment:
    """The assignment that a row holds."""
    return Assignment(row.episode, row.to, row.by, row.at, row.note)


def _told_text(told: Told) -> str:
    written = {"fired_at": write_instant(told.fired_at), "last_at": write_instant(told.last_at)}
    return json.dumps(asdict(told) | written)


def _told(text: str) -> Told:
    content = json.loads(text)
    read = {name: datetime.fromisoformat(content[name]) for name in ("fired_at", "last_at")}
    return Told(**(content | read))
