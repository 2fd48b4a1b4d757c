"""What stands in an outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.delivery import Delivery, Stage
    from tocsin.usecases.alert_ports import DeliveryBook


def deliveries(book: DeliveryBook, stage: Stage | None = None, message: str | None = None) -> list[Delivery]:
    """The deliveries of a stage, or of a message, or all: by message and destination."""
    found = [trail.delivery for trail in book.trails(None, stage=stage, message=message)]
    return sorted(found, key=lambda item: (item.message, item.destination))
