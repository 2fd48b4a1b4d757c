"""What bodies are made of: text that any database can keep, numbers that are finite, days of the calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from tocsin.domain.timeline import read_day

ID = r"^[0-9a-f]{16,64}$"
"""Ids of what the store holds are hexadecimal digits."""
HALVED = "text without half a character (a lone surrogate)"
"""What is accepted where one was found."""


def _storable(text: str) -> str:
    if "\0" in text:
        msg = "text without a zero character, at which databases stop reading"
        raise ValueError(msg)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(HALVED)
    return text


def _day(value: object) -> date:
    day = read_day(value) if isinstance(value, str) else None
    if day is None:
        msg = "a day of the calendar as YYYY-MM-DD"
        raise ValueError(msg)
    return day


type Text = Annotated[str, StringConstraints(strict=True, max_length=10_000), AfterValidator(_storable)]
"""Up to 10,000 characters."""
type Name = Annotated[str, StringConstraints(strict=True, max_length=200), AfterValidator(_storable)]
"""Up to 200 characters."""
type Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number, never text or true."""
type Day = Annotated[date, BeforeValidator(_day)]
"""A day as YYYY-MM-DD, and no instant."""
type Id = Annotated[str, StringConstraints(strict=True, pattern=ID)]
"""An id of something in the store."""
