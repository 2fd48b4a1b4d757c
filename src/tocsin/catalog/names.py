"""Ids, and what somebody may have meant who wrote one that is not there."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ID_FORM = "lower-case letters and digits, in parts joined by single hyphens, such as border-attack"

_NEAR_ENOUGH = 0.5


def nearest(name: str, known: Collection[str]) -> str:
    """The known names that look most like one, as the end of a message; nothing where none does.

    >>> nearest("violence/border-atack", ["violence/border-attack", "society/protest"])
    '; did you mean violence/border-attack?'
    """
    close = get_close_matches(name.casefold(), sorted(known), n=3, cutoff=_NEAR_ENOUGH)
    if not close:
        # Names with capitals (time zones) are compared as they are written.
        close = get_close_matches(name, sorted(known), n=3, cutoff=_NEAR_ENOUGH)
    return f"; did you mean {' or '.join(close)}?" if close else ""
