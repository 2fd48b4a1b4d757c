"""Instants in the database: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as an integer.

    SQLite has no type for instants and would drop the zone. Integers are exact, take eight bytes, and order
    as time does everywhere; text would order by its format, and on PostgreSQL by the collation chosen there.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (inherited)
        """Microseconds; a naive datetime is refused, since nobody can tell which instant it means."""
        if value is None:
            return None
        if value.utcoffset() is None:
            msg = f"{value!r} has no time zone: instants are aware"
            raise ValueError(msg)
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant, in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND
