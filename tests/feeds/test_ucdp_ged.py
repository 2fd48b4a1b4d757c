from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import InvalidDeclarationError, InvalidObservationError
from tocsin.feeds.observation_csv import read_observation_csv, write_observation_csv
from tocsin.feeds.ucdp_ged import Event, map_events, read_events
from tocsin.feeds.ucdp_ged_rules import Rules, Violence, read_rules

_FOLDER = Path(__file__).parents[2] / "indicators" / "violence" / "observations"
_SOURCE = (_FOLDER / "ucdp-ged-21.1.source.csv").read_bytes()
_RULES = (_FOLDER / "ucdp-ged.rules.yaml").read_bytes()

_EVENT = Event(7, date(2015, 5, 1), "Libya", Violence.STATE_BASED, "Government of Libya", "IS", 32.5, 13.0, 12)
_TWO_RULES = b"""
source: GED test
rules:
  - {id: near, reason: r, indicator: violence/near, value: 1, grade: A2, place: the coast, country: Libya,
     within: [{west: 9, east: 16, south: 30, north: 33}, {west: 20, east: 21, south: 30, north: 33}],
     types: [state-based, non-state], first_day: 2015-01-01, last_day: 2015-12-31}
  - {id: deadly, reason: r, indicator: violence/deadly, value: 2, grade: B1, place: Libya, country: Libya,
     within: [{west: 9, east: 26, south: 19, north: 34}],
     types: [state-based, one-sided], first_day: 2015-01-01, last_day: 2015-12-31,
     actor_contains: IS, min_best_deaths: 10}
same_as:
  - {event: 8, origin: known-attack, reason: r}
"""


@pytest.fixture
def rules() -> Rules:
    return read_rules(_TWO_RULES, "rules.yaml")


def test_the_shipped_observations_are_what_the_rules_make_of_the_source() -> None:
    """Byte for byte: nobody edits them by hand, or the rules without them."""
    mapped = map_events(read_events(_SOURCE, "source"), read_rules(_RULES, "rules"))
    assert write_observation_csv(mapped.drafts) == (_FOLDER / "ucdp-ged.csv").read_bytes()


def test_every_shipped_event_is_mapped_or_listed_with_the_reason() -> None:
    """434 events; counted by hand: 71 clashes in western Libya and 7 events in Tunisia."""
    events = read_events(_SOURCE, "source")
    mapped = map_events(events, read_rules(_RULES, "rules"))
    counts: dict[str, int] = {}
    for draft in mapped.drafts:
        counts[draft.indicator] = counts.get(draft.indicator, 0) + 1
    assert counts == {
        "violence/western-libya-fighting": 71,
        "violence/border-attack": 4,
        "violence/mass-casualty-attack": 3,
    }
    assert len(events) == 434
    assert len(mapped.unmapped) == 434 - 71 - 7
    reasons = {item.event.id: item.reason for item in mapped.unmapped}
    assert "mass-casualty-attack: 3 dead, fewer than 10" in reasons[205522]  # Bardo, the fight with the police
    assert "western-libya-fighting: at 29.1 N 15.9 E, outside western Libya" in reasons[209182]  # Jufra
    assert "central-attack: no side is IS" in reasons[205564]  # AQIM near Kasserine
    assert "western-libya-fighting: one-sided violence" in reasons[214313]  # civilians killed in Tripoli


def test_a_summary_says_how_its_row_was_mapped() -> None:
    """Whoever doubts the number can follow it back."""
    drafts = read_observation_csv((_FOLDER / "ucdp-ged.csv").read_bytes(), "ucdp-ged.csv")
    sabratha = next(draft for draft in drafts if draft.origin == "sabratha-strike-2016")
    assert sabratha.summary == (
        "UCDP 224069, state-based, Government of Iraq against IS, best estimate 49 dead, at 32.8 N 12.5 E: "
        "western Libya (rule western-libya-fighting)"
    )


def test_every_origin_shared_with_the_chronicle_is_one_that_it_uses() -> None:
    """A misspelled origin would count an event twice."""
    chronicle = {
        draft.origin
        for path in _FOLDER.parents[1].glob("*/observations/tunisia-chronicle.csv")
        for draft in read_observation_csv(path.read_bytes(), path.name)
    }
    declared = read_rules(_RULES, "rules")
    assert {item.origin for item in declared.same_as} <= chronicle
    assert {item.event for item in declared.same_as} <= {event.id for event in read_events(_SOURCE, "source")}


def test_an_event_gives_a_draft_for_every_rule_that_matches(rules: Rules) -> None:
    """It may be evidence about several indicators."""
    mapped = map_events([_EVENT], rules)
    assert [(draft.indicator, draft.value, draft.grade, draft.origin) for draft in mapped.drafts] == [
        ("violence/near", "1", "A2", "ucdp-7"),
        ("violence/deadly", "2", "B1", "ucdp-7"),
    ]
    assert mapped.unmapped == ()


def test_an_event_known_from_elsewhere_carries_that_origin_whatever_the_rule(rules: Rules) -> None:
    """So that the two reports are echoes."""
    mapped = map_events([replace(_EVENT, id=8)], rules)
    assert {draft.origin for draft in mapped.drafts} == {"known-attack"}


def test_events_of_one_day_and_place_share_an_origin_where_the_rule_says_so() -> None:
    """UCDP splits a day of fighting; the indicator does not. What is declared elsewhere keeps its own."""
    once = read_rules(_TWO_RULES.replace(b"place: the coast,", b"place: the coast, once_a_day_and_place: true,"), "x")
    events = [
        replace(_EVENT, best=0),
        replace(_EVENT, id=8, best=0),
        replace(_EVENT, id=9, best=0),
        replace(_EVENT, id=10, best=0, longitude=13.5),
        replace(_EVENT, id=11, best=0, day=date(2015, 5, 2)),
    ]
    origins = [draft.origin for draft in map_events(events, once).drafts]
    assert origins == ["ucdp-7", "known-attack", "ucdp-7", "ucdp-10", "ucdp-11"]


@pytest.mark.parametrize(
    ("event", "near", "deadly"),
    [
        (replace(_EVENT, country="Chad"), "in Chad", "in Chad"),
        (
            replace(_EVENT, day=date(2016, 1, 1)),
            "on 2016-01-01, outside its dates",
            "on 2016-01-01, outside its dates",
        ),
        (
            replace(_EVENT, longitude=18.0, best=9),
            "at 32.5 N 18.0 E, outside the coast",
            "9 dead, fewer than 10",
        ),
        (
            replace(_EVENT, violence=Violence.ONE_SIDED, side_a="LNA", side_b="Civilians"),
            "one-sided violence",
            "no side is IS",
        ),
        (
            replace(_EVENT, latitude=-1.5, longitude=-20.0),
            "at 1.5 S 20.0 W, outside the coast",
            "at 1.5 S 20.0 W, outside Libya",
        ),
    ],
)
def test_an_event_that_no_rule_matches_is_listed_with_the_reason_of_each(
    rules: Rules, event: Event, near: str, deadly: str
) -> None:
    """Nothing vanishes in silence."""
    mapped = map_events([event], rules)
    assert mapped.drafts == ()
    assert [item.reason for item in mapped.unmapped] == [f"near: {near}; deadly: {deadly}"]


@pytest.mark.parametrize(("longitude", "found"), [(9.0, 1), (16.0, 1), (16.001, 0), (20.5, 1), (8.999, 0)])
def test_a_box_includes_its_edges_and_one_of_several_is_enough(rules: Rules, longitude: float, found: int) -> None:
    """A governorate is rarely a rectangle."""
    mapped = map_events([replace(_EVENT, longitude=longitude, violence=Violence.NON_STATE)], rules)
    assert len(mapped.drafts) == found


_EVENTS = st.builds(
    Event,
    id=st.integers(1, 10**6),
    day=st.dates(date(2014, 12, 1), date(2016, 1, 31)),
    country=st.sampled_from(["Libya", "Tunisia"]),
    violence=st.sampled_from(Violence),
    side_a=st.sampled_from(["IS", "LNA"]),
    side_b=st.sampled_from(["Civilians", "IS"]),
    latitude=st.floats(29, 34),
    longitude=st.floats(8, 22),
    best=st.integers(0, 20),
)


@given(st.lists(_EVENTS, max_size=12, unique_by=lambda event: event.id), st.randoms())
def test_every_event_is_in_one_of_the_two_lists_whatever_the_order(events: list[Event], random: st.DataObject) -> None:
    """The mapping is a function of the set of events."""
    rules = read_rules(_TWO_RULES, "rules.yaml")
    mapped = map_events(events, rules)
    drafted = {int(draft.summary.split(",")[0].removeprefix("UCDP ")) for draft in mapped.drafts}
    left = {item.event.id for item in mapped.unmapped}
    assert drafted | left == {event.id for event in events}
    assert not drafted & left
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert map_events(shuffled, rules) == mapped


def test_a_year_of_dates_is_kept_at_both_ends(rules: Rules) -> None:
    """First and last day are included."""
    days = [date(2015, 1, 1), date(2015, 12, 31)]
    days += [days[0] - timedelta(days=1), days[1] + timedelta(days=1)]
    mapped = map_events([replace(_EVENT, id=n, day=day, best=0) for n, day in enumerate(days, start=100)], rules)
    assert [draft.observed_on for draft in mapped.drafts] == ["2015-01-01", "2015-12-31"]


def test_rules_are_refused_with_every_problem_at_its_line() -> None:
    """As every declared file."""
    data = _TWO_RULES.replace(b"types: [state-based, non-state]", b"types: [riot]").replace(b"west: 20", b"west: 30")
    data = data.replace(b"min_best_deaths: 10", b"min_deaths: 10")
    with pytest.raises(InvalidDeclarationError) as caught:
        read_rules(data, "rules.yaml")
    found = [(problem.line, problem.field, problem.value) for problem in caught.value.problems]
    assert [(line, field) for line, field, _ in found] == [
        (5, "rules.0.within.1"),
        (6, "rules.0.types.0"),
        (10, "rules.1.min_deaths"),
    ]
    assert found[1][2] == "'riot'"


@pytest.mark.parametrize("data", [b"", b"- a list", b"source: [", b"\xff\xfe"])
def test_a_file_that_is_no_mapping_is_refused(data: bytes) -> None:
    """Never a traceback."""
    with pytest.raises(InvalidDeclarationError):
        read_rules(data, "rules.yaml")


def test_a_rule_id_or_event_that_stands_twice_is_refused() -> None:
    """Which of them would count is not to be guessed."""
    with pytest.raises(InvalidDeclarationError, match="only once"):
        read_rules(_TWO_RULES.replace(b"id: deadly", b"id: near"), "rules.yaml")


def test_events_that_cannot_be_read_are_refused_with_every_line() -> None:
    """An upstream that changed its form must not be half read."""
    lines = _SOURCE.decode().splitlines(keepends=True)[:4]
    lines[1] = lines[1].replace("2014", "14")
    lines[3] = lines[3].replace(",2,", ",4,").replace(",1,", ",4,").replace(",3,", ",4,")
    with pytest.raises(InvalidObservationError) as caught:
        read_events("".join(lines).encode(), "ged.csv")
    assert [problem.line for problem in caught.value.problems] == [2, 4]
