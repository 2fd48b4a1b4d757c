"""Mapping rules: which incidents are an observation, of what, and for the rest why not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.attachment import bad_links
from tocsin.domain.observation import Draft
from tocsin.domain.sphere import Point, distance_km

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from tocsin.domain.incident import Incident

_ANY_ENDING = "*"
_TEXT_SHOWN = 200
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of degrees, its edges included; west and south are negative."""

    west: float
    east: float
    south: float
    north: float

    def holds(self, point: Point) -> bool:
        """The point is in the box."""
        return self.west <= point.longitude <= self.east and self.south <= point.latitude <= self.north


@dataclass(frozen=True, slots=True)
class Near:
    """Everything within so many kilometers of a line of points, such as a border."""

    line: tuple[Point, ...]
    km: float

    def holds(self, point: Point) -> bool:
        """The point is near enough."""
        return distance_km(point, self.line) <= self.km


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words, or phrases of several, that a text must have one of, all of, and none of; an empty part asks nothing."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def hold(self, text: str) -> bool:
        """The text has them, as whole words and in any case of letters."""
        said = _words(text)
        return (
            (not self.any or any(_words(phrase) in said for phrase in self.any))
            and all(_words(phrase) in said for phrase in self.all)
            and not any(_words(phrase) in said for phrase in self.none)
        )

    def __str__(self) -> str:
        asked = (("any of ", self.any), ("all of ", self.all), ("none of ", self.none))
        return " and ".join(head + ", ".join(phrases) for head, phrases in asked if phrases)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which incidents are one observation each of an indicator. Everything declared must hold.

    Attributes:
        id: Its name within the feed.
        indicator: What the observation is of.
        value: Its value.
        grade: Its grade, as text.
        reason: Why such an incident is such an observation, at that grade.
        place: What `within` and `near` mean, in words.
        country: The incident's, as the upstream writes it.
        areas: One of these first administrative areas.
        within: In one of these boxes.
        near: Near this line. Where boxes are declared too, both must hold.
        kinds: One of these upstream types; a `*` at the end stands for any ending.
        actor_contains: In the name of an actor, capitals as written (in "IS" they tell it from Misrata).
        keywords: What the text has.
        min_deaths: At least so many.
        first_day: On this day or later.
        last_day: On this day or earlier.
        once_a_day_and_place: Incidents of one day and place share an origin: together they count once.
    """

    id: str
    indicator: str
    value: float
    grade: str
    reason: str
    place: str = ""
    country: str = ""
    areas: tuple[str, ...] = ()
    within: tuple[Box, ...] = ()
    near: Near | None = None
    kinds: tuple[str, ...] = ()
    actor_contains: str = ""
    keywords: Keywords | None = None
    min_deaths: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    once_a_day_and_place: bool = False


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first thing that a rule asks and an incident is not: `wanted` is the rule's, `got` the incident's."""

    rule: str
    wanted: str
    got: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.got}, not {self.wanted}"


def mismatch(incident: Incident, rule: Rule) -> Mismatch | None:
    """Why an incident does not match a rule; None where it does. What the upstream does not say does not match."""
    for holds, got, wanted in _asked(incident, rule):
        if not holds():
            return Mismatch(rule.id, wanted, got)
    return None


def _asked(incident: Incident, rule: Rule) -> Iterable[tuple[Callable[[], bool], str, str]]:
    """What a rule asks: whether it holds, what the incident is, what is wanted; in the order in which it is told."""
    if rule.country:
        yield lambda: incident.country == rule.country, f"in {incident.country or 'no country'}", rule.country
    if rule.first_day is not None or rule.last_day is not None:
        yield lambda: _in_time(incident.day, rule), f"on {incident.day}", _dates(rule)
    if rule.areas:
        yield lambda: incident.area in rule.areas, f"in {incident.area or 'no area'}", " or ".join(rule.areas)
    if rule.within or rule.near is not None:
        yield lambda: _in_place(incident, rule), f"at {_position(incident) or 'no position'}", f"in {rule.place}"
    if rule.kinds:
        yield (
            lambda: any(_is_kind(incident.kind, kind) for kind in rule.kinds),
            incident.kind or "of no kind",
            " or ".join(rule.kinds),
        )
    if rule.actor_contains:
        yield (
            lambda: any(rule.actor_contains in actor for actor in incident.actors),
            f"by {', '.join(incident.actors) or 'nobody named'}",
            rule.actor_contains,
        )
    if rule.keywords is not None:
        keywords = rule.keywords
        yield lambda: keywords.hold(incident.text), "other words", str(keywords)
    if rule.min_deaths is not None:
        deaths, least = incident.deaths, rule.min_deaths
        got = "deaths not stated" if deaths is None else f"{deaths} dead"
        yield lambda: deaths is not None and deaths >= least, got, f"{least} or more"


def _in_time(day: date, rule: Rule) -> bool:
    return (rule.first_day is None or rule.first_day <= day) and (rule.last_day is None or day <= rule.last_day)


def _dates(rule: Rule) -> str:
    ends = (("from", rule.first_day), ("to", rule.last_day))
    return " ".join(f"{word} {day}" for word, day in ends if day is not None)


def _in_place(incident: Incident, rule: Rule) -> bool:
    if incident.latitude is None or incident.longitude is None:
        return False
    point = Point(incident.latitude, incident.longitude)
    boxed = not rule.within or any(box.holds(point) for box in rule.within)
    return boxed and (rule.near is None or rule.near.holds(point))


def _is_kind(kind: str, wanted: str) -> bool:
    if wanted.endswith(_ANY_ENDING):
        return kind.startswith(wanted.removesuffix(_ANY_ENDING))
    return kind == wanted


def _words(text: str) -> str:
    """The words of a text, each between blanks, so that a phrase in it is found as a part."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return f" {' '.join(_WORD.findall(plain))} "


def _position(incident: Incident) -> str:
    if incident.latitude is None or incident.longitude is None:
        return ""
    north_south = "N" if incident.latitude >= 0 else "S"
    east_west = "E" if incident.longitude >= 0 else "W"
    return f"{abs(incident.latitude):.1f} {north_south} {abs(incident.longitude):.1f} {east_west}"


def shared_key(incident: Incident, rule: Rule) -> str | None:
    """What incidents have in common that count once together; None where the rule lets each count.

    >>> from datetime import date
    >>> from tocsin.domain.incident import Incident
    >>> rule = Rule("fighting", "a/b", 1.0, "B2", "r", once_a_day_and_place=True)
    >>> shared_key(Incident(date(2016, 3, 7), latitude=33.1, longitude=11.2), rule)
    'fighting/2016-03-07/33.1,11.2'
    """
    if not rule.once_a_day_and_place:
        return None
    if incident.latitude is None or incident.longitude is None:
        where = incident.place or incident.area
        return f"{rule.id}/{incident.day}/{_printable(where)}" if where else None
    return f"{rule.id}/{incident.day}/{incident.latitude!r},{incident.longitude!r}"


def draft_of(incident: Incident, rule: Rule, *, name: str, origin: str, source: str) -> Draft:
    """The observation that a rule makes of an incident; `name` is what the upstream calls it.

    An address that is none is left out: it shall not cost the report.
    """
    bad = set(bad_links(incident.links))
    return Draft(
        indicator=rule.indicator,
        observed_on=incident.day.isoformat(),
        value=f"{rule.value:.15g}",
        grade=rule.grade,
        origin=origin,
        summary=f"{_described(incident, name)}{f': {rule.place}' if rule.place else ''} (rule {rule.id})",
        source=source,
        links=" ".join(link for link in incident.links if link not in bad),
    )


def _described(incident: Incident, name: str) -> str:
    position = _position(incident)
    text = " ".join(incident.text.split())
    parts = (
        name,
        incident.kind,
        " against ".join(incident.actors),
        "" if incident.deaths is None else f"best estimate {incident.deaths} dead",
        f"at {position}" if position else incident.place,
        text if len(text) <= _TEXT_SHOWN else text[: _TEXT_SHOWN - 1] + "…",
    )
    return _printable(", ".join(part for part in parts if part))


def _printable(text: str) -> str:
    # A zero byte is legal in JSON, and no database takes it as text.
    return "".join(character if character.isprintable() else " " for character in text)
