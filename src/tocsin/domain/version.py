"""One version of an observation, as it is shown to whoever meant to change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an observation: what it says, who wrote it when, and why."""

    id: str
    says: str
    author: str
    written_at: datetime
    reason: str
    withdrawn: bool

    def __str__(self) -> str:
        what = f"withdraws {self.says}" if self.withdrawn else self.says
        why = f": {self.reason}" if self.reason else ""
        return f"{self.id} ({what}), by {self.author} at {self.written_at:%Y-%m-%d %H:%M:%S} UTC{why}"
