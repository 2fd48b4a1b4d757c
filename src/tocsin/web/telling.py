"""Events of the store as messages of a stream: which theaters one concerns, and how it is told to whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tocsin.domain.access import Right
from tocsin.domain.event import Event, EventKind
from tocsin.domain.instants import write_instant
from tocsin.web.schemas.odds import ReadingBody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.catalog.read import Catalog
    from tocsin.usecases.read_odds import Reading

KINDS: dict[EventKind, str] = {
    EventKind.OBSERVATIONS_RECORDED: "observations",
    EventKind.FIT_ACCEPTED: "fit",
    EventKind.FIT_REJECTED: "fit",
    EventKind.FIT_ORDERED: "order",
    EventKind.ODDS_PUBLISHED: "publication",
    EventKind.WINDOW_SETTLED: "resolution",
    EventKind.REVIEW_DECIDED: "review",
    EventKind.ALERT_FIRED: "alert",
    EventKind.ALERT_RESOLVED: "alert",
    EventKind.ALERT_CHANGED: "alert",
    EventKind.ALERT_TOLD: "notice",
    EventKind.ALERT_ACKNOWLEDGED: "alert",
    EventKind.ALERT_ASSIGNED: "alert",
    EventKind.RULE_CHANGED: "rule",
    EventKind.SILENCE_BEGUN: "silence",
    EventKind.SILENCE_ENDED: "silence",
    EventKind.DELIVERY_FAILED: "delivery",
    EventKind.DELIVERY_REVIVED: "delivery",
}
"""What followers are told; accounts, keys, sessions and destinations are an administrator's business."""
NEEDED = {"delivery": Right.OPERATE}
"""The right that a kind of message needs, as the route does that reads the same; all others need that to read."""


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """One message.

    Attributes:
        kind: Its name in the stream.
        number: The event's place in the store, by which a reader goes on later; None for what is no event.
        theaters: The theaters that it concerns; empty for what concerns none that is declared.
        body: What it says to somebody who may see all of these.
        told: The texts that have been asked for, by the theaters that their reader may see.
    """

    kind: str
    number: int | None
    theaters: frozenset[str]
    body: Mapping[str, Any]
    told: dict[frozenset[str], str] = field(default_factory=dict)

    def text(self, seen: frozenset[str], catalog: Catalog) -> str:
        """Its body as JSON, without what is of theaters that the reader may not see."""
        shared = self.theaters & seen
        text = self.told.get(shared)
        if text is None:
            body = self.body if shared == self.theaters else _part(self.body, shared, catalog)
            text = self.told[shared] = json.dumps(body, ensure_ascii=False)
        return text


def tell(event: Event, watching: Mapping[str, frozenset[str]]) -> Told:
    """An event as a message; `watching` has the theaters of each indicator."""
    theaters = concerned(event, watching)
    body = {
        "number": event.number,
        "kind": event.kind.value,
        "at": write_instant(event.at),
        "theaters": sorted(theaters),
        "subject": event.subject,
        "actor": event.actor,
        "detail": dict(event.detail),
    }
    return Told(KINDS[event.kind], event.number, theaters, body)


def tell_odds(theater: str, reading: Reading) -> Told:
    """The odds of a theater as a message."""
    body = ReadingBody.of(theater, reading).model_dump(mode="json")
    return Told("odds", None, frozenset({theater}), body)


def tell_gap(after: int, number: int, why: str) -> Told:
    """That a reader has missed more than is told again, and should read anew what it shows."""
    return Told("gap", number, frozenset(), {"after": after, "number": number, "reason": why})


def watching_theaters(catalog: Catalog) -> dict[str, frozenset[str]]:
    """By indicator, the theaters that have it."""
    found: dict[str, set[str]] = {}
    for theater in catalog.theaters.values():
        for indicator in theater.indicators:
            found.setdefault(indicator.id, set()).add(theater.id)
    return {indicator: frozenset(theaters) for indicator, theaters in found.items()}


def concerned(event: Event, watching: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The theaters that an event is of; `watching` has those of each indicator."""
    if event.theater:
        return frozenset({event.theater})
    indicators = event.detail.get("indicators")
    if isinstance(indicators, list):
        return frozenset().union(*(watching.get(str(name), frozenset()) for name in indicators))
    feed = event.detail.get("feed")
    return frozenset({str(feed).partition("/")[0]}) if feed else frozenset()


def _part(body: Mapping[str, Any], seen: frozenset[str], catalog: Catalog) -> dict[str, Any]:
    """Of an event of several theaters, what is of those that are seen: of the rest not even how much there is."""
    known = {item.id for name in seen for item in catalog.theater(name).indicators}
    indicators = [name for name in body["detail"].get("indicators", ()) if name in known]
    return {**body, "theaters": sorted(seen), "subject": "", "detail": {"indicators": indicators}}
