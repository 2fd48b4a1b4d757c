"""The mail server that e-mail goes out by, and mail addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from tocsin.domain.errors import InvalidInputError, Problem

type Security = Literal["starttls", "tls", "none"]

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL}){{0,20}}")
_MOST_RECIPIENTS = 50


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, and what it knows us by.

    Attributes:
        host: Its name, which its certificate must bear.
        port: Its port.
        security: TLS after `STARTTLS`, from the first byte on, or none.
        sender: The address that mail comes from.
        user: The name that we sign in with; empty where we do not.
        password: And its password.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


def is_address(text: str) -> bool:
    r"""Whether a text is a plain mail address.

    >>> [is_address(item) for item in ("watch@desk.example", "Watch <watch@desk.example>", "a@b\r\nBcc: c@d")]
    [True, False, False]
    """
    return _ADDRESS.fullmatch(text) is not None


def read_recipients(text: str) -> tuple[str, ...]:
    """The mail addresses of a destination, each once; InvalidInputError that names every one that cannot be."""
    parts = list(dict.fromkeys(part.strip() for part in text.split(",")))
    accepted = f"plain ASCII mail addresses with commas between, {_MOST_RECIPIENTS} at most"
    wrong = [repr(part[:100]) for part in parts if not is_address(part)]
    if len(parts) > _MOST_RECIPIENTS:
        wrong.append(f"a list of {len(parts)}")
    if wrong:
        raise InvalidInputError([Problem("", None, "address", part, accepted) for part in wrong])
    return tuple(parts)
