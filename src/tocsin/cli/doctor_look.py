"""What a look of the doctor comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unwell:
    """What is wrong, and what to do about it."""

    what: str


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at: what was found or, where it is unwell, what is wrong and what to do."""

    name: str
    well: bool
    found: str
