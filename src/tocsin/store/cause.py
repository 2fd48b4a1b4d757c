"""What a database said went wrong, in one line, with what to do about it."""

from __future__ import annotations

import re

_BUSY = "another process has been writing for {waited:g} s; try again later"
_NO_TABLES = "its tables are missing; run: tocsin db upgrade"
_FULL = "the disk is full; nothing was written"
_READ_ONLY = "it takes no writes: it is a standby, or set to read only"
_GONE = (
    "the database cannot be reached; check that it runs. The next attempt connects anew; what was sent may be sent "
    "again, as the store knows what it has"
)

# PostgreSQL's codes, which do not change with the language of its messages as the messages do.
_BY_CODE = {
    "55P03": _BUSY,
    "42P01": _NO_TABLES,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "53300": "the server has no connection left for us; try again later",
    "57P01": _GONE,
    "57P02": _GONE,
    "57P03": _GONE,
    "57014": "the database takes too long, so this was given up; try again once it has less to do",
    "3D000": "check the name in TOCSIN_DATABASE_URL",
}

# What SQLite says, and what PostgreSQL's driver says before there is a connection: neither has codes.
_BY_WORDS = {
    "database is locked": _BUSY,
    "unable to open database file": "the folder does not exist or may not be written",
    "no such table": _NO_TABLES,
    "readonly database": "the file or its folder may not be written by this user",
    "disk is full": _FULL,
    "disk I/O error": "the disk is full or failing; what was being written was not recorded",
    "disk image is malformed": "the file is damaged; restore it from a backup",
    "not a database": "the file is no SQLite database; check the address",
    "authentication failed": "check the user and the password in TOCSIN_DATABASE_URL",
    "Connection refused": _GONE,
    "connection failed": _GONE,
    "connection is bad": _GONE,
    "connection to server": _GONE,
    "connection timeout expired": _GONE,
    "server closed the connection": _GONE,
    "the connection is lost": _GONE,
    "the connection is closed": _GONE,
    "could not translate host name": _GONE,
    "failed to resolve host": _GONE,
}

# Not of a table, a column or a type that does not exist: those are said in the same words.
_NO_DATABASE = re.compile(r'\bdatabase ".*" does not exist')
_NO_ROLE = re.compile(r'\brole ".*" does not exist')


def told_cause(error: BaseException | None, waited_seconds: float) -> str:
    """The first line of what a database said, and what to do where that is known."""
    said = str(error)
    advice = _BY_CODE.get(getattr(error, "sqlstate", None) or "")
    if advice is None and _NO_DATABASE.search(said):
        advice = "check the name in TOCSIN_DATABASE_URL"
    if advice is None and _NO_ROLE.search(said):
        advice = "check the user in TOCSIN_DATABASE_URL"
    if advice is None:
        advice = next((what for sign, what in _BY_WORDS.items() if sign in said), None)
    first_line = said.partition("\n")[0]
    return first_line if advice is None else f"{first_line}: {advice.format(waited=waited_seconds)}"
