"""Each kind of destination has its channel, and each channel takes a test message."""

from __future__ import annotations

import email
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import default
from typing import TYPE_CHECKING

import structlog
from standardwebhooks import Webhook

from support.feed_server import reply
from support.mail_receiver import mailroom
from support.messages import MESSAGE, NOW, SECRET, chat, mailbox, webhook
from tocsin.channels import open as door
from tocsin.channels.mail_server import MailServer
from tocsin.domain.delivery import Accepted, Destination, DestinationKind
from tocsin.usecases.trial import trial_message

if TYPE_CHECKING:
    from support.feed_server import FeedServer

_LOG = Destination("log", DestinationKind.LOG, "The <log>", "", SECRET)


def test_every_kind_has_a_channel_that_takes_a_test_message(receiver: FeedServer) -> None:
    """Which says that it is one."""
    hook, room_address = receiver.says("/hook", reply()), receiver.says("/room", reply())
    now = datetime.now(UTC)
    with mailroom() as room:
        channels = door.open_channels(MailServer("127.0.0.1", room.port, "none", "tocsin@desk.example"))
        assert set(channels) == set(DestinationKind)
        for destination in (webhook(hook), mailbox(), chat(room_address.replace("http", "json", 1)), _LOG):
            message = trial_message(destination, now)
            assert isinstance(channels[destination.kind].send(destination, message, now), Accepted)
        ((_, mail),) = room.mails
    assert email.message_from_bytes(mail, policy=default)["Subject"] == "Test of The watch"
    posted, said = receiver.asked
    told = Webhook(SECRET).verify(posted.body, dict(posted.headers))
    assert told["type"] == "test"
    assert "Nothing has happened." in told["text"]
    assert "Nothing has happened." in json.loads(said.body)["message"]


def test_each_test_is_a_message_of_its_own_and_tells_no_secret() -> None:
    """A receiver that throws away what it has already would not show the second."""
    first, second = (trial_message(_LOG, NOW + timedelta(seconds=number)) for number in range(2))
    assert first.id != second.id != trial_message(replace(_LOG, id="other"), NOW + timedelta(seconds=1)).id
    assert "The &lt;log&gt;" in first.html
    assert SECRET not in repr(first)


def test_the_log_has_a_line_with_the_data_of_a_message() -> None:
    """As a warning, so that it is there at the usual levels; without address or secret."""
    with structlog.testing.capture_logs() as lines:
        assert door.open_channels(None)[DestinationKind.LOG].send(_LOG, MESSAGE, NOW) == Accepted("logged")
    assert lines == [
        {
            "event": "notice",
            "log_level": logging.getLevelName(logging.WARNING).lower(),
            "destination": "log",
            "message": MESSAGE.id,
            "subject": MESSAGE.subject,
            "data": MESSAGE.data,
        }
    ]
