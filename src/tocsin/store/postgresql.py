"""Engines on PostgreSQL, whose server may be gone or hang without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, override

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

REACH_SECONDS = 10.0
"""How long a server is given to take a connection, or to say that an idle one still stands."""
PATIENCE_SECONDS = 60.0
"""How long one statement may take, but in what is unhurried."""

_CANCELLING_SECONDS = 5.0  # longer than the server waits before it gives a statement up by itself
# A server whose machine has gone is noticed in this time, whatever the network says or does not say.
_REACH = {
    "connect_timeout": round(REACH_SECONDS),
    "keepalives_idle": round(REACH_SECONDS),
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": round(1000 * REACH_SECONDS),
}


class Attended(psycopg.Connection[Any]):
    """A connection that does not wait for ever.

    A server that is stopped half way answers no more, and its machine goes on acknowledging what is sent to it: the
    limits of the network and of the server itself, which cannot count seconds then, do not notice.
    """

    patience: float | None = None
    """How many seconds each exchange with the server may take; None for no limit."""

    @override
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an exchange; an OperationalError, and no connection any more, where it takes too long."""
        limit = self.patience if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 (to be told as a public one, as its docstring says)
            self.pgconn.finish()
            message = f"the server has not answered for {limit:g} s: the connection is lost"
            raise psycopg.OperationalError(message) from error


def open_postgresql(address: URL, options: dict[str, Any]) -> Engine:
    """An engine on a server; nothing is opened yet."""
    reach = {name: value for name, value in _REACH.items() if name not in address.query}
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=reach, execution_options=options
    )

    @event.listens_for(engine, "do_connect")
    def attended(_dialect: object, _entry: object, positional: list[Any], named: dict[str, Any]) -> DBAPIConnection:
        connection = Attended.connect(*positional, **named)
        connection.patience = REACH_SECONDS
        return cast("DBAPIConnection", connection)

    @event.listens_for(engine, "checkin")
    def idle(connection: DBAPIConnection | None, _entry: ConnectionPoolEntry) -> None:
        if isinstance(connection, Attended):
            connection.patience = REACH_SECONDS

    return engine


def limit(connection: Connection, busy_seconds: float, *, unhurried: bool) -> None:
    """Say how long the transaction that has just begun waits for locks and, unless unhurried, for each statement."""
    patience = None if unhurried else max(PATIENCE_SECONDS, 2 * busy_seconds)
    driver = connection.connection.driver_connection
    if isinstance(driver, Attended):
        driver.patience = None if patience is None else patience + _CANCELLING_SECONDS
    # For the transaction only, and not when connecting, which poolers refuse: so it holds behind one too.
    connection.execute(
        text("SELECT set_config('lock_timeout', :lock, true), set_config('statement_timeout', :statement, true)"),
        {
            "lock": str(max(1, round(1000 * busy_seconds))),  # 0 would mean for ever, and for a statement it does
            "statement": str(0 if patience is None else round(1000 * patience)),
        },
    )
