"""The book of alerts."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, and_, func, insert, select, update

from tocsin.domain.alert import Cause
from tocsin.domain.event import Event, EventKind
from tocsin.domain.instants import write_instant
from tocsin.store.alert_row import (
    from_acknowledgement_row,
    from_alert_row,
    from_assignment_row,
    from_notice_row,
    from_step_row,
    to_alert_row,
    to_notice_row,
    to_step_row,
)
from tocsin.store.delivery import read_message, write_message
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.silence import read_silences
from tocsin.store.tables import acknowledgement as acknowledgements
from tocsin.store.tables import alert as table
from tocsin.store.tables import alert_step, delivery, notice
from tocsin.store.tables import assignment as assignments
from tocsin.usecases.alert_ports import Said, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Row, Table

    from tocsin.domain.notice import Acknowledgement, Assignment
    from tocsin.usecases.alert_ports import AlertStep, Judged, KeptAlert, KeptNotice, Telling

_KINDS = {
    Cause.LASTED: EventKind.ALERT_FIRED,
    Cause.STAYED_CLEAR: EventKind.ALERT_RESOLVED,
    Cause.NEAR_AGAIN: EventKind.ALERT_RESOLVED,
    Cause.MOVED_ON: EventKind.ALERT_RESOLVED,
}


class AlertShelf:
    """The port `AlertBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def standing(self, theater: str, now: datetime) -> Standing:
        """How all alerts of a theater stand, and the silences that end after an instant, of one state of the record."""
        with reading(self._engine) as connection:
            return _standing(connection, theater, now)

    def record(self, theater: str, judged: Judged) -> bool:
        """Write all that was judged, with deliveries and events, in one transaction.

        False, and nothing is written, where any alert of the theater or any silence is not as it was seen: the writer's
        lock keeps what is looked at here from changing until the commit.
        """
        with writing(self._engine) as connection:
            if _seen(_standing(connection, theater, judged.now)) != _seen(judged.seen):
                return False
            for rule, kept in judged.alerts.items():
                _write_alert(connection, theater, rule, kept)
            _write_steps(connection, judged.steps)
            failed = [event for telling in judged.tellings for event in _write_telling(connection, telling)]
            told = [_told_event(telling) for telling in judged.tellings]
            write_events(connection, [*map(_step_event, judged.steps), *told, *failed])
        return True

    def acknowledge(self, theater: str, rule: str, acknowledgement: Acknowledgement) -> bool:
        """Write that somebody has an alert's present episode in hand; False where that is another one, or is over."""
        with writing(self._engine) as connection:
            kept = _ringing(connection, theater, rule, acknowledgement.episode)
            if kept is None:
                return False
            _write_acknowledgement(connection, theater, rule, acknowledgement)
            _count_up(connection, theater, rule, kept)
        return True

    def acknowledgements(self, theater: str, rule: str) -> list[Acknowledgement]:
        """Everything that was acknowledged of an alert, oldest first."""
        of_it = (acknowledgements.c.theater == theater, acknowledgements.c.rule == rule)
        question = select(acknowledgements).where(*of_it).order_by(acknowledgements.c.number)
        with reading(self._engine) as connection:
            return [from_acknowledgement_row(row) for row in connection.execute(question)]

    def assign(self, theater: str, rule: str, assignment: Assignment) -> bool:
        """Write who is asked to take an alert's present episode up; False where that is another one, or is over."""
        with writing(self._engine) as connection:
            kept = _ringing(connection, theater, rule, assignment.episode)
            if kept is None:
                return False
            row = {"number": _next(connection, assignments.c.number), "theater": theater, "rule": rule}
            connection.execute(insert(assignments), [asdict(assignment) | row])
            detail = {"episode": assignment.episode, "to": assignment.to, "note": assignment.note}
            event = Event(EventKind.ALERT_ASSIGNED, assignment.at, theater, rule, assignment.by, detail)
            write_events(connection, [event])
            _count_up(connection, theater, rule, kept)
        return True

    def steps(self, theater: str, after: int, limit: int, rule: str | None = None) -> list[AlertStep]:
        """At most `limit` steps of a theater's alerts, of numbers above `after`, in order."""
        question = select(alert_step).where(alert_step.c.theater == theater, alert_step.c.number > after)
        if rule is not None:
            question = question.where(alert_step.c.rule == rule)
        with reading(self._engine) as connection:
            rows = connection.execute(question.order_by(alert_step.c.number).limit(limit))
            return [from_step_row(row) for row in rows]

    def last_steps(self, theater: str) -> dict[str, AlertStep]:
        """The last step that each alert of a theater has taken, by rule."""
        last = select(func.max(alert_step.c.number)).where(alert_step.c.theater == theater).group_by(alert_step.c.rule)
        with reading(self._engine) as connection:
            rows = connection.execute(select(alert_step).where(alert_step.c.number.in_(last)))
            return {step.rule: step for step in map(from_step_row, rows)}

    def notice(self, theater: str, notice_id: str) -> KeptNotice | None:
        """The notice of that id, if it is of that theater."""
        named = select(notice).where(notice.c.theater == theater, notice.c.id == notice_id)
        with reading(self._engine) as connection:
            row = connection.execute(named).first()
        return None if row is None else from_notice_row(row)

    def said(self, theater: str, rule: str, episode: int) -> Said | None:
        """The last that was said of an episode, and all to whom anything was; None where nothing was."""
        of_it = and_(notice.c.theater == theater, notice.c.rule == rule, notice.c.episode == episode)
        with reading(self._engine) as connection:
            last = select(notice.c.id).where(of_it).order_by(notice.c.number.desc()).limit(1)
            found = connection.execute(last).scalar_one_or_none()
            if found is None:
                return None
            message = read_message(connection, found)
            whom = select(delivery.c.destination).join(notice, notice.c.id == delivery.c.message).where(of_it)
            names = connection.execute(whom.distinct().order_by(delivery.c.destination)).scalars()
            return None if message is None else Said(message, tuple(names))

    def notices(self, theater: str, rule: str | None = None, after: int = 0, limit: int = 1_000) -> list[KeptNotice]:
        """At most `limit` notices of a theater, or of one rule, of numbers above `after`, in order."""
        question = select(notice).where(notice.c.theater == theater, notice.c.number > after)
        if rule is not None:
            question = question.where(notice.c.rule == rule)
        with reading(self._engine) as connection:
            rows = connection.execute(question.order_by(notice.c.number).limit(limit))
            return [from_notice_row(row) for row in rows]


def _standing(connection: Connection, theater: str, now: datetime) -> Standing:
    return Standing(_alerts(connection, theater), tuple(read_silences(connection, now)))


def _alerts(connection: Connection, theater: str) -> dict[str, KeptAlert]:
    acknowledged = _latest(connection, acknowledgements, theater, from_acknowledgement_row)
    assigned = _latest(connection, assignments, theater, from_assignment_row)
    rows = connection.execute(select(table).where(table.c.theater == theater))
    return {row.rule: from_alert_row(row, acknowledged.get(row.rule), assigned.get(row.rule)) for row in rows}


def _latest[T](connection: Connection, said: Table, theater: str, read: Callable[[Row[Any]], T]) -> dict[str, T]:
    """Of what people said to the alerts of a theater, the last of each rule."""
    last = select(func.max(said.c.number)).where(said.c.theater == theater).group_by(said.c.rule)
    return {row.rule: read(row) for row in connection.execute(select(said).where(said.c.number.in_(last)))}


def _ringing(connection: Connection, theater: str, rule: str, episode: int) -> KeptAlert | None:
    """The alert of a rule while that episode goes on, otherwise None."""
    kept = _alerts(connection, theater).get(rule)
    return kept if kept is not None and kept.alert.rings and kept.alert.episode == episode else None


def _seen(standing: Standing) -> tuple[dict[str, int], frozenset[object]]:
    """What tells one state of the record from another."""
    return {rule: kept.version for rule, kept in standing.alerts.items()}, frozenset(standing.silences)


def _named(theater: str, rule: str) -> ColumnElement[bool]:
    return and_(table.c.theater == theater, table.c.rule == rule)


def _count_up(connection: Connection, theater: str, rule: str, kept: KeptAlert) -> None:
    """What was judged without knowing what somebody said of it does not stand any more."""
    connection.execute(update(table).where(_named(theater, rule)).values(version=kept.version + 1))


def _write_alert(connection: Connection, theater: str, rule: str, kept: KeptAlert) -> None:
    row = to_alert_row(theater, rule, replace(kept, version=kept.version + 1))
    if kept.version:
        connection.execute(update(table).where(_named(theater, rule)).values(row))
    else:
        connection.execute(insert(table), [row])


def _write_steps(connection: Connection, steps: tuple[AlertStep, ...]) -> None:
    first = _next(connection, alert_step.c.number)
    rows = [to_step_row(number, step) for number, step in enumerate(steps, start=first)]
    if rows:
        connection.execute(insert(alert_step), rows)


def _write_telling(connection: Connection, telling: Telling) -> list[Event]:
    """Write a notice, its message and its deliveries; the events of those that cannot be sent."""
    failed = write_message(connection, telling.message, telling.destinations, telling.theater, urgent=telling.urgent)
    connection.execute(insert(notice), [to_notice_row(_next(connection, notice.c.number), telling)])
    return failed


def _write_acknowledgement(connection: Connection, theater: str, rule: str, said: Acknowledgement) -> None:
    row = asdict(said) | {"number": _next(connection, acknowledgements.c.number), "theater": theater, "rule": rule}
    connection.execute(insert(acknowledgements), [row])
    until = None if said.until is None else write_instant(said.until)
    detail = {"episode": said.episode, "until": until, "note": said.note}
    write_events(connection, [Event(EventKind.ALERT_ACKNOWLEDGED, said.at, theater, rule, said.by, detail)])


def _next(connection: Connection, number: Column[Any]) -> int:
    """The number after the last, under the writer's lock."""
    return int(connection.execute(select(func.coalesce(func.max(number), 0))).scalar_one()) + 1


def _step_event(step: AlertStep) -> Event:
    taken = step.transition
    detail = {
        "before": taken.before.value,
        "after": taken.after.value,
        "cause": taken.cause.value,
        "why": taken.reading.why,
        "episode": step.episode,
        "publication": step.publication,
    }
    kind = _KINDS.get(taken.cause, EventKind.ALERT_CHANGED)
    return Event(kind, taken.at, step.theater, step.rule, f"rule {step.rule}", detail)


def _told_event(telling: Telling) -> Event:
    said = telling.notice
    detail = {"notice": said.id, "kind": said.kind.value, "episode": said.episode, "subject": telling.message.subject}
    return Event(EventKind.ALERT_TOLD, said.at, telling.theater, telling.rule, f"rule {telling.rule}", detail)
