"""A real mail server on the loopback, with failures on order; and one that only says what a test scripts."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from aiosmtpd.smtp import Envelope, Session

USER, PASSWORD = "tocsin", "opens-nothing"
_HOST = "127.0.0.1"


@dataclass
class Mailroom:
    """What came in, and what is refused.

    Attributes:
        port: Where it listens.
        mails: Whole mails as bytes, with whom each is for.
        refused: What is said to some recipients in place of taking them.
        replies: What is said to a command (`MAIL`, `DATA`) in place of obeying it.
        signed_in: Who signed in.
    """

    port: int = 0
    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    signed_in: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 (the name by which it is called)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a sender."""
        del server, session, options
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 (as above)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        del server, session, options
        if address not in self.refused:
            envelope.rcpt_tos.append(address)
        return self.refused.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Take or refuse a mail."""
        del server, session
        if "DATA" not in self.replies:
            assert isinstance(envelope.content, bytes)
            self.mails.append((list(envelope.rcpt_tos), envelope.content))
        return self.replies.get("DATA", "250 OK")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Know one user."""
        del server, session, envelope, mechanism
        if (data.login, data.password) != (USER.encode(), PASSWORD.encode()):
            return AuthResult(success=False, handled=False)
        self.signed_in.append(data.login.decode())
        return AuthResult(success=True)


@contextmanager
def mailroom(tls: ssl.SSLContext | None = None, *, from_the_first_byte: bool = False) -> Iterator[Mailroom]:
    """A mail server on a free port; with TLS after STARTTLS, which it then requires, or from the first byte on."""
    room, loop = Mailroom(), asyncio.new_event_loop()
    later = None if from_the_first_byte else tls

    def serve() -> SMTP:
        return SMTP(
            room,
            hostname="mailroom",
            loop=loop,
            tls_context=later,
            require_starttls=later is not None,
            authenticator=room.authenticate,
            auth_require_tls=not from_the_first_byte,
        )

    at_once = tls if from_the_first_byte else None
    server = loop.run_until_complete(loop.create_server(serve, _HOST, 0, ssl=at_once))
    room.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, name="mailroom")
    thread.start()
    try:
        yield room
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@contextmanager
def scripted(talk: Callable[[socket.socket, Event], None]) -> Iterator[int]:
    """A port at which each connection is talked to as a test wants, and closed after; the event tells that all ends."""
    closing = Event()

    def take(connection: socket.socket) -> None:
        with connection:
            try:
                talk(connection, closing)
            except OSError:
                return  # the other side hung up, which some tests are about

    def listen(listening: socket.socket) -> None:
        while not closing.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            Thread(target=take, args=(connection,), daemon=True).start()

    listening = socket.create_server((_HOST, 0))
    thread = Thread(target=listen, args=(listening,), name="scripted")
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        closing.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
