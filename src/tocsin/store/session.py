"""The book of sessions."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row, insert, or_, select, update

from tocsin.domain.session import Session
from tocsin.store.account import read_account
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import account, sign_in_attempt
from tocsin.store.tables import former_token as former
from tocsin.store.tables import session as table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from tocsin.domain.account import Account
    from tocsin.domain.event import Event

# Both tables have an `id`, so the account's columns are read under names of their own.
_ACCOUNT = [column.label(f"account_{column.name}") for column in account.columns]


class SessionShelf:
    """The port `SessionBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def open(self, session: Session, password: str | None, event: Event, attempt: int | None) -> bool:
        """Write a new session, and that the attempt succeeded; False where the account has changed meanwhile."""
        of_it = select(account.c.password).where(account.c.id == session.account, account.c.disabled_at.is_(None))
        with writing(self._engine) as connection:
            row = connection.execute(of_it).first()
            if row is None or row.password != password:
                return False
            connection.execute(insert(table), [asdict(session)])
            if attempt is not None:
                mine = sign_in_attempt.c.id == attempt
                connection.execute(update(sign_in_attempt).where(mine).values(succeeded=True))
            write_events(connection, [event])
        return True

    def find(self, token: str) -> tuple[Session, Account] | None:
        """The session that has, or once had, a token of this SHA-256, and its account."""
        found = self._read(or_(table.c.token == token, table.c.previous == token))
        if not found:
            found = self._read(table.c.id.in_(select(former.c.session).where(former.c.token == token)))
        return found[0] if found else None

    def rotate(self, session: Session, replaced: str, token: str, now: datetime) -> bool:
        """Give a session another token; False where it has another one than `session` says, or is closed."""
        as_it_was = (table.c.id == session.id, table.c.token == session.token, table.c.closed_at.is_(None))
        new = {"token": token, "previous": replaced, "rotated_at": now, "seen_at": now, "taken_up": False}
        gone = {item for item in (session.token, session.previous) if item is not None} - {replaced}
        with writing(self._engine) as connection:
            rotated = bool(connection.execute(update(table).where(*as_it_was).values(new)).rowcount)
            if rotated and gone:
                connection.execute(insert(former), [{"token": item, "session": session.id} for item in sorted(gone)])
        return rotated

    def take_up(self, session: Session) -> None:
        """Write down that a session's present token was sent."""
        it = (table.c.id == session.id, table.c.token == session.token)
        with writing(self._engine) as connection:
            connection.execute(update(table).where(*it).values(taken_up=True))

    def unclosed(self, account: str | None = None) -> list[tuple[Session, Account]]:
        """The sessions of an account, or of all, that nobody closed; newest first."""
        whose = () if account is None else (table.c.account == account,)
        return self._read(table.c.closed_at.is_(None), *whose)

    def close(self, session: str, now: datetime, event: Event) -> bool:
        """Close a session; False where it is closed already."""
        it = (table.c.id == session, table.c.closed_at.is_(None))
        with writing(self._engine) as connection:
            closed = bool(connection.execute(update(table).where(*it).values(closed_at=now)).rowcount)
            if closed:
                write_events(connection, [event])
        return closed

    def note_seen(self, seen: Mapping[str, datetime]) -> None:
        """Write down when sessions were last used, by their ids."""
        with writing(self._engine) as connection:
            for session, at in seen.items():
                older = (table.c.id == session, table.c.seen_at < at)
                connection.execute(update(table).where(*older).values(seen_at=at))

    def _read(self, *conditions: ColumnElement[bool]) -> list[tuple[Session, Account]]:
        joined = select(table, *_ACCOUNT).join(account, account.c.id == table.c.account)
        question = joined.where(*conditions).order_by(table.c.opened_at.desc(), table.c.id)
        with reading(self._engine) as connection:
            return [(_session(row), read_account(row, "account_")) for row in connection.execute(question)]


def _session(row: Row[Any]) -> Session:
    return Session(**{column.name: getattr(row, column.name) for column in table.columns})
