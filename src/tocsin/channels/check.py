"""Whether a destination can be reached at all, before a notice waits for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.channels.mail_server import read_recipients
from tocsin.channels.signature import read_secret
from tocsin.channels.webhook_address import read_address
from tocsin.domain.delivery import DestinationKind
from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.domain.delivery import Destination

_CHAT = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def check_destination(destination: Destination) -> None:
    """InvalidInputError with everything wrong with its address and its secret, neither of which it shows."""
    problems: list[Problem] = []
    for check in _CHECKS[destination.kind]:
        try:
            check(destination)
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)


def _chat(destination: Destination) -> None:
    if _CHAT.fullmatch(destination.address) is None:
        raise _refused("not of this form", "an address as Apprise writes it, such as slack://…")


def _no_address(destination: Destination) -> None:
    if destination.address:
        raise _refused("set", "none: the log has no address")


def _refused(found: str, accepted: str) -> InvalidInputError:
    return InvalidInputError([Problem("", None, "address", found, accepted)])


_CHECKS: dict[DestinationKind, tuple[Callable[[Destination], object], ...]] = {
    DestinationKind.WEBHOOK: (lambda it: read_address(it.address), lambda it: read_secret(it.secret)),
    DestinationKind.EMAIL: (lambda it: read_recipients(it.address),),
    DestinationKind.CHAT: (_chat,),
    DestinationKind.LOG: (_no_address,),
}
