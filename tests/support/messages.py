"""A message and destinations as tests send them."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.domain.delivery import Destination, DestinationKind, Message, Refused

NOW = datetime(2016, 3, 9, 6, 0, 30, tzinfo=UTC)
SECRET = "whsec_Qk9vSy1zZWNyZXQtdGhhdC1vcGVucy1ub3RoaW5nLTEyMw=="  # noqa: S105 - opens nothing

MESSAGE = Message(
    id="5f0c2b0e6d3a4c1e9b7a8d6f1c2e3a4b",
    at=datetime(2016, 3, 9, 6, tzinfo=UTC),
    subject="Ben Gardane: an attack within 30 days is at 31 %",
    text="Odds of a declared wilayat rose from 21 % to 31 %.\nلماذا: border attacks — three in a week.\n",
    html="<p>Odds of a declared wilayat rose from <b>21 %</b> to <b>31 %</b>.</p>\n",
    data={"type": "alert.fired", "odds": {"before": 0.21, "after": 0.31}, "place": "بن قردان"},
)


def webhook(address: str, secret: str | None = SECRET) -> Destination:
    """A webhook at an address."""
    return Destination("desk", DestinationKind.WEBHOOK, "The desk", address, secret)


def mailbox(addresses: str = "watch@desk.example") -> Destination:
    """Mail addresses."""
    return Destination("watch", DestinationKind.EMAIL, "The watch", addresses)


def chat(address: str) -> Destination:
    """An address as Apprise writes it."""
    return Destination("room", DestinationKind.CHAT, "The room", address)


def refusal(outcome: object) -> Refused:
    """The refusal that an outcome is."""
    assert isinstance(outcome, Refused), outcome
    return outcome
