from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from support.ledgers import MemoryLedger
from support.theaters import full_theater
from tocsin.domain.errors import ConflictError, InvalidObservationError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation, effective
from tocsin.usecases.correct import Changes, Corrected, correct
from tocsin.usecases.retract import Retracted, retract

_THEATER = full_theater()
_INDICATORS = {indicator.id: indicator for indicator in _THEATER.indicators}
_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)
_LATER = _NOW + timedelta(days=1)
_FIRST = Observation(
    id="",
    indicator="field/attack",
    observed_on=date(2016, 2, 3),
    value=2.0,
    grade=Grade("C", "3"),
    origin="bg",
    summary="Posts attacked",
    source="desk",
    author="duty analyst",
    recorded_at=_NOW,
    entered_at=_NOW + timedelta(hours=1),
    coverage=0.35,
    links=("https://example.org/a",),
).named()


@pytest.fixture
def ledger() -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.record([_FIRST])
    return ledger


def _correct(ledger: MemoryLedger, changes: Changes, *, name: str = _FIRST.id, reason: str = "why") -> Corrected:
    return correct(
        name,
        changes,
        reason=reason,
        indicators=_INDICATORS,
        timeline=_THEATER.timeline,
        ledger=ledger,
        now=_LATER,
        author="night analyst",
    )


def _retract(ledger: MemoryLedger, *, name: str = _FIRST.id, reason: str = "why") -> Retracted:
    return retract(name, reason=reason, indicators=_INDICATORS, ledger=ledger, now=_LATER, author="night analyst")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes(value="3"), {"value": 3.0}),
        (Changes(grade="b2"), {"grade": Grade("B", "2")}),
        (Changes(observed_on="2016-02-04"), {"observed_on": date(2016, 2, 4)}),
        (Changes(origin="other"), {"origin": "other"}),
        (Changes(origin=""), {"origin": "desk/field/attack/2016-02-03"}),
        (Changes(summary=""), {"summary": ""}),
        (Changes(source="press"), {"source": "press"}),
        (Changes(coverage="0.5"), {"coverage": 0.5}),
        (Changes(coverage=""), {"coverage": None}),
        (Changes(links="https://example.org/b"), {"links": ("https://example.org/b",)}),
        (Changes(links=""), {"links": ()}),
        (Changes(indicator="field/attack", value="0"), {"value": 0.0}),
    ],
)
def test_a_correction_changes_what_it_says_and_nothing_else(
    ledger: MemoryLedger, changes: Changes, expected: dict[str, object]
) -> None:
    """It names what it supersedes, is known from now on, and earlier instants see the old version."""
    done = _correct(ledger, changes, reason="  counted again ")
    assert (done.before, done.added) == (_FIRST, True)
    after = replace(
        _FIRST,
        supersedes=_FIRST.id,
        reason="counted again",
        author="night analyst",
        recorded_at=_LATER,
        entered_at=None,
        **expected,  # type: ignore[arg-type]
    ).named()
    assert done.after == after
    known = list(ledger.kept.values())
    assert effective(known, _LATER - timedelta(microseconds=1)) == (_FIRST,)
    assert effective(known, _LATER) == (after,)


def test_every_field_of_a_report_can_be_corrected_but_its_indicator() -> None:
    """A field that is added to observations later must be thought of here."""
    who_when_why = {"id", "author", "recorded_at", "entered_at", "supersedes", "withdrawn", "reason"}
    assert {field.name for field in fields(Changes)} == {field.name for field in fields(Observation)} - who_when_why


def test_an_observation_may_be_named_by_its_beginning(ledger: MemoryLedger) -> None:
    """Six characters are enough where they are of one id only."""
    assert _correct(ledger, Changes(value="3"), name=_FIRST.id[:6]).before == _FIRST


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        (Changes(), "why", ["correction is without a change; accepted: at least one field that differs"]),
        (Changes(value="2.0", grade="C3", coverage="0.350"), "why", ["correction is without a change"]),
        (Changes(links="https://example.org/a https://example.org/a"), "why", ["correction is without a change"]),
        (Changes(value="3"), " ", ["reason is ' '; accepted: in words, why"]),
        (Changes(value="3"), "=1+1", ["reason is '=1+1'; accepted: text that does not begin with ="]),
        (
            Changes(indicator="field/quiet"),
            "why",
            [
                "indicator is 'field/quiet'; accepted: field/attack: to move a report to another indicator, retract it",
            ],
        ),
        (
            Changes(value="half", grade="Z9", observed_on="2016-03-10", links="x", indicator="field/quiet"),
            "",
            ["grade is 'Z9'", "indicator is", "links is 'x'", "observed_on is '2016-03-10'", "reason is", "value is"],
        ),
    ],
)
def test_what_is_wrong_with_a_correction_is_told_at_once_and_nothing_is_recorded(
    ledger: MemoryLedger, changes: Changes, reason: str, said: list[str]
) -> None:
    """As of a new observation, the day after today included."""
    with pytest.raises(InvalidObservationError) as caught:
        _correct(ledger, changes, reason=reason)
    assert len(caught.value.problems) == len(said)
    assert all(str(problem).startswith(start) for problem, start in zip(caught.value.problems, said, strict=True))
    assert len(ledger.kept) == 1


def test_the_same_correction_again_is_known_also_after_a_further_one(ledger: MemoryLedger) -> None:
    """A client that did not hear the answer asks again; one that has something else to say hears of the conflict."""
    first = _correct(ledger, Changes(value="3"))
    again = _correct(ledger, Changes(value="3.0"), reason="in other words")
    assert (again.added, again.after.id) == (False, first.after.id)
    back = _correct(ledger, Changes(value="2"), name=first.after.id)  # to what it was: a third version, not the first
    assert back.added
    assert _correct(ledger, Changes(value="3")).added is False
    with pytest.raises(ConflictError):
        _correct(ledger, Changes(value="4"))


def test_a_retraction_withdraws_from_now_on(ledger: MemoryLedger) -> None:
    """It says again what is withdrawn, and by whom and why; twice is once."""
    done = _retract(ledger, reason=" an exercise ")
    assert done.added
    assert (done.after.withdrawn, done.after.supersedes, done.after.reason) == (True, _FIRST.id, "an exercise")
    assert (done.after.author, done.after.recorded_at, done.after.entered_at) == ("night analyst", _LATER, None)
    known = list(ledger.kept.values())
    assert effective(known, _LATER - timedelta(microseconds=1)) == (_FIRST,)
    assert effective(known, _LATER) == ()
    assert _retract(ledger).added is False


def test_a_retraction_needs_a_reason(ledger: MemoryLedger) -> None:
    """Whoever reads the ledger later wants to know."""
    with pytest.raises(InvalidObservationError, match="reason is ''; accepted: in words, why"):
        _retract(ledger, reason="")
    assert len(ledger.kept) == 1


def test_a_name_that_is_none_or_of_several_is_refused_with_what_would_do(ledger: MemoryLedger) -> None:
    """Nothing is guessed: too short, unknown, ambiguous (with the candidates), or of another theater."""
    twins = [replace(_FIRST, id=f"4f2a1c{last}", origin=last) for last in ("aa", "bb")]
    ledger.record([*twins, replace(_FIRST, id="0123456789", indicator="elsewhere/attack")])
    exact = replace(_FIRST, id="4f2a1caa0", origin="longer")
    ledger.record([exact])
    assert _retract(ledger, name="4f2a1caa").before == twins[0]
    for name, said in {
        _FIRST.id[:5]: "at least its first 6 characters",
        "ffffffff": "list them: tocsin ledger",
        "4f2a1c": r"only one id has, not one of several: 4f2a1caa \(field/attack on 2016-02-03: 2 at C3\); 4f2a1cbb",
        "0123456789": "0123456789 is of elsewhere/attack, which is none of it",
    }.items():
        with pytest.raises(InvalidObservationError, match=said):
            _retract(ledger, name=name)
