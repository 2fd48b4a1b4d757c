"""Events of the UCDP Georeferenced Event Dataset (GED) as drafts, by declared rules.

An event may be evidence about several indicators, so every rule that matches gives a draft, not only the
first. Two rules for one indicator do no harm: their drafts share the event's origin, and echoes count once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import Draft
from tocsin.feeds.csv_records import Columns, Record, read_records
from tocsin.feeds.ucdp_ged_rules import Rule, Rules, Violence

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMNS = Columns(
    required=(
        "id",
        "date_start",
        "country",
        "type_of_violence",
        "conflict_name",
        "side_a",
        "side_b",
        "latitude",
        "longitude",
        "low",
        "best",
        "high",
    )
)


@dataclass(frozen=True, slots=True)
class Event:
    """One GED event, as far as rules look at it. `best` is the best estimate of deaths."""

    id: int
    day: date
    country: str
    violence: Violence
    side_a: str
    side_b: str
    latitude: float
    longitude: float
    best: int


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An event that no rule matched, and for each rule the first thing that did not hold."""

    event: Event
    reason: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the rules made of the events, in order of day and id: every event is in one of the two."""

    drafts: tuple[Draft, ...]
    unmapped: tuple[Unmapped, ...]


def read_events(data: bytes, place: str) -> list[Event]:
    """The events of a file in GED's columns, or InvalidObservationError with everything wrong with it."""
    sheet, problems = read_records(data, place, _COLUMNS)
    if problems:
        raise InvalidObservationError(problems)
    events = [event for record in sheet.records if (event := _event(record, place, problems)) is not None]
    if problems:
        raise InvalidObservationError(problems)
    return events


def map_events(events: Iterable[Event], rules: Rules) -> Mapped:
    """Every event by every rule that matches it."""
    drafts: list[Draft] = []
    unmapped: list[Unmapped] = []
    origin_of = _Origins(rules)
    for event in sorted(events, key=lambda event: (event.day, event.id)):
        mismatches = {rule.id: _mismatch(event, rule) for rule in rules.rules}
        matching = [rule for rule in rules.rules if mismatches[rule.id] is None]
        drafts.extend(_draft(event, rule, origin_of(event, rule), rules.source) for rule in matching)
        if not matching:
            unmapped.append(Unmapped(event, "; ".join(f"{name}: {why}" for name, why in mismatches.items())))
    return Mapped(tuple(drafts), tuple(unmapped))


class _Origins:
    """The origin of each event, where events that are to count once share the first one's."""

    def __init__(self, rules: Rules) -> None:
        self._declared = {item.event: item.origin for item in rules.same_as}
        self._first: dict[tuple[str, date, float, float], str] = {}

    def __call__(self, event: Event, rule: Rule) -> str:
        declared = self._declared.get(event.id)
        own = f"ucdp-{event.id}" if declared is None else declared
        if not rule.once_a_day_and_place:
            return own
        first = self._first.setdefault((rule.id, event.day, event.latitude, event.longitude), own)
        # What is declared stands: it says which report of another source this event is.
        return first if declared is None else own


def _event(record: Record, place: str, problems: list[Problem]) -> Event | None:
    cells = record.cells
    try:
        return Event(
            id=int(cells["id"]),
            day=date.fromisoformat(cells["date_start"]),
            country=cells["country"],
            violence=Violence(int(cells["type_of_violence"])),
            side_a=cells["side_a"],
            side_b=cells["side_b"],
            latitude=float(cells["latitude"]),
            longitude=float(cells["longitude"]),
            best=int(cells["best"]),
        )
    except ValueError as error:
        problems.append(Problem(place, record.line, "event", str(error), "the columns as UCDP writes them"))
        return None


def _mismatch(event: Event, rule: Rule) -> str | None:
    """The first thing that a rule asks and the event is not; None where it matches."""
    dates = rule.first_day <= event.day <= rule.last_day
    place = any(box.holds(event.latitude, event.longitude) for box in rule.within)
    actor = rule.actor_contains in event.side_a or rule.actor_contains in event.side_b
    asked = (
        (event.country == rule.country, f"in {event.country}"),
        (dates, f"on {event.day}, outside its dates"),
        (place, f"at {_position(event)}, outside {rule.place}"),
        (event.violence in rule.types, f"{event.violence.words} violence"),
        (actor, f"no side is {rule.actor_contains}"),
        (event.best >= rule.min_best_deaths, f"{event.best} dead, fewer than {rule.min_best_deaths}"),
    )
    return next((why for holds, why in asked if not holds), None)


def _draft(event: Event, rule: Rule, origin: str, source: str) -> Draft:
    summary = (
        f"UCDP {event.id}, {event.violence.words}, {event.side_a} against {event.side_b}, best estimate "
        f"{event.best} dead, at {_position(event)}: {rule.place} (rule {rule.id})"
    )
    return Draft(
        indicator=rule.indicator,
        observed_on=event.day.isoformat(),
        value=f"{rule.value:g}",
        grade=rule.grade,
        origin=origin,
        summary=summary,
        source=source,
    )


def _position(event: Event) -> str:
    north_south = "N" if event.latitude >= 0 else "S"
    east_west = "E" if event.longitude >= 0 else "W"
    return f"{abs(event.latitude):.1f} {north_south} {abs(event.longitude):.1f} {east_west}"
