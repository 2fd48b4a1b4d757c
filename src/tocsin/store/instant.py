"""Instants in the database: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger
from sqlalchemy.types import TypeDecorator

from tocsin.domain.errors import StoreError

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
        """Microseconds; a naive datetime is refused, since nobody can tell which instant it means.

        So is one outside the years 1 to 9999 of UTC: it could be written, and not be read again.
        """
        if value is None:
            return None
        if value.utcoffset() is None:
            msg = f"{value!r} has no time zone: instants are aware"
            raise ValueError(msg)
        try:
            return (value.astimezone(UTC) - _EPOCH) // _MICROSECOND
        except OverflowError as error:
            msg = f"{value!r} is outside the years 1 to 9999 of UTC"
            raise ValueError(msg) from error

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant, in UTC; StoreError where something else stands there, which SQLite would let pass."""
        try:
            return None if value is None else _EPOCH + value * _MICROSECOND
        except (OverflowError, TypeError) as error:
            msg = f"{value!r} stands where an instant should; the store was changed by something else than Tocsin"
            raise StoreError(msg) from error
