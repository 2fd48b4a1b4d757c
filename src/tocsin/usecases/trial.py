"""A message to try a destination with."""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING

from tocsin.domain.delivery import Message
from tocsin.domain.instants import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.delivery import Destination


def trial_message(destination: Destination, now: datetime) -> Message:
    """A message that says that it is a test; another one at each instant."""
    named = f"test\n{destination.id}\n{now.isoformat()}"
    told = f"This is a test of {destination.title}, a destination of Tocsin. Nothing has happened."
    return Message(
        id=hashlib.sha256(named.encode()).hexdigest()[:32],
        at=now,
        subject=f"Test of {destination.title}",
        text=f"{told}\n",
        html=f"<p>{escape(told)}</p>\n",
        data={"type": "test", "timestamp": write_instant(now), "destination": destination.id, "text": told},
    )
