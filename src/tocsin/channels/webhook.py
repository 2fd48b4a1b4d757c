"""Webhooks: a message as JSON, posted and signed by the Standard Webhooks specification."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from tocsin.channels.connection import CONNECT_SECONDS, GOODBYE_SECONDS, TOTAL_SECONDS, Deadline
from tocsin.channels.signature import read_secret, signature
from tocsin.channels.webhook_address import origin, pointed_at, read_address
from tocsin.channels.webhook_stream import TimedBackend
from tocsin.domain.delivery import Accepted, Refused
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.retry_after import asked_wait

if TYPE_CHECKING:
    import ssl
    from datetime import datetime

    from tocsin.domain.delivery import Destination, Message, Outcome

# Its debug lines hold headers and addresses, which are secrets.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_MOST_BYTES = 64 * 1024
"""How much of an answer is listened to, after its headers; of those, httpcore2 takes 100 KiB."""
_GONE = 410
_ASKING_TO_WAIT = (429, 503)


class WebhookChannel:
    """Posts to an address that whoever set the destination answers for: it may lie in a private network.

    Each attempt has a connection of its own. No redirect is followed, and nothing of the environment counts. The status
    is the answer: what follows it is heard, as some receivers stop at work when nobody listens, and changes nothing.
    """

    def __init__(self, tls: ssl.SSLContext, seconds: float = TOTAL_SECONDS) -> None:
        """Take whom to believe, and how long an attempt may take."""
        self._tls = tls
        self._seconds = seconds

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:
        """Post a message; accepted is a status from 200 to 299."""
        try:
            url = read_address(destination.address)
            request = _request(url, read_secret(destination.secret), message, now)
        except InvalidInputError as error:
            return Refused(str(error))
        place = origin(url)
        try:
            return self._asked(request, url, destination.secret or "", now)
        except (TimeoutError, httpcore2.TimeoutException):
            caps = f"at most {CONNECT_SECONDS:g} s to connect, {self._seconds:g} s in all"
            return Refused(f"{place} took too long ({caps}); it may have the message all the same")
        except httpcore2.ConnectError as error:
            return Refused(f"no connection to {place}: {error}")
        except (httpcore2.LocalProtocolError, ValueError):
            # What it says may quote a header.
            return Refused("the request cannot be sent; is there a line break in the message's id?")
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            return Refused(f"the answer of {place} broke off, or is not HTTP; it may have the message all the same")

    def _asked(self, request: httpcore2.Request, url: httpx2.URL, secret: str, now: datetime) -> Outcome:
        deadline = Deadline(self._seconds)
        with httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=TimedBackend(deadline)) as pool:
            response = pool.handle_request(request)
            try:
                outcome = _outcome(response.status, httpx2.Headers(response.headers), url, secret, now)
                deadline.draw_near(GOODBYE_SECONDS)
                _hear_out(response)
            finally:
                response.close()
        return outcome


def _request(url: httpx2.URL, key: bytes, message: Message, now: datetime) -> httpcore2.Request:
    """The request as it goes over the wire."""
    body = json.dumps(message.data, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    timestamp = int(now.timestamp())
    headers = {
        "User-Agent": f"tocsin/{version('tocsin')}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(key, message.id, timestamp, body),
    }
    request = httpx2.Request("POST", url, headers=headers, content=body)
    return httpcore2.Request(
        "POST",
        httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=body,
        extensions={"timeout": {"connect": CONNECT_SECONDS}},
    )


def _outcome(status: int, headers: httpx2.Headers, url: httpx2.URL, secret: str, now: datetime) -> Outcome:
    """What a status stands for, in words of our own: the receiver's could be anything."""
    known = {item.value: f" {item.phrase}" for item in HTTPStatus}.get(status, "")
    said = f"{status}{known}"
    if httpx2.codes.is_success(status):
        return Accepted(said)
    reason = f"{origin(url)} answers {said}"
    if status == _GONE:
        return Refused(f"{reason}: it takes nothing any more", gone=True)
    if httpx2.codes.is_redirect(status) and "location" in headers:
        there = pointed_at(url, headers["location"], secret)
        return Refused(f"{reason} and points at {there}; no redirect is followed, so set the address that is meant")
    wait = asked_wait(headers.get("retry-after", ""), headers.get("date", ""), now)
    return Refused(reason, wait if status in _ASKING_TO_WAIT else None)


def _hear_out(response: httpcore2.Response) -> None:
    taken = 0
    with suppress(TimeoutError, httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        for piece in response.iter_stream():
            taken += len(piece)
            if taken > _MOST_BYTES:
                return
