"""Digests: several messages to one destination as one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tocsin.domain.delivery import Message
from tocsin.domain.instants import write_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_RULE = "-" * 40


def digest_of(messages: Sequence[Message], destination: str, now: datetime) -> Message:
    """One message that says what some messages say, in their order; two or more.

    Its id follows from theirs, so that the same digest is known when it comes twice.
    """
    named = "\n".join(("digest", destination, *(message.id for message in messages)))
    first, others = messages[0].subject, len(messages) - 1
    subject = f"{len(messages)} notices: {first}, and {others} more"
    return Message(
        id=hashlib.sha256(named.encode()).hexdigest()[:32],
        at=now,
        subject=subject,
        text=f"\n{_RULE}\n\n".join((f"{subject}\n", *(message.text for message in messages))),
        html="\n<hr>\n".join(message.html for message in messages),
        data={
            "type": "digest",
            "timestamp": write_instant(now),
            "notices": [{"message": message.id, **message.data} for message in messages],
        },
    )
