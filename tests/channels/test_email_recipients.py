"""Of several mail addresses each has its own lot: whoever refused for good is not asked again, nobody is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.mail_receiver import mailroom
from support.messages import MESSAGE, NOW, mailbox, refusal
from tocsin.channels.email import EmailChannel
from tocsin.channels.mail_server import MailServer
from tocsin.domain.delivery import Accepted, Delivery, Stage, after_attempt, sent_again

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from support.mail_receiver import Mailroom

pytestmark = pytest.mark.fault(15)

_WATCH, _CHIEF, _NIGHT = (f"{name}@desk.example" for name in ("watch", "chief", "night"))
_GONE, _LATER = "550 5.1.1 nobody of that name", "450 4.2.0 later"


@pytest.fixture
def room() -> Iterator[Mailroom]:
    """A mail server without TLS."""
    with mailroom() as opened:
        yield opened


@pytest.fixture
def channel(room: Mailroom, system_tls: ssl.SSLContext) -> EmailChannel:
    """By that server."""
    return EmailChannel(MailServer("127.0.0.1", room.port, "none", "tocsin@desk.example"), system_tls, 5.0)


def _attempt(channel: EmailChannel, delivery: Delivery, *addresses: str) -> Delivery:
    """One attempt, with what came of those before."""
    destination = replace(mailbox(",".join(addresses)), besides=delivery.had, refused=delivery.refused)
    return after_attempt(delivery, channel.send(destination, MESSAGE, NOW), NOW, 0.5)


def _new() -> Delivery:
    return Delivery(MESSAGE.id, "watch", Stage.WAITING, 0, NOW)


def test_an_only_address_that_is_refused_for_good_is_given_up_at_once(room: Mailroom, channel: EmailChannel) -> None:
    """Nine more attempts would be refused as well; one that is refused for now is tried again."""
    room.refused = {_WATCH: _GONE}
    dead = _attempt(channel, _new(), _WATCH)
    place = f"127.0.0.1:{room.port}"
    assert (dead.stage, dead.last_word) == (Stage.DEAD, f"{place} refuses {_WATCH}: 550 5.1.1, for good")
    room.refused = {_WATCH: _LATER}
    assert _attempt(channel, _new(), _WATCH).stage is Stage.WAITING


def test_whoever_refused_for_good_is_not_asked_again_and_is_told_of_to_the_end(
    room: Mailroom, channel: EmailChannel
) -> None:
    """Although another waits for longer; whoever sends it again asks all anew that do not have it."""
    room.refused = {_CHIEF: _GONE, _NIGHT: _LATER}
    everybody = (_WATCH, _CHIEF, _NIGHT)
    waiting = _attempt(channel, _new(), *everybody)
    assert (waiting.stage, waiting.had) == (Stage.WAITING, (_WATCH,))
    room.refused = {}  # so that it would be taken, if it were asked
    dead = _attempt(channel, waiting, *everybody)
    assert [recipients for recipients, _ in room.mails] == [[_WATCH], [_NIGHT]]
    assert (dead.stage, dead.had) == (Stage.DEAD, (_WATCH, _NIGHT))
    assert dead.last_word == (
        f"127.0.0.1:{room.port} refuses {_CHIEF}: 550 5.1.1, for good; the other 2 of this destination have it"
    )
    assert _attempt(channel, sent_again(dead, None, NOW), *everybody).stage is Stage.DELIVERED
    assert [recipients for recipients, _ in room.mails][2:] == [[_CHIEF]]


def test_whoever_was_not_asked_before_the_server_ended_the_talk_does_not_have_it(
    room: Mailroom, channel: EmailChannel
) -> None:
    """At 421 the rest are not asked, and nothing is handed over to those who were taken."""
    room.refused = {_CHIEF: "421 4.3.2 closing"}
    everybody = mailbox(f"{_WATCH},{_NIGHT},{_CHIEF},late@desk.example")
    refused = refusal(channel.send(replace(everybody, besides=(_WATCH,)), MESSAGE, NOW))
    assert (refused.had, refused.hopeless, room.mails) == ((), False, [])
    assert refused.reason.endswith(f"refuses {_CHIEF}: 421 4.3.2, for now; the other one of this destination has it")
    room.refused = {_CHIEF: _GONE, _NIGHT: "421 4.3.2 closing"}
    refused = refusal(channel.send(mailbox(f"{_CHIEF},{_NIGHT},{_WATCH}"), MESSAGE, NOW))
    assert (refused.had, refused.hopeless) == ((), False)
    room.refused = {}
    assert isinstance(channel.send(everybody, MESSAGE, NOW), Accepted)
