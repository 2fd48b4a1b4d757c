"""Deliveries for people and as JSON; the JSON has the names that the API uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.delivery import Stage
from tocsin.domain.instants import show_age, write_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.usecases.alert_ports import Trail


def print_deliveries(found: Sequence[Trail], now: datetime) -> None:
    """A row for each, and below those that have not arrived what came of the last attempt."""
    left = {"written", "to", "stage", "about"}
    table = start_table(["written", "to", "stage", "attempts", "next in", "about"], left=left)
    notes = []
    for item in found:
        sent = item.delivery
        waits = sent.stage is Stage.WAITING
        due = show_age(max(0.0, (sent.due_at - now).total_seconds())) if waits else ""
        at = f"{item.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(at, sent.destination, sent.stage.value, str(sent.attempts), due, item.subject)
        if sent.stage is not Stage.DELIVERED:
            notes.append(f"{sent.message} to {sent.destination}: {sent.last_word or 'no attempt was made yet'}")
    print_table(f"deliveries at {now:%Y-%m-%d %H:%M:%S} UTC", table, notes if found else ["nothing was sent"])


def delivery_object(item: Trail) -> dict[str, object]:
    """One delivery as JSON."""
    sent = item.delivery
    return {
        "message": sent.message,
        "destination": sent.destination,
        "stage": sent.stage.value,
        "attempts": sent.attempts,
        "written_at": write_instant(item.at),
        "due_at": write_instant(sent.due_at),
        "last_at": None if sent.last_at is None else write_instant(sent.last_at),
        "last_word": sent.last_word,
        "subject": item.subject,
        "theater": item.theater,
        "rule": item.rule,
        "kind": None if item.kind is None else item.kind.value,
    }
