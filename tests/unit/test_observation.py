import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Range
from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import (
    Collection,
    Indicator,
    Kind,
    MeasureBaseline,
    OrdinalBaseline,
    RateBaseline,
    Transform,
)
from tocsin.domain.observation import Draft, Observation, State, effective, read_drafts, states
from tocsin.domain.timeline import Step, Timeline

_RANGE = Range(0.1, 0.4, "")
_TODAY = date(2016, 3, 8)
_WEEKS = Timeline(Step.WEEK, window=10, zone="Africa/Tunis")
_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)
_ATTACK = Indicator(
    id="violence/border-attack",
    title="",
    definition="",
    kind=Kind.COUNT,
    unit="",
    collection=Collection.OCCASIONAL,
    coverage=0.7,
    since=None,
    delay_days=2,
    baseline=RateBaseline(_RANGE, _RANGE),
)
_CLAIM = replace(_ATTACK, id="group/claim", kind=Kind.PRESENCE)
_ALERT = replace(
    _ATTACK,
    id="state/alert",
    kind=Kind.ORDINAL,
    baseline=OrdinalBaseline((0.6, 0.3, 0.1), 2.0, ""),
    levels=("none", "curfew", "emergency"),
)
_PRICE = replace(
    _ATTACK,
    id="economy/price",
    kind=Kind.MEASURE,
    baseline=MeasureBaseline(_RANGE, _RANGE),
    transform=Transform.LOG,
)
_INDICATORS = {indicator.id: indicator for indicator in (_ATTACK, _CLAIM, _ALERT, _PRICE)}
_DRAFT = Draft(_ATTACK.id, "2016-03-07", "3", "B2", "bg", "Posts attacked", "desk note", "0.8", "notes.csv", 7)
_COUNT = "a whole number from 0 to 1000000 (violence/border-attack is of kind count)"
_DAY = "a day of the calendar as YYYY-MM-DD"
_COVERAGE = "a number above 0 and up to 1, or nothing for the declared one"
_GRADE = "an Admiralty grade: reliability A to F and credibility 1 to 6, such as B2"
_TEXT = "text that does not begin with =, +, -, @ or a tab (a spreadsheet would run it)"


def _problems(*drafts: Draft) -> tuple[Problem, ...]:
    with pytest.raises(InvalidObservationError) as refused:
        read_drafts(drafts, _INDICATORS, _TODAY)
    return refused.value.problems


def test_a_sound_draft_is_a_report_with_every_field_read() -> None:
    """Text becomes a day, a number, a grade and an indicator."""
    (report,) = read_drafts([_DRAFT], _INDICATORS, _TODAY)
    assert report.indicator is _ATTACK
    assert (report.observed_on, report.value, report.grade) == (date(2016, 3, 7), 3.0, Grade("B", "2"))
    assert (report.origin, report.summary, report.source, report.coverage) == ("bg", "Posts attacked", "desk note", 0.8)


def test_what_need_not_be_said_may_be_left_out() -> None:
    """No coverage means the declared one, not 0."""
    (report,) = read_drafts([Draft(_ATTACK.id, "2016-03-08", "0", "F6")], _INDICATORS, _TODAY)
    assert (report.value, report.coverage, report.summary, report.source) == (0.0, None, "", "")


@pytest.mark.parametrize(
    ("changes", "field", "accepted"),
    [
        *(
            ({"observed_on": day}, "observed_on", _DAY)
            for day in (
                "",
                "2016-02-30",  # impossible
                "2015-02-29",  # not a leap year
                "2016-13-01",
                "0000-01-01",
                "2016-W10-1",  # an ISO week date
                "20160307",
                "2016-3-7",
                "7.3.2016",
                "2016-03-07T12:00:00",
                "2016-03-07T12:00:00Z",
                " 2016-03-07",
                "2016-03-07\n",
                "２０１６-03-07",
            )
        ),
        *(
            ({"observed_on": day}, "observed_on", "a day that has begun: 2016-03-08 or earlier")
            for day in ("2016-03-09", "2016-08-03", "9999-12-31")
        ),
        *(
            ({"observed_on": day}, "observed_on", "a day from 1900-01-01 on: is a digit of the year missing?")
            for day in ("0001-01-01", "1016-03-07", "1899-12-31")
        ),
        *(
            ({"value": value}, "value", _COUNT)
            for value in ("", "three", "nan", "NaN", "inf", "-inf", "Infinity", "1_000", "1,5", "1e400", "0x10")
        ),
        *(({"value": value}, "value", _COUNT) for value in ("-1", "0.5", "2.0000001")),
        *(
            (
                {"indicator": _CLAIM.id, "value": value},
                "value",
                "0 (not seen) or 1 (seen) (group/claim is of kind presence)",
            )
            for value in ("2", "0.5", "-1", "yes", "inf")
        ),
        *(
            (
                {"indicator": _ALERT.id, "value": value},
                "value",
                "a level from 0 to 2 (0 none, 1 curfew, 2 emergency) (state/alert is of kind ordinal)",
            )
            for value in ("3", "-1", "1.5", "curfew")
        ),
        *(
            ({"indicator": _PRICE.id, "value": value}, "value", "a number above 0 (economy/price is of kind measure)")
            for value in ("0", "-2.5", "nan", "inf", "1_000")
        ),
        *(({"grade": grade}, "grade", _GRADE) for grade in ("", "G1", "A7", "A", "2B", "A0", "B22", "B 2")),
        *(
            ({"coverage": coverage}, "coverage", _COVERAGE)
            for coverage in ("0", "0.0", "-0.5", "1.5", "1.0000001", "NaN", "inf", "1_0", "most", " ", "70 %")
        ),
        *(
            ({name: text}, name, _TEXT)
            for name in ("origin", "summary", "source")
            for text in ("=1+1", "+cmd|1", "-2+3", "@SUM(1)", "\t=1", "=")
        ),
    ],
)
def test_a_bad_field_is_refused_with_its_value_and_what_would_be_accepted(
    changes: dict[str, str], field: str, accepted: str
) -> None:
    """And with the file and line it stands in; the sound fields beside it are not accused."""
    (value,) = (text for name, text in changes.items() if name == field)
    assert _problems(replace(_DRAFT, **changes)) == (  # type: ignore[arg-type]
        Problem("notes.csv", 7, field, repr(value), accepted),
    )


def test_an_undeclared_indicator_is_refused_with_the_nearest_declared_ones() -> None:
    """A slip of the pen comes first among what it may have meant."""
    (problem,) = _problems(replace(_DRAFT, indicator="violence/border-atack"))
    assert (problem.field, problem.value) == ("indicator", "'violence/border-atack'")
    assert problem.accepted.startswith("a declared indicator; did you mean violence/border-attack")


@pytest.mark.parametrize("grade", ["b2", " B2 ", "b2\n"])
def test_a_grade_may_be_typed_small_and_with_blanks(grade: str) -> None:
    """Nobody means anything else by it."""
    (report,) = read_drafts([replace(_DRAFT, grade=grade)], _INDICATORS, _TODAY)
    assert str(report.grade) == "B2"


def test_a_value_is_looked_at_even_where_the_indicator_is_unknown() -> None:
    """What is no number at all is no value of any indicator."""
    found = _problems(replace(_DRAFT, indicator="x", value="three"))
    assert [(problem.field, problem.accepted) for problem in found][1] == ("value", "a finite number")


def test_every_problem_of_every_draft_is_told_at_once() -> None:
    """In the order of the lines, and nothing of the sound draft between them."""
    found = _problems(
        replace(_DRAFT, value="one", grade="Z9", coverage="2", line=12),
        _DRAFT,
        replace(_DRAFT, observed_on="2016-02-30", origin="=x", source="@y", summary="-z", line=3),
        replace(_DRAFT, indicator="nowhere", line=9),
    )
    assert [(problem.line, problem.field) for problem in found] == [
        (3, "observed_on"),
        (3, "origin"),
        (3, "source"),
        (3, "summary"),
        (9, "indicator"),
        (12, "coverage"),
        (12, "grade"),
        (12, "value"),
    ]


@pytest.mark.parametrize("value", ["3", "3.0", "+3", "3e0", "003", " 3 "])
def test_a_number_may_be_written_in_any_usual_way(value: str) -> None:
    """All of them are three."""
    assert read_drafts([replace(_DRAFT, value=value)], _INDICATORS, _TODAY)[0].value == 3.0


@pytest.mark.parametrize(("coverage", "expected"), [("1", 1.0), ("1.0", 1.0), ("0.001", 0.001), ("", None)])
def test_a_coverage_is_a_share_above_nothing(coverage: str, expected: float | None) -> None:
    """Full coverage is allowed; none is not a report."""
    assert read_drafts([replace(_DRAFT, coverage=coverage)], _INDICATORS, _TODAY)[0].coverage == expected


@given(st.text(max_size=6))
def test_text_that_no_spreadsheet_runs_is_kept_as_it_is(text: str) -> None:
    """Signs inside a text are harmless, and nothing is trimmed or rewritten."""
    summary = f"Posts {text}"
    assert read_drafts([replace(_DRAFT, summary=summary)], _INDICATORS, _TODAY)[0].summary == summary


_LINK = "an http or https address without a user name"


@pytest.mark.parametrize(
    "link",
    [
        "ftp://example.org/a",
        "example.org/a",
        "https://",
        "https:///a",
        "https://ann:secret@example.org/a",
        "https://ann@example.org/a",
        "javascript:alert(1)",
        "https://example.org/<script>",
        'https://example.org/"',
        "https://example.org\\a",
        "https://example.org:port/",
        "https://example.org/\x07",
        "https://example.org/\u202e",
        "https://example.org/" + "a" * 1981,
    ],
)
def test_what_is_no_web_address_is_refused_as_a_link(link: str) -> None:
    """Everybody who reads the ledger may follow it; the good one beside it is not named."""
    (problem,) = _problems(replace(_DRAFT, links=f"https://example.org/fine {link}"))
    assert (problem.field, problem.value) == ("links", repr(link))
    assert problem.accepted.startswith(_LINK)


def test_links_are_separated_by_blanks_and_kept_once() -> None:
    """In their order; a long one, a port, an address in numbers and another script are fine."""
    links = (
        "https://example.org/" + "a" * 1980,
        "HTTP://example.org:8080?x=1#y",
        "https://[2001:db8::1]/a",
        "https://تونس.example/تقرير",
    )
    draft = replace(_DRAFT, links=f"  {links[0]}\t{'  '.join(links)}\n")
    assert read_drafts([draft], _INDICATORS, _TODAY)[0].links == links
    assert read_drafts([_DRAFT], _INDICATORS, _TODAY)[0].links == ()


def test_two_nameless_reports_of_one_source_indicator_and_day_are_echoes() -> None:
    """Without an origin they count once; another source, indicator or day is another report."""
    nameless = replace(_DRAFT, origin="")
    drafts = [
        nameless,
        replace(nameless, value="2", grade="C3", summary="Posts were attacked"),
        replace(nameless, source="another desk"),
        replace(nameless, indicator=_CLAIM.id, value="1"),
        replace(nameless, observed_on="2016-03-06"),
        replace(nameless, source=""),
    ]
    origins = [report.origin for report in read_drafts(drafts, _INDICATORS, _TODAY)]
    assert origins[0] == origins[1]
    assert len(set(origins)) == 5


_SEEN = Observation(
    id="o1",
    indicator=_ATTACK.id,
    observed_on=date(2016, 3, 7),
    value=1.0,
    grade=Grade("B", "2"),
    origin="bg",
    summary="Posts attacked",
    source="desk note",
    author="duty analyst",
    recorded_at=_NOW,
    coverage=0.8,
)


def test_a_value_has_one_fingerprint_however_it_is_held() -> None:
    """1 and 1.0 are one value, and so are 0.0 and -0.0."""
    assert replace(_SEEN, value=1).fingerprint() == _SEEN.fingerprint()
    zero = replace(_SEEN, value=0.0).fingerprint()
    assert replace(_SEEN, value=-0.0).fingerprint() == replace(_SEEN, value=0).fingerprint() == zero
    assert zero != _SEEN.fingerprint()


def test_links_have_no_order() -> None:
    """The same documents are the same content, one more or less is another."""
    one, other = "https://example.org/1", "https://example.org/2"
    both = replace(_SEEN, links=(one, other)).fingerprint()
    assert replace(_SEEN, links=(other, one)).fingerprint() == both
    assert replace(_SEEN, links=(one,)).fingerprint() not in {both, _SEEN.fingerprint()}


def test_a_report_without_links_keeps_the_id_that_it_had_before_there_were_links() -> None:
    """Names in notes keep their meaning; this is the hash of the fields without any."""
    assert _SEEN.named().id == "e4ea478aba85730a"


def test_a_total_has_a_last_day() -> None:
    """Of the same week, and an origin of its own where none is given."""
    total = replace(_DRAFT, observed_on="2016-02-29", through="2016-03-06", origin="")
    (report,) = read_drafts([total], _INDICATORS, _TODAY, _WEEKS)
    assert report.through == date(2016, 3, 6)
    assert report.origin == "desk note/violence/border-attack/2016-02-29…2016-03-06"


@pytest.mark.parametrize(
    ("changes", "value", "accepted"),
    [
        (
            {"through": "2016-3-8"},
            "2016-3-8",
            "the last day of a total as YYYY-MM-DD, or nothing for a report of one day",
        ),
        ({"through": "2016-03-07"}, "2016-03-07", "a day after observed_on that has begun: 2016-03-08 or earlier"),
        ({"through": "2016-03-09"}, "2016-03-09", "a day after observed_on that has begun: 2016-03-08 or earlier"),
        (
            {"observed_on": "2016-03-04", "through": "2016-03-08"},
            "2016-03-08",
            "a day in the same week as observed_on: 2016-03-06 or earlier; split the total there",
        ),
        (
            {"indicator": _CLAIM.id, "value": "1", "through": "2016-03-08"},
            "2016-03-08",
            "nothing: totals are of counts, and group/claim is of kind presence",
        ),
    ],
)
def test_what_cannot_be_a_total_is_refused(changes: dict[str, str], value: str, accepted: str) -> None:
    """Its last day, and what would be accepted; a total over two weeks could count in neither."""
    with pytest.raises(InvalidObservationError) as refused:
        read_drafts([replace(_DRAFT, **changes)], _INDICATORS, _TODAY, _WEEKS)
    assert refused.value.problems == (Problem("notes.csv", 7, "through", repr(value), accepted),)


_OTHERWISE: dict[str, object] = {
    "indicator": _CLAIM.id,
    "observed_on": date(2016, 3, 6),
    "value": 1.0000000000000002,
    "grade": Grade("B", "3"),
    "origin": "bh",
    "summary": "Posts attacked.",
    "source": "desk notes",
    "coverage": None,
    "supersedes": "o0",
    "withdrawn": True,
    "links": ("https://example.org/report",),
    "through": date(2016, 3, 13),
}
_WHO_AND_WHEN: dict[str, object] = {
    "id": "o2",
    "author": "night analyst",
    "recorded_at": _NOW + timedelta(days=1),
    "entered_at": _NOW + timedelta(days=2),
    "reason": "counted again",
}


def test_every_field_either_counts_in_the_fingerprint_or_says_who_and_when() -> None:
    """A field added later must be put on one of the two sides."""
    assert {field.name for field in fields(Observation)} == _OTHERWISE.keys() | _WHO_AND_WHEN.keys()


@pytest.mark.parametrize("field", _OTHERWISE)
def test_other_content_has_another_fingerprint(field: str) -> None:
    """Down to the last bit of a value and the full stop of a summary."""
    changed = replace(_SEEN, **{field: _OTHERWISE[field]})  # type: ignore[arg-type]
    assert changed.fingerprint() != _SEEN.fingerprint()


@pytest.mark.parametrize("field", _WHO_AND_WHEN)
def test_who_recorded_it_when_is_not_content(field: str) -> None:
    """The same report told twice is the same report."""
    changed = replace(_SEEN, **{field: _WHO_AND_WHEN[field]})  # type: ignore[arg-type]
    assert changed.fingerprint() == _SEEN.fingerprint()


def test_text_does_not_leak_from_one_field_into_the_next() -> None:
    """Moving a word from the origin to the summary is another report."""
    one = replace(_SEEN, origin='bg", "x', summary="y")
    other = replace(_SEEN, origin="bg", summary='x", "y')
    assert one.fingerprint() != other.fingerprint()
    assert re.fullmatch(r"[0-9a-f]{64}", one.fingerprint())


_HOUR = timedelta(hours=1)
_CORRECTED = replace(_SEEN, id="o2", value=2.0, recorded_at=_NOW + _HOUR, supersedes="o1")
_AGAIN = replace(_SEEN, id="o3", value=4.0, recorded_at=_NOW + 2 * _HOUR, supersedes="o2")
_RETRACTED = replace(_SEEN, id="o4", recorded_at=_NOW + 3 * _HOUR, supersedes="o3", withdrawn=True)
_LEDGER = (_SEEN, _CORRECTED, _AGAIN, _RETRACTED)


def _ids(ledger: Iterable[Observation], as_of: datetime) -> list[str]:
    return [item.id for item in effective(ledger, as_of)]


@pytest.mark.parametrize(
    ("hours", "standing"), [(-0.001, []), (0, ["o1"]), (0.999, ["o1"]), (1, ["o2"]), (2, ["o3"]), (3, []), (9000, [])]
)
def test_a_chain_of_corrections_ends_in_a_retraction_and_each_instant_sees_its_own_link(
    hours: float, standing: list[str]
) -> None:
    """What is known at an instant counts at that very instant."""
    assert _ids(_LEDGER, _NOW + hours * _HOUR) == standing
    assert _ids(reversed(_LEDGER), _NOW + hours * _HOUR) == standing


def test_a_correction_known_later_does_not_change_the_earlier_view() -> None:
    """The value at noon is still what was said by noon."""
    before = effective([_SEEN], _NOW)
    assert effective(_LEDGER, _NOW) == before
    assert effective(_LEDGER, _NOW + _HOUR / 2) == before


def test_a_correction_may_move_a_report_to_another_indicator_and_day() -> None:
    """The old place is empty then."""
    moved = replace(_CORRECTED, indicator=_CLAIM.id, observed_on=date(2016, 2, 29))
    assert effective([_SEEN, moved], _NOW + _HOUR) == (moved,)


def test_what_stands_is_in_order_of_day_then_instant_then_id() -> None:
    """So that everything derived from it repeats bit for bit."""
    later_day = replace(_SEEN, id="a", observed_on=date(2016, 3, 8))
    later_known = replace(_SEEN, id="b", recorded_at=_NOW + _HOUR)
    same = replace(_SEEN, id="o0")
    assert _ids([later_day, later_known, _SEEN, same], _NOW + _HOUR) == ["o0", "o1", "b", "a"]


@dataclass(frozen=True)
class _Move:
    """One thing done to the ledger: a new report, or a change to one of those that stand."""

    minutes: int
    change: str
    target: int
    day: int


_moves = st.lists(
    st.builds(
        _Move,
        minutes=st.integers(0, 30),  # several within one instant, too
        change=st.sampled_from(["report", "report", "correct", "retract"]),
        target=st.integers(0, 10),
        day=st.integers(1, 7),
    ),
    max_size=14,
)


def _replay(moves: Sequence[_Move]) -> tuple[list[Observation], dict[datetime, set[str]]]:
    """A ledger, and who stands after each instant, by doing one thing after the other."""
    ledger: list[Observation] = []
    standing: list[str] = []
    after: dict[datetime, set[str]] = {}
    instant = _NOW
    for number, move in enumerate(moves):
        instant += move.minutes * timedelta(minutes=1)
        name = f"o{number:02}"
        target = standing[move.target % len(standing)] if move.change != "report" and standing else None
        if target is not None:
            standing.remove(target)
        withdrawn = target is not None and move.change == "retract"
        if not withdrawn:
            standing.append(name)
        ledger.append(
            replace(
                _SEEN,
                id=name,
                observed_on=date(2016, 3, move.day),
                recorded_at=instant,
                supersedes=target,
                withdrawn=withdrawn,
            )
        )
        after[instant] = set(standing)
    return ledger, after


@given(_moves, st.randoms(use_true_random=False))
def test_any_history_read_at_any_instant_is_what_a_replay_up_to_it_leaves(moves: list[_Move], order: Random) -> None:
    """A ledger book kept by hand, entry after entry, says the same as one look at all of it in any order."""
    ledger, after = _replay(moves)
    shuffled = list(ledger)
    order.shuffle(shuffled)
    for instant, standing in after.items():
        assert set(_ids(shuffled, instant)) == standing
        assert set(_ids(shuffled, instant + timedelta(microseconds=1))) == standing
    assert _ids(shuffled, _NOW - _HOUR) == []


@given(_moves)
def test_the_state_of_everything_agrees_with_what_stands(moves: list[_Move]) -> None:
    """One says what stands, the other what became of the rest, at every instant; each change names its change."""
    ledger, after = _replay(moves)
    by_id = {item.id: item for item in ledger}
    for instant in after:
        told = states(ledger, instant)
        assert told.keys() == {item.id for item in ledger if item.recorded_at <= instant}
        assert {name for name, (state, _) in told.items() if state is State.STANDS} == set(_ids(ledger, instant))
        for name, (state, by) in told.items():
            if state is State.RETRACTION:
                assert by_id[name].withdrawn
                assert by == by_id[name].supersedes
            elif by is not None:
                assert by_id[by].supersedes == name
                assert by_id[by].withdrawn == (state is State.WITHDRAWN)
