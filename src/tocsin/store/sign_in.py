"""The book of attempts to sign in."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from tocsin.domain.errors import TooManyAttemptsError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.throttle import SHORT_WINDOW, WINDOW, Limit, Refusal, refusal
from tocsin.store.engine import reading, writing
from tocsin.store.refusal import RefusalShelf
from tocsin.store.tables import sign_in_attempt as table

if TYPE_CHECKING:
    from datetime import datetime

_KEPT = timedelta(hours=1)


class SignInShelf:
    """The port `SignInBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine
        self._told = RefusalShelf(engine)

    def admit(self, name: str, address: str, now: datetime) -> int:
        """The number of an attempt, which counts as failed until it succeeds; TooManyAttemptsError where none may be.

        It is written before the password is looked at: of a thousand at once, in however many processes, ten get on.
        """
        with reading(self._engine) as connection:
            refused = _refusal(connection, name, address, now)
        if refused is None:  # most who are refused never wait for the one writer
            with writing(self._engine) as connection:
                refused = _refusal(connection, name, address, now)
                if refused is None:
                    return _begin(connection, name, address, now)
        self._tell(refused, name, address, now)
        raise TooManyAttemptsError(refused.limit.value, math.ceil(refused.wait.total_seconds()))

    def succeeded(self, attempt: int) -> None:
        """Write down that an attempt did not fail."""
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.id == attempt).values(succeeded=True))

    def _tell(self, refused: Refusal, name: str, address: str, now: datetime) -> None:
        subject = {Limit.NAME: name, Limit.ADDRESS: address}.get(refused.limit, "everybody")
        detail = {"limit": refused.limit.value}
        self._told.note(Event(EventKind.SIGN_IN_LIMITED, now, "", subject, address, detail), now - WINDOW)


def _refusal(connection: Connection, name: str, address: str, now: datetime) -> Refusal | None:
    in_question = or_(
        (table.c.at > now - WINDOW) & ((table.c.name == name) | (table.c.address == address)),
        table.c.at > now - SHORT_WINDOW,
    )
    question = select(table.c.name, table.c.address, table.c.at).where(table.c.succeeded.is_(False), in_question)
    rows = connection.execute(question).all()
    return refusal(
        [row.at for row in rows if row.name == name],
        [row.at for row in rows if row.address == address],
        [row.at for row in rows],
        now,
    )


def _begin(connection: Connection, name: str, address: str, now: datetime) -> int:
    connection.execute(delete(table).where(table.c.at < now - _KEPT))
    values = {"name": name, "address": address, "at": now, "succeeded": False}
    return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())
