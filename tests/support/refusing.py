"""Receivers that take nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.channels.log import LogChannel
from tocsin.domain.delivery import WAITS, DestinationKind, Refused
from tocsin.usecases.deliver import DeliveryMeans, deliver

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.bootstrap.service import Service


class _Broken(LogChannel):
    def send(self, *_: object) -> Refused:
        return Refused("the receiver answered 500")


def give_up(service: Service, begin: datetime) -> None:
    """Have every delivery refused, from an instant on, until it is given up."""
    now = [begin]
    channels = dict.fromkeys(DestinationKind, _Broken())
    means = DeliveryMeans(service.deliveries, service.destinations, channels, lambda: now[0], lambda: 0.5)
    for _ in range(len(WAITS) + 1):
        for claimed in service.deliveries.claim(now[0], 10):
            deliver(claimed, means)
        now[0] += timedelta(days=2)
