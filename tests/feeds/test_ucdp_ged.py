"""UCDP GED in its file's columns, and the shipped history that the feed's rules make of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tocsin.catalog import find_kit, read_catalog
from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.feed import Feed
from tocsin.domain.incident import Incident
from tocsin.feeds.observation_csv import read_observation_csv, write_observation_csv
from tocsin.feeds.ucdp_ged import map_history, read_events

_FOLDER = Path(__file__).parents[2] / "indicators" / "violence" / "observations"
_SOURCE = (_FOLDER / "ucdp-ged-21.1.source.csv").read_bytes()
_EVENT = Incident(
    date(2015, 5, 1), "state-based", "Libya", "", "", 32.5, 13.0, ("Government of Libya", "Zintan Council"), 12
)


@pytest.fixture(scope="module")
def feed() -> Feed:
    return read_catalog(find_kit()).feed("tunisia/ucdp-ged")


def test_the_shipped_observations_are_what_the_rules_make_of_the_source(feed: Feed) -> None:
    """Byte for byte: nobody edits them by hand, or the rules without them."""
    drafts, _ = map_history(read_events(_SOURCE, "source"), feed, "UCDP GED 21.1")
    assert write_observation_csv(drafts) == (_FOLDER / "ucdp-ged.csv").read_bytes()


def test_every_shipped_event_is_mapped_or_listed_with_the_reason(feed: Feed) -> None:
    """434 events; counted by hand: 71 clashes in western Libya and 7 events in Tunisia."""
    events = read_events(_SOURCE, "source")
    drafts, unmapped = map_history(events, feed, "UCDP GED 21.1")
    counts: dict[str, int] = {}
    for draft in drafts:
        counts[draft.indicator] = counts.get(draft.indicator, 0) + 1
    assert counts == {
        "violence/western-libya-fighting": 71,
        "violence/border-attack": 4,
        "violence/mass-casualty-attack": 3,
    }
    assert len(events) == 434
    assert len(unmapped) == 434 - 71 - 7
    reasons = {name: "; ".join(map(str, why)) for name, why in unmapped.items()}
    assert "mass-casualty-attack: 3 dead, not 10 or more" in reasons["205522"]  # Bardo, the fight with the police
    assert "western-libya-fighting: at 29.1 N 15.9 E, not in western Libya" in reasons["209182"]  # Jufra
    assert "central-attack: by AQIM, Civilians, not IS" in reasons["205564"]  # AQIM near Kasserine
    assert "western-libya-fighting: one-sided, not state-based or non-state" in reasons["214313"]  # Tripoli


def test_a_summary_says_how_its_row_was_mapped() -> None:
    """Whoever doubts the number can follow it back."""
    drafts = read_observation_csv((_FOLDER / "ucdp-ged.csv").read_bytes(), "ucdp-ged.csv")
    sabratha = next(draft for draft in drafts if draft.origin == "sabratha-strike-2016")
    assert sabratha.summary == (
        "UCDP 224069, state-based, Government of Iraq against IS, best estimate 49 dead, at 32.8 N 12.5 E: "
        "western Libya (rule western-libya-fighting)"
    )


def test_every_origin_shared_with_the_chronicle_is_one_that_it_uses(feed: Feed) -> None:
    """A misspelled origin would count an event twice."""
    chronicle = {
        draft.origin
        for path in _FOLDER.parents[1].glob("*/observations/tunisia-chronicle.csv")
        for draft in read_observation_csv(path.read_bytes(), path.name)
    }
    assert set(feed.same_as.values()) <= chronicle
    assert set(feed.same_as) <= set(read_events(_SOURCE, "source"))


def test_the_feed_begins_where_the_shipped_history_ends(feed: Feed) -> None:
    """Their origins differ, so an event in both would count twice."""
    days = [event.day for event in read_events(_SOURCE, "source").values()]
    assert max(days) < feed.since


def test_events_of_one_day_and_place_share_an_origin_where_the_rule_says_so(feed: Feed) -> None:
    """UCDP splits a day of fighting; the indicator does not. What is declared elsewhere keeps its own."""
    events = {
        "7": _EVENT,
        "8": _EVENT,
        "9": _EVENT,
        "10": replace(_EVENT, longitude=13.5),
        "11": replace(_EVENT, day=date(2015, 5, 2)),
    }
    drafts, _ = map_history(events, replace(feed, same_as={"8": "known-attack"}), "x")
    assert [draft.origin for draft in drafts] == ["ucdp-7", "known-attack", "ucdp-7", "ucdp-10", "ucdp-11"]


def test_events_that_cannot_be_read_are_refused_with_every_line() -> None:
    """An upstream that changed its form must not be half read."""
    lines = _SOURCE.decode().splitlines(keepends=True)[:4]
    lines[1] = lines[1].replace("2014", "14")
    lines[3] = lines[3].replace(",2,", ",4,").replace(",1,", ",4,").replace(",3,", ",4,")
    with pytest.raises(InvalidObservationError) as caught:
        read_events("".join(lines).encode(), "ged.csv")
    assert [problem.line for problem in caught.value.problems] == [2, 4]
