"""The chain of publications: every change is found, and anyone can verify a line."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.publications import chained, stated_odds, statement
from tocsin.domain.chain import Head, verify_chain
from tocsin.domain.odds import Interval, Status
from tocsin.domain.publication import (
    BEGINNING,
    Publication,
    StatedOdds,
    canonical,
    digest,
    exported,
    odds_text,
    read_exported,
    read_odds_text,
)

_INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_PROBABILITIES = st.floats(0.0, 1.0, allow_nan=False)
_ODDS = st.builds(
    StatedOdds,
    scenario=st.text(max_size=12),
    horizon_days=st.integers(1, 400),
    closes_on=st.dates(),
    probability=_PROBABILITIES,
    interval50=st.builds(Interval, _PROBABILITIES, _PROBABILITIES),
    interval90=st.builds(Interval, _PROBABILITIES, _PROBABILITIES),
    prior=_PROBABILITIES,
    prior_driven=st.booleans(),
    error=_PROBABILITIES,
    words=st.text(max_size=12),
    rule=st.text(max_size=12),
)
_STATEMENTS = st.builds(
    Publication,
    number=st.just(0),
    theater=st.text(max_size=8),
    stated_at=_INSTANTS,
    as_of=_INSTANTS,
    fit=st.text(max_size=8),
    fitted_as_of=_INSTANTS,
    evidence=st.text(max_size=8),
    status=st.sampled_from(Status),
    reason=st.text(max_size=8),
    note=st.text(max_size=8),
    opens_on=st.dates(),
    foresight=st.booleans(),
    odds=st.lists(_ODDS, max_size=3).map(tuple),
)
_CHAIN = chained([statement(day) for day in range(5)])
_HEAD = Head(_CHAIN[-1].number, _CHAIN[-1].sha256)


def _other(value: object) -> object:  # noqa: PLR0911 (one for each kind)
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case Status():
            return Status.FITTED if value is not Status.FITTED else Status.LIVE
        case str():
            return value + "x"
        case float():
            return value * (1 + 2**-50)  # the last digits of what was said count too
        case int():
            return value + 1
        case Interval(low, high):
            return Interval(low, high + 1e-9)
        case tuple():
            return value[:-1]
        case _:
            return value + timedelta(days=1)  # type: ignore[operator]


def test_a_chain_that_nobody_touched_is_whole() -> None:
    """Also an empty one, and one that has grown since its head was noted."""
    assert verify_chain(_CHAIN, _HEAD) == []
    assert verify_chain([]) == []
    assert verify_chain([*_CHAIN, statement(9).chained(_CHAIN[-1])], _HEAD) == []


@pytest.mark.parametrize("place", range(len(_CHAIN)))
@pytest.mark.parametrize("name", [field.name for field in fields(Publication)])
def test_a_change_of_any_field_is_found(name: str, place: int) -> None:
    """At the publication that was changed, hash and place in the chain included."""
    chain = list(_CHAIN)
    chain[place] = replace(chain[place], **{name: _other(getattr(chain[place], name))})  # type: ignore[arg-type]
    found = verify_chain(chain)
    assert chain[place].number in {item.number for item in found}


@pytest.mark.parametrize("name", [field.name for field in fields(StatedOdds)])
def test_a_change_of_any_number_or_word_that_was_said_is_found(name: str) -> None:
    """Down to the last bit of a probability."""
    chain = list(_CHAIN)
    said = chain[2].odds[0]
    chain[2] = replace(chain[2], odds=(replace(said, **{name: _other(getattr(said, name))}),))  # type: ignore[arg-type]
    assert [item.number for item in verify_chain(chain)] == [3]


@given(st.data())
def test_a_removal_is_found(data: st.DataObject) -> None:
    """From the beginning and from the middle by the chain alone, from the end by the head that was noted."""
    first = data.draw(st.integers(0, len(_CHAIN) - 1))
    last = data.draw(st.integers(first + 1, len(_CHAIN)))
    left = _CHAIN[:first] + _CHAIN[last:]
    assert verify_chain(left, _HEAD)
    assert bool(verify_chain(left)) == (last < len(_CHAIN))


@given(st.permutations(_CHAIN))
def test_reordering_is_found(order: list[Publication]) -> None:
    """Whatever the order, but for the right one."""
    assert bool(verify_chain(order)) == (order != _CHAIN)


@given(st.integers(0, len(_CHAIN)), _STATEMENTS)
def test_an_insertion_is_found(place: int, strange: Publication) -> None:
    """Also one that is itself hashed rightly; at the end it is no insertion but a publication."""
    before = _CHAIN[place - 1] if place else None
    inserted = strange.chained(before)
    found = verify_chain([*_CHAIN[:place], inserted, *_CHAIN[place:]])
    assert bool(found) == (place < len(_CHAIN))


def _hashed(item: Publication) -> Publication:
    """With the hash that its content has: a forger can do so much."""
    return replace(item, sha256=digest(canonical(item)))


@pytest.mark.parametrize(
    ("place", "changes", "said"),
    [
        (1, {"note": "x"}, "3: it does not follow publication 2 as that stands"),
        (4, {"number": 9}, "9: it comes after number 4"),
        (0, {"previous": "1" * 64}, "1: it follows a publication that is not there"),
        (0, {"number": 0}, "0: the chain begins with it and not with 1"),
    ],
)
def test_a_forger_who_hashes_what_he_changes_is_found(place: int, changes: dict[str, object], said: str) -> None:
    """Each rule of the chain by itself."""
    chain = list(_CHAIN)
    chain[place] = _hashed(replace(chain[place], **changes))  # type: ignore[arg-type]
    assert said in [f"{item.number}: {item.what}" for item in verify_chain(chain)]


@given(st.integers(0, len(_CHAIN) - 1))
def test_a_chain_that_was_rewritten_and_hashed_anew_is_found_by_its_head(place: int) -> None:
    """It is whole in itself, which is why somebody should note the head elsewhere."""
    forged = [statement(day) for day in range(5)]
    forged[place] = replace(forged[place], odds=(stated_odds(probability=0.99),))
    assert verify_chain(chained(forged)) == []
    assert verify_chain(chained(forged), _HEAD) != []


@given(st.lists(_STATEMENTS, max_size=3))
def test_what_is_exported_is_read_back_bit_for_bit(statements: list[Publication]) -> None:
    """Every text, every instant and every double."""
    for item in chained(statements):
        back = read_exported(exported(item))
        assert back == item
        assert canonical(back) == canonical(item)
        assert read_odds_text(odds_text(item.odds)) == item.odds


@given(_STATEMENTS)
def test_anyone_can_verify_an_exported_line_without_printing_numbers(strange: Publication) -> None:
    """Take the hash away from the end of the line, and hash the rest: so it is documented."""
    line = exported(strange.chained(None))
    body, sha = re.fullmatch(r'(.*),"sha256":"([0-9a-f]{64})"\}', line).groups()  # type: ignore[union-attr]
    assert hashlib.sha256(f"{body}}}".encode()).hexdigest() == sha
    assert len(line) - len(f"{body}}}") == 76


def test_the_canonical_form_is_the_documented_one() -> None:
    """If this changes, every chain of every store breaks."""
    first = statement().chained(None)
    assert canonical(first) == (
        '{"as_of":"2016-03-09T06:30:00.000000+00:00","evidence":"' + "0" * 64 + '","fit":"ffffffffffffffff",'
        '"fitted_as_of":"2016-03-09T00:30:00.000000+00:00","foresight":true,"note":"","number":1,'
        '"odds":[{"closes_on":"2016-04-07","error":0.004,"horizon_days":30,"interval50":[0.2,0.4],'
        '"interval90":[0.1,0.5],"prior":0.05,"prior_driven":false,"probability":0.3,'
        '"rule":"field/attack counted at least 4 times within 6 weeks","scenario":"offensive",'
        '"words":"unlikely"}],"opens_on":"2016-03-09","previous":"' + BEGINNING + '","reason":"daily",'
        '"stated_at":"2016-03-09T06:30:00.000000+00:00","status":"live","theater":"full"}'
    )
    assert first.sha256 == digest(canonical(first))
    assert first.age_seconds == 6 * 3600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"number":1', '"number":"1"'),
        ('"number":1', '"number":1.0'),
        ('"probability":0.3', '"probability":0.30'),
        ('"probability":0.3', '"probability":NaN'),
        ("2016-03-09T06:30:00.000000+00:00", "2016-03-09T06:30:00.000000"),
        ('"theater":"full"', '"theater":"full","more":1'),
        ('"theater":"full",', ""),
        ("{", ""),
        ('"status":"live"', '"status":"certain"'),
    ],
)
def test_a_line_in_another_form_is_no_publication(before: str, after: str) -> None:
    """Otherwise two texts could pass for one statement."""
    line = exported(statement().chained(None))
    assert before in line
    with pytest.raises(ValueError, match=r"no publication can be read|not in the canonical form|JSON compliant"):
        read_exported(line.replace(before, after))


def test_a_probability_that_is_no_number_breaks_the_chain_instead_of_the_check() -> None:
    """Only damage can put it there."""
    broken = replace(_CHAIN[0], odds=(stated_odds(probability=float("nan")),))
    assert verify_chain([broken, *_CHAIN[1:]])[0].number == 1
