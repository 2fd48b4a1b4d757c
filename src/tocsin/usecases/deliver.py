"""Make one attempt to bring a message to a destination, and put on record what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.domain.delivery import GONE, THE_LOG, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tocsin.domain.delivery import Delivery, Destination, DestinationKind, Outcome
    from tocsin.usecases.alert_ports import DeliveryBook, DestinationBook
    from tocsin.usecases.channel_ports import Channel

UNKNOWN = "nobody has set a destination of that id"


@dataclass(frozen=True, eq=False, slots=True)
class DeliveryMeans:
    """What deliveries are made with.

    Attributes:
        book: The outbox.
        destinations: Where notices go.
        channels: The ways to get there, one of each kind.
        clock: The present instant.
        share: Draws a number from 0 up to 1, which spreads the waits.
    """

    book: DeliveryBook
    destinations: DestinationBook
    channels: Mapping[DestinationKind, Channel]
    clock: Callable[[], datetime]
    share: Callable[[], float]


def deliver(claimed: Delivery, means: DeliveryMeans) -> Delivery | None:
    """Make one attempt at a delivery that was claimed; how it stands then, None where another has taken it over.

    Nothing is locked while the receiver is waited for. Whoever is killed between the claim and the record leaves a
    delivery that is claimed again once its lease has ended, with the same id. Whatever a channel raises counts as an
    attempt that failed, so that it cannot be repeated for ever.
    """
    known = {THE_LOG.id: THE_LOG} | {item.id: item for item in means.destinations.destinations()}
    destination = known.get(claimed.destination)
    outcome = _attempt(claimed, destination, means)
    return means.book.end(claimed, outcome, means.clock(), means.share(), destination)


def _attempt(claimed: Delivery, destination: Destination | None, means: DeliveryMeans) -> Outcome:
    message = means.book.message(claimed.message)
    if message is None or destination is None:  # it is tried again: somebody may set it, as the reason asks
        return Refused(UNKNOWN)
    if destination.gone:
        return Refused(GONE, gone=True)
    try:
        left = replace(destination, besides=claimed.had, refused=claimed.refused)
        return means.channels[destination.kind].send(left, message, means.clock())
    except Exception as error:  # noqa: BLE001 (a fault of ours must not look like an attempt that was never made)
        # Its words may repeat an address or a secret, its name does not.
        return Refused(f"this channel failed by a fault of its own ({type(error).__name__})")
