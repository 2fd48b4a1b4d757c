"""Counted things in words."""

from __future__ import annotations


def counted(number: float, noun: str, form: str = "g") -> str:
    """A number with its noun, in the singular for what is shown as 1: `1 day`, `3 days`, `0.5 points`.

    The noun takes an s in the plural. `form` is how the number is shown.
    """
    shown = format(number, form)
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"
