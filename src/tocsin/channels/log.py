"""The log: a message as an event, for whoever reads or collects the logs of the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from tocsin.domain.delivery import Accepted

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.delivery import Destination, Message, Outcome

_LOG = structlog.get_logger("tocsin.channels")


class LogChannel:
    """Logs a message as a warning: a level of the log that hides notices would hide alarms."""

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:  # noqa: ARG002 (inherited)
        """Log a message with its data."""
        _LOG.warning(
            "notice", destination=destination.id, message=message.id, subject=message.subject, data=dict(message.data)
        )
        return Accepted("logged")
