"""Events of the UCDP Georeferenced Event Dataset (GED) in the columns of its yearly file, and the shipped history."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.incident import Incident
from tocsin.domain.mapping import Mismatch, draft_of, mismatch, shared_key
from tocsin.feeds.csv_records import Columns, Record, read_records
from tocsin.feeds.deaths import read_deaths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.domain.feed import Feed
    from tocsin.domain.observation import Draft

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


class Violence(IntEnum):
    """UCDP's `type_of_violence`."""

    STATE_BASED = 1
    NON_STATE = 2
    ONE_SIDED = 3

    @property
    def words(self) -> str:
        """As the codebook and the rules write it."""
        return self.name.lower().replace("_", "-")


def read_events(data: bytes, place: str) -> dict[str, Incident]:
    """The events of a file in GED's columns by id, in order of day and id.

    InvalidObservationError with everything wrong with it.
    """
    sheet, problems = read_records(data, place, _COLUMNS)
    if problems:
        raise InvalidObservationError(problems)
    found = [event for record in sheet.records if (event := _event(record, place, problems)) is not None]
    if problems:
        raise InvalidObservationError(problems)
    return {str(number): incident for number, incident in sorted(found, key=lambda pair: (pair[1].day, pair[0]))}


def map_history(
    events: Mapping[str, Incident], feed: Feed, source: str
) -> tuple[list[Draft], dict[str, tuple[Mismatch, ...]]]:
    """The drafts that a feed's rules make of a file of events, and by id why the others match none.

    Not as a live feed does: the file is whole and in order, so events that count once share the first one's origin, and
    origins are `ucdp-<id>`, as the chronicle names them.
    """
    drafts: list[Draft] = []
    unmapped: dict[str, tuple[Mismatch, ...]] = {}
    first: dict[str, str] = {}
    for name, event in events.items():
        found = [(rule, mismatch(event, rule)) for rule in feed.rules]
        matching = [rule for rule, why in found if why is None]
        for rule in matching:
            own = feed.same_as.get(name, f"ucdp-{name}")
            key = shared_key(event, rule)
            shared = own if key is None else first.setdefault(key, own)
            # What is declared stands: it says which report of another source this event is.
            origin = own if name in feed.same_as else shared
            drafts.append(draft_of(event, rule, name=f"UCDP {name}", origin=origin, source=source))
        if not matching:
            unmapped[name] = tuple(why for _, why in found if why is not None)
    return drafts, unmapped


def _event(record: Record, place: str, problems: list[Problem]) -> tuple[int, Incident] | None:
    cells = record.cells
    try:
        incident = Incident(
            day=date.fromisoformat(cells["date_start"]),
            kind=Violence(int(cells["type_of_violence"])).words,
            country=cells["country"],
            latitude=float(cells["latitude"]),
            longitude=float(cells["longitude"]),
            actors=(cells["side_a"], cells["side_b"]),
            deaths=read_deaths(cells["best"]),
        )
        return int(cells["id"]), incident
    except ValueError as error:
        problems.append(Problem(place, record.line, "event", str(error), "the columns as UCDP writes them"))
        return None
