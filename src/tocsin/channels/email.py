"""E-mail: a message as plain text and HTML, handed to a mail server by SMTP."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from tocsin.channels.connection import CONNECT_SECONDS, GOODBYE_SECONDS, TOTAL_SECONDS, Deadline, why
from tocsin.channels.mail_conversation import Conversation
from tocsin.channels.mail_server import read_recipients
from tocsin.domain.delivery import Accepted, Refused
from tocsin.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tocsin.channels.mail_server import MailServer
    from tocsin.domain.delivery import Destination, Message, Outcome

# Not every server takes eight bits, so that nothing else is sent.
_POLICY = SMTP.clone(cte_type="7bit")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ENHANCED = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_FIRST_PERMANENT = 500
# The more particular comes first.
_REFUSALS = (
    (smtplib.SMTPAuthenticationError, "TOCSIN_SMTP_USER or its password"),
    (smtplib.SMTPSenderRefused, "the sender that TOCSIN_SMTP_FROM names"),
    (smtplib.SMTPDataError, "the mail"),
    (smtplib.SMTPResponseException, "us"),
)
_FAILURES = (
    (smtplib.SMTPServerDisconnected, "{place} hung up in the midst of it; it may have the mail all the same"),
    (smtplib.SMTPException, "{place} does not offer what is needed: {why}"),  # in smtplib's own words
    (ssl.SSLError, "no TLS with {place}: {why}"),
    (OSError, "no connection to {place}: {why}"),
    (OverflowError, "{place} does not end its replies"),
    (ValueError, "the mail cannot be written; is there something in it that is no text?"),
)


class EmailChannel:
    """Sends by the mail server of the settings, to all addresses of a destination at once.

    An address that is refused makes it a failure although others have the mail. The next attempt goes to those alone
    who do not have it and may take it yet; where there are none of them, there is none. Mail programs know a mail that
    came twice all the same by its `Message-ID`.
    """

    def __init__(self, server: MailServer | None, tls: ssl.SSLContext, seconds: float = TOTAL_SECONDS) -> None:
        """Take the server, whom to believe, and how long an attempt may take."""
        self._server = server
        self._tls = tls
        self._seconds = seconds

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:  # noqa: ARG002 (inherited)
        """Send a message; accepted is one that the server takes for every address."""
        server = self._server
        if server is None:
            return Refused("no mail server is set; set TOCSIN_SMTP_HOST and TOCSIN_SMTP_FROM")
        try:
            recipients = read_recipients(destination.address)
            settled = {*destination.besides, *dict(destination.refused)}
            left = [item for item in recipients if item not in settled]
            had, refused = self._hand_over(server, compose(message, server.sender, recipients), left)
        except InvalidInputError as error:
            return Refused(str(error))
        except (smtplib.SMTPException, OSError, OverflowError, ValueError) as error:
            return Refused(self._failure(server, error))
        if refused or any(who in recipients for who, _ in destination.refused):
            return _partly(_place(server), recipients, destination, had, refused)
        return Accepted(f"taken by {_place(server)} for {len(recipients)}")

    def _hand_over(
        self, server: MailServer, mail: EmailMessage, recipients: Sequence[str]
    ) -> tuple[tuple[str, ...], Mapping[str, tuple[int, bytes]]]:
        """Who has it of those whom the mail is for, and whom the server refuses; it may not ask all of them."""
        if not recipients:
            return (), {}
        deadline = Deadline(self._seconds)
        conversation = Conversation(server, self._tls, deadline)
        try:
            refused = conversation.open().sendmail(server.sender, recipients, mail.as_bytes())
            had = tuple(item for item in recipients if item not in refused)
            deadline.draw_near(GOODBYE_SECONDS)
            with suppress(smtplib.SMTPException, OSError, OverflowError):
                conversation.quit()
        except smtplib.SMTPRecipientsRefused as error:
            # Nobody has it then: also where the server ends the talk before all are asked.
            return (), error.recipients
        finally:
            conversation.close()
        return had, refused

    def _failure(self, server: MailServer, error: Exception) -> str:
        """What an error comes to, in words of our own: a server's could repeat what it was sent."""
        place = _place(server)
        if isinstance(error, smtplib.SMTPResponseException):
            what = next(what for kind, what in _REFUSALS if isinstance(error, kind))
            return f"{place} refuses {what}: {_code(error.smtp_code, error.smtp_error)}"
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            caps = f"at most {CONNECT_SECONDS:g} s to connect, {self._seconds:g} s in all"
            return f"{place} took too long ({caps}); it may have the mail all the same"
        words = next(words for kind, words in _FAILURES if isinstance(error, kind))
        return words.format(place=place, why=why(error) if isinstance(error, OSError) else "")


def _partly(
    place: str,
    recipients: Sequence[str],
    destination: Destination,
    had: tuple[str, ...],
    refused: Mapping[str, tuple[int, bytes]],
) -> Refused:
    """Somebody does not have it, who refused it for good at an earlier attempt or refuses it at this one."""
    now = {who: _code(code, text) for who, (code, text) in refused.items()}
    for_good = tuple((who, now[who]) for who, (code, _) in refused.items() if code >= _FIRST_PERMANENT)
    told = {who: reply for who, reply in destination.refused if who in recipients} | now
    have = {*destination.besides, *had}
    count = sum(who in have for who in recipients)
    others = f"; the other {f'{count} of this destination have' if count > 1 else 'one of this destination has'} it"
    return Refused(
        f"{place} refuses {', '.join(f'{who}: {reply}' for who, reply in told.items())}{others if count else ''}",
        had=had,
        refused=for_good,
        hopeless=set(recipients) <= {*have, *dict(destination.refused), *dict(for_good)},
    )


def compose(message: Message, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """A message as mail; the same at each attempt, but for the boundary between its parts."""
    domain = sender.rpartition("@")[2]
    plain = _PLAIN_ID.fullmatch(message.id)
    name = message.id if plain else hashlib.sha256(message.id.encode("utf-8", "replace")).hexdigest()[:32]
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = _one_line(message.subject)
    mail["From"] = Address("Tocsin", addr_spec=sender)
    mail["To"] = tuple(Address(addr_spec=recipient) for recipient in recipients)
    mail["Date"] = message.at
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _one_line(subject: str) -> str:
    """A subject without what could begin another header or is not for reading."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in subject).split())


def _place(server: MailServer) -> str:
    return f"{server.host}:{server.port}"


def _code(code: int, text: bytes | str) -> str:
    """A reply's code, with the enhanced one (RFC 3463) where it has one, and what kind of failure that is."""
    if code < 0:
        return "its answer is not SMTP"
    found = _ENHANCED.match(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    detail = f" {found[0].decode('ascii')}" if found else ""
    return f"{code}{detail}, {'for good' if code >= _FIRST_PERMANENT else 'for now'}"
