"""Signing in, throttled: whether somebody may try a password now, from what was tried before."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FAILURES = 10
"""So many failures of one name, or from one address, are suffered within the window."""
WINDOW = timedelta(minutes=15)
ALL_FAILURES = 60
"""So many of all names and addresses together are suffered within the short window: each costs a tenth of a second of a
processor, and many addresses with many names must not use it up."""
SHORT_WINDOW = timedelta(minutes=1)


class Limit(StrEnum):
    """Which limit was reached."""

    NAME = "name"
    ADDRESS = "address"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody may try now, and for how long not."""

    limit: Limit
    wait: timedelta


def refusal(
    of_name: Sequence[datetime], from_address: Sequence[datetime], of_all: Sequence[datetime], now: datetime
) -> Refusal | None:
    """Whether an attempt is to be refused unheard; None where it may be made.

    Args:
        of_name: When attempts with this name failed, in any order; those before the window do not count.
        from_address: The same from this address.
        of_all: The same of everybody.
        now: The present instant.

    What is refused is not counted as a failure, so nobody can be shut out for longer than the window by being tried on.
    """
    rules = (
        (Limit.NAME, of_name, FAILURES, WINDOW),
        (Limit.ADDRESS, from_address, FAILURES, WINDOW),
        (Limit.ALL, of_all, ALL_FAILURES, SHORT_WINDOW),
    )
    found = [
        Refusal(limit, until - now)
        for limit, failed, most, window in rules
        if (until := _full_until(failed, most, window, now)) is not None
    ]
    return max(found, key=lambda item: item.wait, default=None)


def _full_until(failed: Sequence[datetime], most: int, window: timedelta, now: datetime) -> datetime | None:
    recent = sorted(at for at in failed if at > now - window)
    return None if len(recent) < most else recent[-most] + window


def address_group(text: str) -> str:
    """The address that counts as one: of IPv6 the network of 64 bits, which one household has to itself.

    >>> address_group("2001:db8::1:2"), address_group("192.0.2.7"), address_group("::ffff:192.0.2.7")
    ('2001:db8::/64', '192.0.2.7', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text[:64]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
