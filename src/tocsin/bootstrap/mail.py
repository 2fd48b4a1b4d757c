"""The mail server as the settings have it: all of it or nothing, checked before a notice waits for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.channels.mail_server import MailServer, is_address
from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from tocsin.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


def read_mail(settings: Settings) -> MailServer | None:
    """The mail server; None where none is set. InvalidInputError that names all that is missing or cannot be."""
    host, sender = settings.smtp_host or "", settings.smtp_from or ""
    user, password = settings.smtp_user or "", settings.credential("smtp_password")
    if not (host or sender or user or password):
        return None
    problems = []
    if _HOST.fullmatch(host) is None:
        problems.append(_problem("host", host, "the name or the address of a mail server"))
    if not is_address(sender):
        problems.append(_problem("from", sender, "one plain mail address, such as tocsin@desk.example"))
    if bool(user) is not bool(password):
        missing = "password" if user else "user"
        problems.append(_problem(missing, "", "a value, as the other of user and password is set"))
    for name, value, shown in (("user", user, user), ("password", password, "not shown")):
        if not (value.isascii() and value.isprintable()):  # SMTP has no agreed way to say others
            problems.append(_problem(name, shown, "printable ASCII letters alone"))
    if user and settings.smtp_security == "none":
        problems.append(_problem("security", "none", "starttls or tls, as nobody else may read the password"))
    if problems:
        raise InvalidInputError(problems)
    return MailServer(host, settings.smtp_port, settings.smtp_security, sender, user, password)


def _problem(name: str, value: str, accepted: str) -> Problem:
    return Problem("environment", None, f"TOCSIN_SMTP_{name.upper()}", repr(value) if value else "not set", accepted)
