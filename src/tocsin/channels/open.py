"""The channels, put together, and a message to try a destination with."""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING

import httpx2

from tocsin.channels.chat import ChatChannel
from tocsin.channels.email import EmailChannel
from tocsin.channels.log import LogChannel
from tocsin.channels.webhook import WebhookChannel
from tocsin.domain.delivery import DestinationKind, Message
from tocsin.domain.instants import write_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.channels.mail_server import MailServer
    from tocsin.domain.delivery import Destination
    from tocsin.usecases.channel_ports import Channel


def open_channels(mail: MailServer | None) -> Mapping[DestinationKind, Channel]:
    """The channel of each kind of destination; without a mail server, e-mail is refused in words."""
    tls = httpx2.create_ssl_context()
    return {
        DestinationKind.WEBHOOK: WebhookChannel(tls),
        DestinationKind.EMAIL: EmailChannel(mail, tls),
        DestinationKind.CHAT: ChatChannel(),
        DestinationKind.LOG: LogChannel(),
    }


def test_message(destination: Destination, now: datetime) -> Message:
    """A message that says that it is a test; another one at each instant."""
    named = f"test\n{destination.id}\n{now.isoformat()}"
    told = f"This is a test of {destination.title}, a destination of Tocsin. Nothing has happened."
    return Message(
        id=hashlib.sha256(named.encode()).hexdigest()[:32],
        at=now,
        subject=f"Test of {destination.title}",
        text=f"{told}\n",
        html=f"<p>{escape(told)}</p>\n",
        data={"type": "test", "timestamp": write_instant(now), "destination": destination.id, "text": told},
    )
