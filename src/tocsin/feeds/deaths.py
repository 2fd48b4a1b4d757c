"""Numbers of dead as upstreams write them."""

from __future__ import annotations

_MOST = 2**31
"""More than live in any country; beyond it a number is a fault, and costly to write out."""


def read_deaths(value: object) -> int:
    """A number of dead; ValueError where it is no whole number from 0.

    >>> read_deaths("12"), read_deaths(0.0)
    (12, 0)
    """
    number = float(str(value))
    if not (0 <= number <= _MOST and number.is_integer()):
        raise ValueError(f"{str(value)[:40]!r} is no number of dead; accepted: a whole number from 0")
    return int(number)
