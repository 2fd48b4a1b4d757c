"""The book of accounts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from tocsin.domain.access import Role
from tocsin.domain.account import Account
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import account as table
from tocsin.store.tables import session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.event import Event
    from tocsin.usecases.access_ports import AccountChange


class AccountShelf:
    """The port `AccountBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def add(self, account: Account, event: Event, *, first: bool = False) -> None:
        """Write a new account; InvalidInputError where the name is taken or, for a `first`, there is any account."""
        with writing(self._engine) as connection:
            if first and connection.execute(select(func.count()).select_from(table)).scalar_one():
                raise _refused(account.name, "none, as there are accounts already")
            if _named(connection, account.name) is not None:
                raise _refused(account.name, "a name that no account has, not even a disabled one")
            if account.identity is not None and _identified(connection, account.identity) is not None:
                raise _refused(account.name, "none, as whom the identity provider means has an account already")
            connection.execute(insert(table), [_row(account)])
            write_events(connection, [event])

    def named(self, name: str) -> Account | None:
        """The account of a name."""
        with reading(self._engine) as connection:
            return _named(connection, name)

    def identified(self, identity: str) -> Account | None:
        """The account of somebody whom an identity provider knows."""
        with reading(self._engine) as connection:
            return _identified(connection, identity)

    def accounts(self) -> list[Account]:
        """Every account, in order of name."""
        with reading(self._engine) as connection:
            return sorted(_all(connection), key=lambda item: item.name)

    def change(self, name: str, decide: Callable[[Account, Sequence[Account]], AccountChange]) -> Account:
        """Let something be decided of an account, given all others, and do it, in one transaction."""
        with writing(self._engine) as connection:
            found = {item.name: item for item in _all(connection)}
            before = found.pop(name, None)
            if before is None:
                raise UnknownNameError("account", name, sorted(found))
            change = decide(before, list(found.values()))
            row = _row(change.account)
            connection.execute(update(table).where(table.c.id == before.id).values(row))
            if change.closes:
                of_it = (session.c.account == before.id, session.c.closed_at.is_(None))
                others = () if change.keeps is None else (session.c.id != change.keeps,)
                connection.execute(update(session).where(*of_it, *others).values(closed_at=change.events[0].at))
            write_events(connection, change.events)
        return change.account


def read_account(row: Row[Any], prefix: str = "") -> Account:
    """An account from a row whose columns have its names, after a prefix."""
    values = {column.name: getattr(row, prefix + column.name) for column in table.columns}
    return Account(**values | {"role": Role(values["role"]), "theaters": read_theaters(values["theaters"])})


def read_theaters(text: str | None) -> frozenset[str] | None:
    """Theaters from their column."""
    return None if text is None else frozenset(json.loads(text))


def write_theaters(theaters: frozenset[str] | None) -> str | None:
    """Theaters for their column."""
    return None if theaters is None else json.dumps(sorted(theaters))


def _named(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(table).where(table.c.name == name)).first()
    return None if row is None else read_account(row)


def _identified(connection: Connection, identity: str) -> Account | None:
    row = connection.execute(select(table).where(table.c.identity == identity)).first()
    return None if row is None else read_account(row)


def _all(connection: Connection) -> list[Account]:
    return [read_account(row) for row in connection.execute(select(table))]


def _row(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role.value,
        "theaters": write_theaters(account.theaters),
        "password": account.password,
        "identity": account.identity,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }


def _refused(name: str, accepted: str) -> InvalidInputError:
    return InvalidInputError([Problem("", None, "name", repr(name), accepted)])
