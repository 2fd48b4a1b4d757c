"""Set where notices go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.domain.delivery import THE_LOG
from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.delivery import Destination
    from tocsin.usecases.alert_ports import DestinationBook

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LONGEST_TITLE = 200


def set_destination(
    destination: Destination,
    *,
    check: Callable[[Destination], None],
    book: DestinationBook,
    actor: str,
    now: datetime,
) -> None:
    """Set a destination, new or anew: one that had said that it is gone is sent notices again.

    InvalidInputError with everything that is wrong with it, and nothing is written. `check` raises it for what only a
    channel can tell; nobody is asked, as a receiver may be started later.
    """
    problems = list(_problems(destination))
    try:
        check(destination)
    except InvalidInputError as error:
        problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    book.put(destination, actor, now)


def _problems(destination: Destination) -> list[Problem]:
    found = []
    name, title = destination.id, destination.title
    if _ID.fullmatch(name) is None:
        found.append(Problem("", None, "id", repr(name), "small letters, digits and hyphens, at most 64, such as desk"))
    elif name == THE_LOG.id:
        found.append(Problem("", None, "id", repr(name), "another id: the log is always there"))
    if not title.strip() or not title.isprintable() or len(title) > _LONGEST_TITLE:
        accepted = f"one line of at most {_LONGEST_TITLE} characters that people know it by"
        found.append(Problem("", None, "title", repr(title[:_LONGEST_TITLE]), accepted))
    return found
