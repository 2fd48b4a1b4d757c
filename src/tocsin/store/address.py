"""Addresses of stores, and how they are told without what is secret in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tocsin.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

ACCEPTED = "sqlite:////folder/tocsin.db or postgresql+psycopg://user@host/name"

_SECRET_KEYS = ("password", "sslpassword", "passfile")  # what libpq also takes after the question mark
_HIDDEN = "***"


def read_address(url: str) -> URL:
    """An address in its parts; StoreError where it cannot be read."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        # The address is not repeated: it may hold a password. Nor is the error, which may hold the address.
        msg = f"the database address cannot be read; accepted: {ACCEPTED}"
        raise StoreError(msg) from error


def file_of(address: URL) -> Path | None:
    """The file that an address names; None where the store is no file."""
    named = address.database
    return Path(named) if address.get_backend_name() == "sqlite" and named and named != ":memory:" else None


def require_file(address: URL) -> None:
    """StoreError where an address names a file that is not there: to open it would make an empty one."""
    file = file_of(address)
    if file is not None and not file.exists():
        msg = f"there is no store at {file}; look at the address, or make one there: tocsin db upgrade"
        raise StoreError(msg)


def shown(address: URL) -> str:
    """An address as it may be told to anybody: each secret in it is ***."""
    hidden = {key: _HIDDEN for key in address.query if key in _SECRET_KEYS}
    told = address.update_query_dict(hidden).render_as_string(hide_password=True)
    return told.replace("%2A%2A%2A", _HIDDEN)


def secrets_in(url: str) -> set[str]:
    """What nobody may read of an address: its passwords, and all of it where it has any or cannot be read."""
    try:
        address = read_address(url)
    except StoreError:
        return {url}
    found = set(_secrets(address))
    return found | {url} if found else found


def _secrets(address: URL) -> Iterator[str]:
    if address.password:
        yield str(address.password)
    for key in _SECRET_KEYS:
        given = address.query.get(key, ())
        yield from [given] if isinstance(given, str) else given
