"""Accounts and API keys as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.account import Account
from tocsin.domain.api_key import ApiKey, fault_of
from tocsin.domain.instants import write_instant

_ACCOUNT_HEADINGS = ("name", "role", "theaters", "since", "")
_KEY_HEADINGS = ("id", "for", "role", "theaters", "made by", "expires", "last used", "")


def accounts_json(accounts: Sequence[Account]) -> str:
    """The accounts as one JSON list, without passwords."""
    return json.dumps(
        [
            {
                "name": item.name,
                "role": item.role.value,
                "theaters": _listed(item.theaters),
                "created_at": write_instant(item.created_at),
                "disabled_at": _iso(item.disabled_at),
            }
            for item in accounts
        ],
        indent=2,
    )


def print_accounts(accounts: Sequence[Account]) -> None:
    """The accounts as a table."""
    table = start_table(_ACCOUNT_HEADINGS, left=_ACCOUNT_HEADINGS)
    for item in accounts:
        state = "" if item.disabled_at is None else f"disabled {_minute(item.disabled_at)}"
        table.add_row(item.name, item.role.value, _told(item.theaters), _minute(item.created_at), state)
    none = ["to make one: tocsin user add NAME --role ROLE"] if not accounts else []
    print_table(f"{len(accounts)} account{'' if len(accounts) == 1 else 's'}", table, none)


def key_object(key: ApiKey) -> dict[str, object]:
    """A key as JSON, without its secret."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "theaters": _listed(key.theaters),
        "created_by": key.created_by,
        "created_at": write_instant(key.created_at),
        "expires_at": _iso(key.expires_at),
        "revoked_at": _iso(key.revoked_at),
        "used_at": _iso(key.used_at),
    }


def keys_json(keys: Sequence[ApiKey]) -> str:
    """The keys as one JSON list."""
    return json.dumps([key_object(item) for item in keys], indent=2)


def print_keys(keys: Sequence[ApiKey], now: datetime) -> None:
    """The keys as a table."""
    table = start_table(_KEY_HEADINGS, left=_KEY_HEADINGS)
    for item in keys:
        expires = "never" if item.expires_at is None else _minute(item.expires_at)
        used = "never" if item.used_at is None else _minute(item.used_at)
        row = (item.id, item.name, item.role.value, _told(item.theaters), item.created_by, expires, used)
        table.add_row(*row, fault_of(item, now))
    none = ['to make one: tocsin key add "WHAT FOR" --role ROLE'] if not keys else []
    print_table(f"{len(keys)} key{'' if len(keys) == 1 else 's'}", table, none)


def _told(theaters: frozenset[str] | None) -> str:
    return "all" if theaters is None else ", ".join(sorted(theaters)) or "none"


def _listed(theaters: frozenset[str] | None) -> list[str] | None:
    return None if theaters is None else sorted(theaters)


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else write_instant(instant)
