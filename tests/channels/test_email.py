"""E-mail reaches a real mail server, or it is told who refuses whom and whether for good."""

from __future__ import annotations

import email
import itertools
import socket
import time
from dataclasses import replace
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.mail_receiver import PASSWORD, USER, mailroom, scripted
from support.messages import MESSAGE, NOW, mailbox, refusal
from tocsin.channels.email import EmailChannel, compose
from tocsin.channels.mail_server import MailServer
from tocsin.domain.delivery import Accepted

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from threading import Event

    from support.mail_receiver import Mailroom

    type Talk = Callable[[socket.socket, Event], None]

pytestmark = pytest.mark.fault(15)

_SENDER = "tocsin@desk.example"
_GREETING = b"220 mailroom\r\n"
_SECONDS = 5.0


@pytest.fixture
def room() -> Iterator[Mailroom]:
    """A mail server without TLS."""
    with mailroom() as opened:
        yield opened


@pytest.fixture
def channel(room: Mailroom, system_tls: ssl.SSLContext) -> EmailChannel:
    """By that server."""
    return EmailChannel(_plain(room.port), system_tls, _SECONDS)


def _plain(port: int) -> MailServer:
    return MailServer("127.0.0.1", port, "none", _SENDER)


def test_a_mail_arrives_as_text_and_html_with_what_keeps_machines_from_answering(
    room: Mailroom, channel: EmailChannel
) -> None:
    """In letters of any script, over servers that take seven bits."""
    outcome = channel.send(mailbox("watch@desk.example, chief@desk.example"), MESSAGE, NOW)
    assert outcome == Accepted(f"taken by 127.0.0.1:{room.port} for 2")
    ((recipients, content),) = room.mails
    assert recipients == ["watch@desk.example", "chief@desk.example"]
    assert content.isascii()
    mail = email.message_from_bytes(content, policy=default)
    assert mail["Subject"] == MESSAGE.subject
    assert (mail["From"], mail["To"]) == (f"Tocsin <{_SENDER}>", "watch@desk.example, chief@desk.example")
    assert mail["Date"].datetime == MESSAGE.at
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.text
    assert html.get_content().replace("\r\n", "\n") == MESSAGE.html


def test_the_same_message_has_the_same_id_at_each_attempt(room: Mailroom, channel: EmailChannel) -> None:
    """By which mail programs know it."""
    for _ in range(2):
        channel.send(mailbox(), MESSAGE, NOW)
    channel.send(mailbox(), replace(MESSAGE, id="another"), NOW)
    ids = [email.message_from_bytes(content, policy=default)["Message-ID"] for _, content in room.mails]
    assert ids == [f"<{MESSAGE.id}@desk.example>"] * 2 + ["<another@desk.example>"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("550 5.1.1 nobody of that name: opens-nothing", "550 5.1.1, for good"),
        ("451 4.7.1 come again", "451 4.7.1, for now"),
        ("452 full", "452, for now"),
    ],
)
def test_a_refused_recipient_is_named_and_the_others_have_it(
    room: Mailroom, channel: EmailChannel, reply: str, said: str
) -> None:
    """With the reply's code, and never its words."""
    room.refused = {"chief@desk.example": reply}
    refused = refusal(channel.send(mailbox("watch@desk.example,chief@desk.example"), MESSAGE, NOW))
    assert refused.reason == (
        f"127.0.0.1:{room.port} refuses chief@desk.example: {said}; the other one of this destination has it"
    )
    assert (refused.had, refused.hopeless) == (("watch@desk.example",), reply.startswith("5"))
    assert [recipients for recipients, _ in room.mails] == [["watch@desk.example"]]


def test_whoever_has_it_does_not_get_it_again(room: Mailroom, channel: EmailChannel) -> None:
    """Whatever becomes of the others at the next attempt."""
    everybody = mailbox("watch@desk.example,chief@desk.example,night@desk.example")
    rest = replace(everybody, besides=("watch@desk.example",))
    room.refused = {"chief@desk.example": "550 5.1.1 no", "night@desk.example": "450 4.2.0 later"}
    refused = refusal(channel.send(rest, MESSAGE, NOW))
    assert refused.reason.endswith("night@desk.example: 450 4.2.0, for now; the other one of this destination has it")
    assert (refused.had, refused.hopeless, room.mails) == ((), False, [])
    del room.refused["night@desk.example"]
    refused = refusal(channel.send(rest, MESSAGE, NOW))
    assert (refused.had, refused.hopeless) == (("night@desk.example",), True)
    ((recipients, content),) = room.mails
    assert recipients == ["night@desk.example"]
    assert email.message_from_bytes(content, policy=default)["To"] == everybody.address.replace(",", ", ")
    room.refused = {}
    assert isinstance(
        channel.send(replace(rest, besides=(*rest.besides, "night@desk.example")), MESSAGE, NOW), Accepted
    )
    assert [recipients for recipients, _ in room.mails][1:] == [["chief@desk.example"]]


def test_where_all_are_refused_each_is_named(room: Mailroom, channel: EmailChannel) -> None:
    """And nothing was sent."""
    room.refused = {"a@desk.example": "550 5.1.1 no", "b@desk.example": "450 4.2.0 later"}
    refused = refusal(channel.send(mailbox("a@desk.example,b@desk.example"), MESSAGE, NOW))
    assert refused.reason == (
        f"127.0.0.1:{room.port} refuses a@desk.example: 550 5.1.1, for good, b@desk.example: 450 4.2.0, for now"
    )
    assert room.mails == []


@pytest.mark.parametrize(
    ("command", "reply", "said"),
    [
        ("MAIL", "553 5.7.1 not you", "the sender that TOCSIN_SMTP_FROM names: 553 5.7.1, for good"),
        ("MAIL", "421 4.3.2 closing", "the sender that TOCSIN_SMTP_FROM names: 421 4.3.2, for now"),
        ("DATA", "554 5.6.0 spam", "the mail: 554 5.6.0, for good"),
        ("DATA", "421 closing", "the mail: 421, for now"),
    ],
)
def test_a_refused_sender_or_mail_is_said(
    room: Mailroom, channel: EmailChannel, command: str, reply: str, said: str
) -> None:
    """For good or for now, by the code."""
    room.replies = {command: reply}
    assert refusal(channel.send(mailbox(), MESSAGE, NOW)).reason == f"127.0.0.1:{room.port} refuses {said}"


@pytest.mark.parametrize("at_once", [False, True])
def test_over_tls_a_user_signs_in_and_a_wrong_password_is_refused(
    own_tls: tuple[ssl.SSLContext, ssl.SSLContext], *, at_once: bool
) -> None:
    """After STARTTLS or from the first byte on; the reason names the setting and no password."""
    server_tls, client_tls = own_tls
    with mailroom(server_tls, from_the_first_byte=at_once) as room:
        server = MailServer("127.0.0.1", room.port, "tls" if at_once else "starttls", _SENDER, USER, PASSWORD)
        assert isinstance(EmailChannel(server, client_tls, _SECONDS).send(mailbox(), MESSAGE, NOW), Accepted)
        wrong = replace(server, password="opens-less")  # noqa: S106 - as it says
        refused = refusal(EmailChannel(wrong, client_tls, _SECONDS).send(mailbox(), MESSAGE, NOW))
        assert refused.reason.startswith(f"127.0.0.1:{room.port} refuses TOCSIN_SMTP_USER or its password: 535")
        assert (room.signed_in, len(room.mails)) == ([USER], 1)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_certificate_that_nobody_believes_ends_it_before_the_password_is_told(
    own_tls: tuple[ssl.SSLContext, ssl.SSLContext], system_tls: ssl.SSLContext, *, at_once: bool
) -> None:
    """Self-signed."""
    with mailroom(own_tls[0], from_the_first_byte=at_once) as room:
        server = MailServer("127.0.0.1", room.port, "tls" if at_once else "starttls", _SENDER, USER, PASSWORD)
        refused = refusal(EmailChannel(server, system_tls, _SECONDS).send(mailbox(), MESSAGE, NOW))
        assert refused.reason.startswith(f"no TLS with 127.0.0.1:{room.port}: ")
        assert "self-signed certificate" in refused.reason
        assert (room.signed_in, room.mails) == ([], [])


def test_a_server_without_the_starttls_that_is_wanted_gets_nothing(room: Mailroom, system_tls: ssl.SSLContext) -> None:
    """Somebody between us could have taken it out."""
    server = MailServer("127.0.0.1", room.port, "starttls", _SENDER, USER, PASSWORD)
    refused = refusal(EmailChannel(server, system_tls, _SECONDS).send(mailbox(), MESSAGE, NOW))
    assert refused.reason == (
        f"127.0.0.1:{room.port} does not offer what is needed: STARTTLS extension not supported by server."
    )
    assert (room.signed_in, room.mails) == ([], [])


def _drips(connection: socket.socket, closing: Event) -> None:
    for letter in itertools.chain(_GREETING[:-2], itertools.repeat(ord("x"))):
        connection.sendall(bytes([letter]))
        if closing.wait(0.05):
            return


def _silent(_: socket.socket, closing: Event) -> None:
    closing.wait(10)


def _greets_and_drips(connection: socket.socket, closing: Event) -> None:
    connection.sendall(_GREETING)
    while not closing.wait(0.05):
        connection.sendall(b"250-more\r\n")


@pytest.mark.parametrize("talk", [_drips, _silent, _greets_and_drips])
def test_a_server_that_drips_is_cut_when_the_time_is_up(talk: Talk, system_tls: ssl.SSLContext) -> None:
    """In its greeting or its replies, however steadily."""
    with scripted(talk) as port:
        began = time.monotonic()
        refused = refusal(EmailChannel(_plain(port), system_tls, 0.4).send(mailbox(), MESSAGE, NOW))
        assert time.monotonic() - began < 2
    assert refused.reason == (
        f"127.0.0.1:{port} took too long (at most 5 s to connect, 0.4 s in all); it may have the mail all the same"
    )


def test_a_handshake_that_never_ends_is_cut(system_tls: ssl.SSLContext) -> None:
    """A port that takes connections and says nothing."""
    with scripted(_silent) as port:
        began = time.monotonic()
        server = MailServer("127.0.0.1", port, "tls", _SENDER)
        refused = refusal(EmailChannel(server, system_tls, 0.4).send(mailbox(), MESSAGE, NOW))
        assert time.monotonic() - began < 2
    assert "took too long" in refused.reason


def _endless(connection: socket.socket, _: Event) -> None:
    connection.sendall(_GREETING)
    while True:
        connection.sendall(b"250-more\r\n" * 1000)


def _endless_line(connection: socket.socket, _: Event) -> None:
    while True:
        connection.sendall(b"2" * 10_000)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (_endless, "127.0.0.1:PORT does not end its replies"),
        (_endless_line, "127.0.0.1:PORT refuses us: 500, for good"),
        (
            lambda connection, _: connection.sendall(b"421 4.3.2 busy: opens-nothing\r\n"),
            "refuses us: 421 4.3.2, for now",
        ),
        (lambda connection, _: connection.sendall(b"554 not for you\r\n"), "refuses us: 554, for good"),
        (lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\n"), "refuses us: its answer is not SMTP"),
        (lambda *_: None, "hung up in the midst of it; it may have the mail all the same"),
        (lambda connection, _: connection.sendall(_GREETING), "hung up in the midst of it"),
    ],
    ids=["endless replies", "endless line", "421", "554", "not SMTP", "nothing", "greeting alone"],
)
def test_a_server_that_talks_otherwise_is_told_in_words_of_our_own(
    talk: Talk, said: str, system_tls: ssl.SSLContext
) -> None:
    """Bounded, and without repeating it."""
    with scripted(talk) as port:
        reason = refusal(EmailChannel(_plain(port), system_tls, _SECONDS).send(mailbox(), MESSAGE, NOW)).reason
    assert said.replace("PORT", str(port)) in reason
    assert "opens-nothing" not in reason


def _slow_to_leave(connection: socket.socket, closing: Event) -> None:
    connection.sendall(_GREETING)
    with connection.makefile("rb") as lines:
        for line in lines:
            if line.startswith(b"quit"):
                closing.wait(10)
                return
            if line == b"data\r\n":
                connection.sendall(b"354 go on\r\n")
                while lines.readline() != b".\r\n":
                    pass
            connection.sendall(b"250 OK\r\n")


def test_what_was_taken_is_taken_although_the_server_does_not_say_goodbye(system_tls: ssl.SSLContext) -> None:
    """It said what counts; two seconds are enough for the rest."""
    with scripted(_slow_to_leave) as port:
        began = time.monotonic()
        outcome = EmailChannel(_plain(port), system_tls, 20).send(mailbox(), MESSAGE, NOW)
        assert time.monotonic() - began < 4
    assert outcome == Accepted(f"taken by 127.0.0.1:{port} for 1")


def test_nobody_there_is_said_so(system_tls: ssl.SSLContext) -> None:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused = refusal(EmailChannel(_plain(port), system_tls, _SECONDS).send(mailbox(), MESSAGE, NOW))
    assert refused.reason == f"no connection to 127.0.0.1:{port}: Connection refused"


def test_without_a_mail_server_it_is_said_what_to_set(system_tls: ssl.SSLContext) -> None:
    """The destination was set by somebody who cannot know."""
    refused = refusal(EmailChannel(None, system_tls).send(mailbox(), MESSAGE, NOW))
    assert refused.reason == "no mail server is set; set TOCSIN_SMTP_HOST and TOCSIN_SMTP_FROM"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "watch",
        "watch@desk.example,",
        "Watch <watch@desk.example>",
        "watch@desk.example\r\nBcc: all@desk.example",
        "watch..x@desk.example",
        ".watch@desk.example",
        "watch@-desk.example",
        "wätch@desk.example",
        f"{'w' * 65}@desk.example",
        "watch@desk.example> SIZE=1",
        ",".join(f"w{number}@desk.example" for number in range(51)),
    ],
)
def test_addresses_that_cannot_be_are_refused_and_named(channel: EmailChannel, room: Mailroom, address: str) -> None:
    """Before anybody is told anything."""
    reason = refusal(channel.send(mailbox(address), MESSAGE, NOW)).reason
    assert "accepted: plain ASCII mail addresses with commas between, 50 at most" in reason
    assert room.mails == []


def test_what_is_no_text_is_refused(channel: EmailChannel) -> None:
    """Half a letter, as broken feeds have it."""
    refused = refusal(channel.send(mailbox(), replace(MESSAGE, text="\ud800"), NOW))
    assert refused.reason == "the mail cannot be written; is there something in it that is no text?"


@given(subject=st.text(), name=st.text(min_size=1))
def test_no_subject_and_no_id_begins_another_header(subject: str, name: str) -> None:
    """Whatever letters they have; line breaks, controls and halves of letters become blanks."""
    message = replace(MESSAGE, id=name, subject=subject)
    written = compose(message, _SENDER, ["watch@desk.example"]).as_bytes()
    read = email.message_from_bytes(written, policy=default)
    expected = ["Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    assert [header for header in read if header != "Content-Transfer-Encoding"] == expected
    assert read["To"] == "watch@desk.example"
