"""The channels, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from tocsin.channels.chat import ChatChannel
from tocsin.channels.email import EmailChannel
from tocsin.channels.log import LogChannel
from tocsin.channels.webhook import WebhookChannel
from tocsin.domain.delivery import DestinationKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.channels.mail_server import MailServer
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
