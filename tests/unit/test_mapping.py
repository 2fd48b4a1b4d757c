"""Mapping rules: everything declared must hold, and what does not is told."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.incident import Incident
from tocsin.domain.mapping import Box, Keywords, Near, Rule, draft_of, mismatch, shared_key
from tocsin.domain.sphere import Point

_INCIDENT = Incident(
    day=date(2016, 3, 7),
    kind="Battles/Armed clash",
    country="Tunisia",
    area="Medenine",
    place="Ben Guerdane",
    latitude=33.14,
    longitude=11.22,
    actors=("Government of Tunisia", "IS"),
    deaths=57,
    text="Gunmen attack Ben Guerdane at dawn",
    links=("https://example.org/a", "ftp://example.org/b"),
)
_BORDER = Near((Point(33.2, 11.5), Point(32.0, 10.6)), 40.0)
_ALL: dict[str, Any] = {
    "country": "Tunisia",
    "areas": ("Tataouine", "Medenine"),
    "within": (Box(9.0, 10.0, 30.0, 31.0), Box(10.35, 11.6, 32.6, 33.95)),
    "near": _BORDER,
    "kinds": ("Riots", "Battles/*"),
    "actor_contains": "IS",
    "keywords": Keywords(any=("gunmen", "militants"), all=("ben guerdane",), none=("exercise",)),
    "min_deaths": 57,
    "first_day": date(2016, 3, 7),
    "last_day": date(2016, 3, 7),
}
_PLAIN = Rule("attack", "violence/border-attack", 1.0, "B2", "an attack", place="the border")


def test_a_rule_without_conditions_takes_everything() -> None:
    """Nothing asked, nothing missing."""
    assert mismatch(Incident(date(2016, 1, 1)), _PLAIN) is None


@pytest.mark.parametrize("condition", _ALL)
def test_each_condition_can_hold_and_a_silent_upstream_fails_it(condition: str) -> None:
    """What the upstream does not say is no match: a rule about deaths is not for events of unknown toll."""
    rule = replace(_PLAIN, **{condition: _ALL[condition]})
    assert mismatch(_INCIDENT, rule) is None
    failed = mismatch(Incident(date(2016, 3, 8) if condition != "first_day" else date(2016, 3, 6)), rule)
    assert failed is not None
    assert failed.rule == "attack"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"country": "Libya"}, "attack: in Libya, not Tunisia"),
        ({"day": date(2016, 3, 8)}, "attack: on 2016-03-08, not from 2016-03-07 to 2016-03-07"),
        ({"area": "Sfax"}, "attack: in Sfax, not Tataouine or Medenine"),
        ({"longitude": 10.34}, "attack: at 33.1 N 10.3 E, not in the border"),
        (
            {"latitude": 32.7, "longitude": 10.4},
            "attack: at 32.7 N 10.4 E, not in the border",
        ),  # boxed, far from the line
        ({"kind": "Protests"}, "attack: Protests, not Riots or Battles/*"),
        ({"actors": ("Government of Misrata",)}, "attack: by Government of Misrata, not IS"),
        ({"text": "Gunmen in an exercise at Ben Guerdane"}, "attack: other words, not any of gunmen, militants"),
        ({"deaths": 56}, "attack: 56 dead, not 57 or more"),
        ({"deaths": None}, "attack: deaths not stated, not 57 or more"),
    ],
)
def test_the_first_condition_that_fails_is_told(changes: dict[str, Any], told: str) -> None:
    """With what was wanted apart from what was there, so that reasons can be counted."""
    assert mismatch(_INCIDENT, replace(_PLAIN, **_ALL)) is None
    failed = mismatch(replace(_INCIDENT, **changes), replace(_PLAIN, **_ALL))
    assert str(failed).startswith(told)


@given(st.dictionaries(st.sampled_from(sorted(_ALL)), st.booleans()))
def test_a_rule_matches_exactly_where_each_of_its_conditions_does(chosen: dict[str, bool]) -> None:
    """Conditions are joined by "and", whatever others there are."""
    broken = {
        "country": ("country", "Libya"),
        "areas": ("area", "Sfax"),
        "within": ("longitude", 9.9),
        "near": ("longitude", 9.9),
        "kinds": ("kind", "Protests"),
        "actor_contains": ("actors", ("LNA",)),
        "keywords": ("text", "Rain"),
        "min_deaths": ("deaths", 0),
        "first_day": ("day", date(2016, 3, 6)),
        "last_day": ("day", date(2016, 3, 8)),
    }
    rule = replace(_PLAIN, **{name: _ALL[name] for name in chosen})
    changes = dict(broken[name] for name, breaks in chosen.items() if breaks)
    incident = replace(_INCIDENT, **changes)
    alone = [mismatch(incident, replace(_PLAIN, **{name: _ALL[name]})) is None for name in chosen]
    assert (mismatch(incident, rule) is None) == all(alone)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ISIS claims Ben Guerdane", True),
        ("isis, in BEN\nGUERDANE: a claim", True),
        ("Isisland", False),
        ("Ben Ali of Guerdane and ISIS", False),
        ("ＩＳＩＳ in ben guerdane", True),
        ("STRASSE", False),
    ],
)
def test_keywords_are_whole_words_in_any_case(text: str, found: bool) -> None:  # noqa: FBT001
    """A word inside another is none, and a phrase is its words in order."""
    assert Keywords(any=("isis",), all=("Ben Guerdane",)).hold(text) is (found and "uerdane" in text.casefold())
    assert Keywords(any=("straße",)).hold(text) is (text == "STRASSE")


def test_what_is_drafted_says_where_it_is_from() -> None:
    """Whoever doubts the number can follow it back; an address that is none is left out."""
    rule = replace(_PLAIN, value=2.0)
    draft = draft_of(_INCIDENT, rule, name="ACLED TUN1", origin="tunisia/acled/TUN1", source="ACLED")
    assert (draft.value, draft.grade, draft.observed_on, draft.links) == (
        "2",
        "B2",
        "2016-03-07",
        "https://example.org/a",
    )
    assert draft.summary == (
        "ACLED TUN1, Battles/Armed clash, Government of Tunisia against IS, best estimate 57 dead, at 33.1 N 11.2 E, "
        "Gunmen attack Ben Guerdane at dawn: the border (rule attack)"
    )


def test_incidents_share_a_key_only_where_the_rule_says_so_and_there_is_a_place() -> None:
    """Without a place, two are not known to be one."""
    once = replace(_PLAIN, once_a_day_and_place=True)
    assert shared_key(_INCIDENT, _PLAIN) is None
    assert shared_key(_INCIDENT, once) == shared_key(replace(_INCIDENT, deaths=1, text=""), once)
    assert shared_key(_INCIDENT, once) != shared_key(replace(_INCIDENT, day=date(2016, 3, 8)), once)
    assert shared_key(replace(_INCIDENT, latitude=None), once) == "attack/2016-03-07/Ben Guerdane"
    assert shared_key(Incident(date(2016, 3, 7)), once) is None
