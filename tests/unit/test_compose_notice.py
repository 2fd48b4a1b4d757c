"""What a notice says."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from support.alerts import LEVEL, START, alert_rule
from support.publications import stated_odds, statement
from support.theaters import full_theater
from tocsin.domain.alert import Alert, Phase, Reading, Sign
from tocsin.domain.alert_rule import (
    Certainty,
    Change,
    Direction,
    Scale,
    Severity,
    SinceInstant,
    SinceNotice,
    SinceWindow,
    Tripwire,
)
from tocsin.domain.change import Cause
from tocsin.domain.notice import Notice, NoticeKind
from tocsin.domain.odds import Interval
from tocsin.ensemble.explain import Part
from tocsin.usecases.alert_ports import Occasion
from tocsin.usecases.compose_notice import compose_notice

_ODDS = (
    "Odds of offensive within 30 days, through 2016-04-07: 31.2 % (roughly even chance), from 18.3 % (very unlikely)."
)
_AHEAD = (
    "What would change this most: up with more of field/attack or field/price, down with more of field/alert; the "
    "other way where somebody looks and sees less."
)
_NOTICE = Notice("n1", NoticeKind.FIRED, 2, START)
_BEFORE = statement(odds=(stated_odds(probability=0.183, words="very unlikely"),))
_NOW = statement(
    odds=(
        stated_odds(
            probability=0.312,
            words="roughly even chance",
            interval50=Interval(0.25, 0.37),
            interval90=Interval(0.1, 0.55),
        ),
    ),
    stated_at=START,
    fitted_as_of=START - timedelta(hours=7),
)
_OCCASION = Occasion(
    theater=full_theater(),
    rule=alert_rule(title="Offensive <near>", reason="Close the pass & tell the governor.", severity=Severity.CRITICAL),
    alert=Alert(Phase.FIRING, START, episode=2),
    notice=_NOTICE,
    reading=Reading(Sign.MET, "at or above the line", 12, 0.312, 0.3, 0.004),
    publication=replace(_NOW, number=12),
    before=_BEFORE,
)


def test_a_notice_says_what_crossed_what_from_what_and_how_sure_it_is() -> None:
    """In the words of ICD 203 and in numbers; likelihood and how sure it is in sentences of their own."""
    text = compose_notice(_OCCASION).text
    assert text.splitlines() == [
        "critical: Offensive <near>: fires",
        "What rings: odds at or above 30.0 %, until they are at or below 25.0 %.",
        "What was read: at or above the line.",
        _ODDS,
        "Interval: 50 % from 25.0 % to 37.0 %, 90 % from 10.0 % to 55.0 %; Monte Carlo error 0.4 points.",
        "Stated at 2016-03-09 06:00 UTC, publication 12; live, from a fit 7 h 0 min old.",
        _AHEAD,
        "Alert: firing since 2016-03-09 06:00 UTC, number 2.",
        "Why you are told: Close the pass & tell the governor.",
        "Rule rule of theater full; notice n1.",
    ]


def test_a_notice_is_the_same_for_readers_programs_and_the_next_attempt() -> None:
    """With its own id; what people wrote is no markup."""
    message = compose_notice(_OCCASION)
    assert message == compose_notice(_OCCASION)
    assert (message.id, message.at, message.subject) == ("n1", START, message.text.splitlines()[0])
    assert "Offensive &lt;near&gt;" in message.html
    assert "the pass &amp; tell" in message.html
    assert "<near>" not in message.html
    odds = message.data["odds"]
    assert isinstance(odds, dict)
    assert (odds["probability"], odds["before"], odds["publication"], odds["status"]) == (0.312, 0.183, 12, "live")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Certainty("offensive", 30, 0.2, 0.95), "a chance of 95.0 % or more that the odds are above 20.0 %"),
        (
            Change("offensive", 30, 0.05, Scale.POINTS, Direction.UP, SinceWindow(timedelta(days=7))),
            "a rise of the odds by 5 points or more within 7 d 0 h",
        ),
        (
            Change("offensive", 30, 0.7, Scale.LOG_ODDS, Direction.DOWN, SinceInstant(START)),
            "a fall of the odds by 0.7 log-odds or more since 2016-03-09 06:00 UTC",
        ),
        (
            Change("offensive", 30, 0.025, Scale.POINTS, Direction.EITHER, SinceNotice()),
            "a move of the odds by 2.5 points or more since the last notice",
        ),
        (
            Change("offensive", 30, 0.7, Scale.LOG_ODDS, Direction.UP, SinceNotice(), floor=0.02),
            "a rise of the odds by 0.7 log-odds or more since the last notice, to or from 2.0 % or more",
        ),
        (replace(LEVEL, at=0.005, clear_at=0.001), "odds at or above 0.5 %, until they are at or below 0.1 %"),
    ],
)
def test_what_rings_is_said_in_words(condition: object, said: str) -> None:
    """Each kind of condition on odds."""
    rule = replace(_OCCASION.rule, condition=condition)  # type: ignore[arg-type]
    assert f"What rings: {said}." in compose_notice(replace(_OCCASION, rule=rule)).text


def test_a_notice_of_no_odds_states_none() -> None:
    """A tripwire says what was counted; what could not be read is left out."""
    rule = replace(_OCCASION.rule, condition=Tripwire("field/attack", 3, 7), owner="watch")
    reading = Reading(Sign.MET, "3 counted within 7 days, 3 ring", 1, 3.0, 3.0)
    bare = replace(_OCCASION, rule=rule, reading=reading, publication=None, before=None)
    message = compose_notice(bare)
    assert "What was read: 3 counted within 7 days, 3 ring." in message.text
    assert "Owner: watch" in message.text
    assert "Odds" not in message.text
    assert "odds" not in message.data
    unread = compose_notice(replace(bare, reading=None))
    assert "What was read" not in unread.text
    assert "reading" not in unread.data


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_notice_has_its_headline(kind: NoticeKind) -> None:
    """No two share one."""
    subjects = {
        other: compose_notice(replace(_OCCASION, notice=replace(_NOTICE, kind=other))).subject for other in NoticeKind
    }
    assert [other for other, said in subjects.items() if said == subjects[kind]] == [kind]


def test_the_first_statement_came_from_nothing() -> None:
    """No earlier odds are made up."""
    first = compose_notice(replace(_OCCASION, before=None))
    assert "31.2 % (roughly even chance)." in first.text
    other = replace(_OCCASION, before=statement(odds=(stated_odds("coup"),)))
    assert "31.2 % (roughly even chance)." in compose_notice(other).text


def test_a_notice_says_what_moved_the_odds_who_is_asked_and_where_to_look() -> None:
    """Each part by what it multiplied the odds by; a guess is called one. What could not be told is said so."""
    parts = (
        Part(Cause.REPORTED, "field/attack", math.log(2.5), guessed=False),
        Part(Cause.UNSEEN, "field/alert", math.log(0.8), guessed=True),
    )
    moved = replace(_OCCASION, moved=parts, assigned_to="ada")
    message = compose_notice(moved, "https://tocsin.example")
    lines = message.text.splitlines()
    assert "Why they moved: field/attack reported (odds × 2.5); field/alert not seen (odds × 0.8, a guess)." in lines
    assert "Asked to take it up: ada" in lines
    assert lines[-1] == "See: https://tocsin.example/api/v1/alerts/full/rule"
    assert '<a href="https://tocsin.example/api/v1/alerts/full/rule">' in message.html
    assert message.data["link"] == "https://tocsin.example/api/v1/alerts/full/rule"
    assert message.data["odds"]["moved"][0] == {  # type: ignore[index]
        "cause": "reported", "subject": "field/attack", "log_odds": math.log(2.5), "guessed": False,
    }  # fmt: skip
    untold = compose_notice(replace(_OCCASION, moved=None))
    assert "Why they moved could not be told" in untold.text
    assert untold.data["odds"]["moved"] is None  # type: ignore[index]
    assert "See: " not in untold.text
