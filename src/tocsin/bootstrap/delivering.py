"""What deliveries are made with, put together."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tocsin.bootstrap.mail import read_mail
from tocsin.channels.open import open_channels
from tocsin.usecases.deliver import DeliveryMeans

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.bootstrap.service import Service
    from tocsin.settings import Settings


def delivery_means(settings: Settings, service: Service, clock: Callable[[], datetime]) -> DeliveryMeans:
    """The outbox and every channel; InvalidInputError where the mail settings cannot be used."""
    channels = open_channels(read_mail(settings))
    return DeliveryMeans(service.deliveries, service.destinations, channels, clock, random.SystemRandom().random)
