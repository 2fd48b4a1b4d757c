"""Degrees as upstreams write them."""

from __future__ import annotations

MOST_NORTH = 90.0
"""Of either sign, for latitudes."""
MOST_EAST = 180.0
"""Of either sign, for longitudes."""


def read_degrees(value: object, most: float) -> float | None:
    """A latitude or longitude, None where the upstream gives none; ValueError where it is none on this planet."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    number = float(text)
    if not abs(number) <= most:  # so that NaN is refused too
        raise ValueError(f"{text!r} is not between -{most:g} and {most:g} degrees")
    return number
