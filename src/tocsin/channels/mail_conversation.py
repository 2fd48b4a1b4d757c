"""SMTP of which each step draws on the time that one attempt may take, and whose replies are bounded."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING

from tocsin.channels.connection import CONNECT_SECONDS, Deadline, connect

if TYPE_CHECKING:
    import socket
    import ssl
    from typing import Self

    from tocsin.channels.mail_server import MailServer

_PIECE = 4096
_MOST_BYTES = 64 * 1024
_READY = 220


class Conversation(smtplib.SMTP):
    """A connection to a mail server, up to where mail may be handed over; to be closed by whoever opens it."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext, deadline: Deadline) -> None:
        # With a name of ours, as otherwise the resolver is asked for one, without a time limit; `_get_socket` sets it.
        super().__init__(local_hostname="localhost")
        self._host = server.host  # whom a certificate must name
        self._server = server
        self._tls = tls
        self._deadline = deadline

    def open(self) -> Self:
        """Connect, secure and sign in as the server's settings say; smtplib's errors where the server will not."""
        server = self._server
        code, text = self.connect(server.host, server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, text)
        if server.security == "starttls":
            self.starttls(context=self._tls)
        if server.user:
            self.login(server.user, server.password)
        return self

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        """Send within the time that is left."""
        if self.sock is not None:
            self.sock.settimeout(self._deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply within the time that is left; OverflowError where there is no end of it."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock, self._deadline)
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 (inherited)
        plain = connect(host, port, self._deadline)
        ours = plain.getsockname()[0]
        self.local_hostname = f"[IPv6:{ours}]" if ":" in ours else f"[{ours}]"
        if self._server.security != "tls":
            return plain
        try:
            plain.settimeout(self._deadline.left(CONNECT_SECONDS))
            return self._tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


class _Replies:
    """What smtplib reads lines from, in place of a file that would wait anew for each byte."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        self._held = bytearray()
        self._taken = 0

    def readline(self, limit: int) -> bytes:
        """The next line, its beginning where it is longer than the limit, or nothing where the other side is done."""
        while b"\n" not in self._held and len(self._held) < limit:
            self._socket.settimeout(self._deadline.left())
            piece = self._socket.recv(_PIECE)
            if not piece:
                break
            self._taken += len(piece)
            if self._taken > _MOST_BYTES:
                raise OverflowError
            self._held += piece
        self._socket.settimeout(self._deadline.left())  # a handshake that follows has no more than that
        end = self._held.find(b"\n") + 1 or limit
        line = bytes(self._held[: min(end, limit)])
        del self._held[: len(line)]
        return line

    def close(self) -> None:
        """Leave the socket to whoever owns it."""
