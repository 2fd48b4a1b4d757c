"""The outbox."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from tocsin.domain.delivery import (
    GONE,
    Delivery,
    Message,
    Refused,
    Stage,
    after_attempt,
    bundled,
    claimed,
    first_delivery,
    sent_again,
)
from tocsin.domain.digest import digest_of
from tocsin.domain.event import Event, EventKind
from tocsin.domain.notice import NoticeKind
from tocsin.store.destination import is_still, mark_gone, read_destinations
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import delivery as table
from tocsin.store.tables import message as messages
from tocsin.store.tables import notice
from tocsin.usecases.alert_ports import Trail

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from tocsin.domain.delivery import Destination, Outcome

_ACTOR = "delivery"
_ENDS = (NoticeKind.RESOLVED, NoticeKind.WITHDRAWN, NoticeKind.FOUND)
# Messages that were written before they had a theater have that of their notice.
_THEATER = func.coalesce(messages.c.theater, notice.c.theater, "").label("theater")


class DeliveryShelf:
    """The port `DeliveryBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def claim(self, now: datetime, most: int, besides: Collection[str] = ()) -> list[Delivery]:
        """Take at most so many deliveries that are due, those that wait longest first, each under a lease."""
        due = and_(_due(now), _in_turn())
        if besides:
            due = and_(due, table.c.destination.not_in(sorted(besides)))
        # What was decided first goes first.
        told = func.coalesce(notice.c.number, 0)
        place = table.c.due_at, told, table.c.message, table.c.destination
        question = select(table).outerjoin(notice, notice.c.id == table.c.message).where(due).order_by(*place).limit(1)
        with reading(self._engine) as connection:  # nearly always there are none, and nobody has to wait
            if connection.execute(question).first() is None:
                return []
        with writing(self._engine) as connection:
            taken: list[Delivery] = []
            # One by one: a digest takes others with it.
            while len(taken) < most and (row := connection.execute(question).first()) is not None:
                taken.append(_taken(connection, _delivery(row), now))
        return taken

    def end(
        self, claimed: Delivery, outcome: Outcome, now: datetime, share: float, sent_to: Destination | None = None
    ) -> Delivery | None:
        """Write what came of an attempt; None where it is not held by that claim any more.

        That a receiver is gone says nothing of a destination that was set to another one since it was `sent_to`.
        """
        held = and_(_named(claimed.message, claimed.destination), table.c.claimed_until == claimed.claimed_until)
        with writing(self._engine) as connection:
            row = connection.execute(select(table).where(held, table.c.stage == Stage.WAITING.value)).first()
            if row is None:
                return None
            if isinstance(outcome, Refused) and outcome.gone and not is_still(connection, sent_to):
                outcome = replace(outcome, gone=False)
            after = after_attempt(_delivery(row), outcome, now, share)
            _change(connection, after)
            dead = [after] if after.stage is Stage.DEAD else []
            if isinstance(outcome, Refused) and outcome.gone and mark_gone(connection, after.destination, now):
                dead += _give_up(connection, after.destination, now)
            write_events(connection, [_failed(connection, item, now) for item in dead])
        return after

    def message(self, message: str) -> Message | None:
        """The message of that id."""
        with reading(self._engine) as connection:
            return read_message(connection, message)

    def counts(self) -> dict[tuple[str, Stage], int]:
        """How many deliveries to a destination are in a stage; none where there are none."""
        each = table.c.destination, table.c.stage
        with reading(self._engine) as connection:
            rows = connection.execute(select(*each, func.count()).group_by(*each))
            return {(destination, Stage(stage)): count for destination, stage, count in rows}

    def trails(
        self,
        theaters: Collection[str] | None,
        *,
        stage: Stage | None = None,
        destination: str | None = None,
        message: str | None = None,
        after: tuple[datetime, str, str] | None = None,
        limit: int = 1_000,
    ) -> list[Trail]:
        """At most `limit` deliveries of some theaters' notices, or with None all there are, after a place, in order."""
        place = messages.c.at, table.c.message, table.c.destination
        wanted = {table.c.stage: stage, table.c.destination: destination, table.c.message: message}
        told = (messages.c.at.label("written_at"), messages.c.subject, _THEATER, notice.c.rule, notice.c.kind)
        question = (
            select(table, *told)
            .join(messages, messages.c.id == table.c.message)
            .outerjoin(notice, notice.c.id == table.c.message)
            .where(*(column == value for column, value in wanted.items() if value is not None))
        )
        if theaters is not None:
            question = question.where(_THEATER.in_(sorted(theaters)))
        if after is not None:
            question = question.where(tuple_(*place) > tuple_(*after, types=[column.type for column in place]))
        with reading(self._engine) as connection:
            return [_trail(row) for row in connection.execute(question.order_by(*place).limit(limit))]

    def post(self, message: Message, destination: str) -> Delivery:
        """Put a message of no alert on its way, such as a test; the one that is there where it is sent already."""
        named = select(table).where(_named(message.id, destination))
        with writing(self._engine) as connection:
            row = connection.execute(named).first()
            if row is None:
                write_events(connection, write_message(connection, message, (destination,), ""))
                row = connection.execute(named).one()
            return _delivery(row)

    def send_again(self, message: str, destination: str, actor: str, now: datetime) -> Delivery | None:
        """Have a delivery that was given up tried anew (`sent_again`); None where there is none that was."""
        dead = and_(_named(message, destination), table.c.stage == Stage.DEAD.value)
        with writing(self._engine) as connection:
            row = connection.execute(select(table).where(dead)).first()
            if row is None:
                return None
            known = {item.id: item for item in read_destinations(connection)}
            again = sent_again(_delivery(row), known.get(destination), now)
            _change(connection, again)
            theater = _theater_of(connection, message)
            detail = {"destination": destination}
            write_events(connection, [Event(EventKind.DELIVERY_REVIVED, now, theater, message, actor, detail)])
        return again


def _taken(connection: Connection, item: Delivery, now: datetime) -> Delivery:
    """A delivery under a lease: where its destination has digests, that of one with all of its theater that wait.

    What may have been sent already stays by itself, as whoever received it knows it by its id.
    """
    new = and_(
        table.c.destination == item.destination, _due(now), table.c.claimed_until.is_(None), table.c.attempts == 0
    )
    digests = {there.id for there in read_destinations(connection) if there.digest_every is not None}
    untried = item.claimed_until is None and item.attempts == 0
    if item.destination in digests and untried:
        question = select(messages).join(table, table.c.message == messages.c.id)
        theater = _theater_of(connection, item.message)
        same = select(messages.c.id).outerjoin(notice, notice.c.id == messages.c.id).where(_THEATER.in_([theater]))
        new = and_(new, _in_turn(), table.c.message.in_(same))
        question = question.outerjoin(notice, notice.c.id == messages.c.id).where(new)
        place = messages.c.at, func.coalesce(notice.c.number, 0), messages.c.id
        found = [_message(row) for row in connection.execute(question.order_by(*place))]
        if len(found) > 1:
            digest = digest_of(found, item.destination, now)
            connection.execute(insert(messages), [_message_row(digest, theater)])
            for row in connection.execute(select(table).where(new)).all():
                _change(connection, bundled(_delivery(row), digest.id, now))
            taken = claimed(Delivery(digest.id, item.destination, Stage.WAITING, 0, now), now)
            connection.execute(insert(table), [_row(taken)])
            return taken
    taken = claimed(item, now)
    _change(connection, taken)
    return taken


def read_message(connection: Connection, message: str) -> Message | None:
    """The message of that id."""
    row = connection.execute(select(messages).where(messages.c.id == message)).first()
    return None if row is None else _message(row)


def write_message(
    connection: Connection, message: Message, destinations: Sequence[str], theater: str, *, urgent: bool = False
) -> list[Event]:
    """Write a message and its delivery to each destination; the events of those that cannot be sent.

    What is urgent waits for no digest.
    """
    if connection.execute(select(messages.c.id).where(messages.c.id == message.id)).first() is None:
        connection.execute(insert(messages), [_message_row(message, theater)])
    known = {item.id: item for item in read_destinations(connection)}
    new = [first_delivery(message.id, name, known.get(name), message.at, urgent=urgent) for name in destinations]
    if new:
        connection.execute(insert(table), [_row(item) for item in new])
    return [_failed_event(item, theater, message.at) for item in new if item.stage is Stage.DEAD]


def _give_up(connection: Connection, destination: str, now: datetime) -> list[Delivery]:
    """Give up what waits for a destination that is gone; what is under way ends by itself."""
    waits = and_(table.c.destination == destination, table.c.stage == Stage.WAITING.value, _free(now))
    given_up = [_delivery(row) for row in connection.execute(select(table).where(waits))]
    values = {"stage": Stage.DEAD.value, "claimed_until": None, "last_at": now, "last_word": GONE}
    connection.execute(update(table).where(waits).values(values))
    return given_up


def _due(now: datetime) -> ColumnElement[bool]:
    """An attempt may begin."""
    return and_(table.c.stage == Stage.WAITING.value, table.c.due_at <= now, _free(now))


def _in_turn() -> ColumnElement[bool]:
    """It is no end of anything whose beginning still waits.

    That an alert is over, or has data again, says little to whoever has not heard what went before. What rings waits
    for nothing: a message that a receiver does not understand must not keep the next one from it.
    """
    mine, earlier, waiting = notice.alias(), notice.alias(), table.alias()
    digest = table.alias()
    in_digest = (
        exists()
        .where(
            digest.c.message == waiting.c.last_word,
            digest.c.destination == waiting.c.destination,
            digest.c.stage == Stage.WAITING.value,
        )
        .correlate(waiting)
    )
    unsaid = or_(waiting.c.stage == Stage.WAITING.value, and_(waiting.c.stage == Stage.BUNDLED.value, in_digest))
    before = (
        exists()
        .where(
            mine.c.id == table.c.message,
            mine.c.kind.in_([kind.value for kind in _ENDS]),
            earlier.c.theater == mine.c.theater,
            earlier.c.rule == mine.c.rule,
            earlier.c.number < mine.c.number,
            waiting.c.message == earlier.c.id,
            waiting.c.destination == table.c.destination,
            unsaid,
        )
        .correlate(table)
    )
    return not_(before)


def _free(now: datetime) -> ColumnElement[bool]:
    """No attempt may be under way."""
    return or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)


def _named(message: str, destination: str) -> ColumnElement[bool]:
    return and_(table.c.message == message, table.c.destination == destination)


def _change(connection: Connection, item: Delivery) -> None:
    connection.execute(update(table).where(_named(item.message, item.destination)).values(_row(item)))


def _failed(connection: Connection, item: Delivery, now: datetime) -> Event:
    return _failed_event(item, _theater_of(connection, item.message), now)


def _failed_event(item: Delivery, theater: str, now: datetime) -> Event:
    detail = {"destination": item.destination, "attempts": item.attempts, "why": item.last_word}
    return Event(EventKind.DELIVERY_FAILED, now, theater, item.message, _ACTOR, detail)


def _theater_of(connection: Connection, message: str) -> str:
    """The theater of the notices that a message says; empty where it says none."""
    told = select(_THEATER).select_from(messages).outerjoin(notice, notice.c.id == messages.c.id)
    return connection.execute(told.where(messages.c.id == message)).scalar() or ""


def _row(item: Delivery) -> dict[str, Any]:
    said = {"stage": item.stage.value, "had": json.dumps(item.had), "refused": json.dumps(item.refused)}
    return asdict(item) | said


def _delivery(row: Row[Any]) -> Delivery:
    fields = {column.name: getattr(row, column.name) for column in table.c}
    refused = tuple((who, reply) for who, reply in json.loads(row.refused))
    return Delivery(**(fields | {"stage": Stage(row.stage), "had": tuple(json.loads(row.had)), "refused": refused}))


def _trail(row: Row[Any]) -> Trail:
    delivery = _delivery(row)
    if row.kind is None:
        return Trail(delivery, row.written_at, row.subject, row.theater)
    return Trail(delivery, row.written_at, row.subject, row.theater, row.rule, NoticeKind(row.kind))


def _message_row(item: Message, theater: str) -> dict[str, Any]:
    data = json.dumps(dict(item.data), ensure_ascii=False)
    said = {"subject": item.subject, "text": item.text, "html": item.html, "data": data}
    return {"id": item.id, "at": item.at, "theater": theater, **said}


def _message(row: Row[Any]) -> Message:
    return Message(row.id, row.at, row.subject, row.text, row.html, json.loads(row.data))
