"""A rule that is written as a file would declare it is read as the same rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.catalog.alert_rule import ALERT_RULE_SHAPES, AnyAlertRuleFile, alert_rule_of
from tocsin.catalog.alert_rule_document import document_of
from tocsin.catalog.document import parse_document
from tocsin.catalog.shape import read_kind
from tocsin.domain.alert_rule import (
    CHANCES,
    ActiveHours,
    AlertRule,
    Certainty,
    Change,
    Direction,
    Level,
    Scale,
    Severity,
    SinceInstant,
    SinceNotice,
    SinceWindow,
    Staleness,
    Tripwire,
    Watched,
    tells_moves,
)
from tocsin.domain.odds import Status

_TIMELINE = full_theater().timeline
_WORDS = st.from_regex(r"\A[a-z][a-z0-9-]{0,9}\Z")
_SPANS = st.builds(
    lambda count, unit: timedelta(**{unit: count}),
    st.integers(1, 9_999),
    st.sampled_from(["minutes", "hours", "days", "weeks"]),
)
_NO_SPAN = st.just(timedelta(0))
_SHARES = st.floats(0.02, 0.98)
_DAYS = st.dates(date(2015, 1, 1), date(2030, 1, 1))
_TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
_BASELINES = st.one_of(
    st.just(SinceNotice()),
    st.builds(SinceWindow, _SPANS),
    st.builds(lambda day: SinceInstant(_TIMELINE.close_of(day - timedelta(days=1))), _DAYS),
)
_ODDS = st.one_of(
    st.builds(lambda at: Level("offensive", 30, at, at / 2), _SHARES),
    st.builds(Certainty, st.just("offensive"), st.just(30), _SHARES, st.sampled_from(CHANCES)),
    st.builds(
        Change,
        st.just("offensive"),
        st.just(30),
        _SHARES,
        st.sampled_from(Scale),
        st.sampled_from(Direction),
        _BASELINES,
        st.sampled_from([0.0, 0.02]),
    ),
)
_OTHER = st.one_of(
    st.builds(Staleness, st.just(Watched.FIT), st.just(""), _SPANS),
    st.builds(Staleness, st.just(Watched.FEED), _WORDS, _SPANS),
    st.builds(Staleness, st.just(Watched.INDICATOR), _WORDS, st.none()),
    st.builds(Tripwire, _WORDS, st.integers(1, 10_000), st.integers(1, 366)),
)
_ACTIVE = st.builds(ActiveHours, st.frozensets(st.integers(0, 6), min_size=1), _TIMES, _TIMES, st.just(_TIMELINE.zone))

_RINGING = [Status.FITTED, Status.LIVE, Status.PROVISIONAL, Status.REFIT_WANTED, Status.PRIOR_ONLY]


@st.composite
def _rules(draw: st.DrawFn) -> AlertRule:
    of_odds = draw(st.booleans())
    statuses = st.frozensets(st.sampled_from(_RINGING), min_size=1)
    escalates = draw(st.booleans())
    rule = AlertRule(
        id="rule",
        theater="full",
        title=draw(_WORDS),
        reason=draw(_WORDS),
        condition=draw(_ODDS if of_odds else _OTHER),
        severity=draw(st.sampled_from(Severity)),
        owner=draw(st.one_of(st.just(""), _WORDS)),
        destinations=tuple(draw(st.lists(_WORDS, max_size=2))),
        pending_for=draw(st.one_of(_NO_SPAN, _SPANS)),
        pending_publications=draw(st.integers(1, 100)),
        keep_firing_for=draw(st.one_of(_NO_SPAN, _SPANS)),
        escalate_after=draw(_SPANS) if escalates else None,
        escalates_to=tuple(draw(st.lists(_WORDS, min_size=1, max_size=2))) if escalates else (),
        repeat_every=draw(st.one_of(st.none(), _SPANS)),
        active=draw(st.one_of(st.none(), _ACTIVE)),
        inhibited_by=tuple(draw(st.lists(_WORDS, max_size=2))),
    )
    if tells_moves(rule.condition) and not rule.keep_firing_for:
        rule = replace(rule, keep_firing_for=timedelta(days=1))  # what it is where nothing is said
    return replace(rule, rings_on=draw(statuses), absent_after=draw(_SPANS)) if of_odds else rule


@given(_rules())
def test_a_rule_is_written_as_it_would_be_declared(rule: AlertRule) -> None:
    """Whatever kind it is, and by way of the text that a file would hold."""
    document, problems = parse_document("rule.yaml", json.dumps(document_of(rule, _TIMELINE)).encode())
    assert document is not None
    shaped = read_kind(document, ALERT_RULE_SHAPES, problems)
    assert problems == []
    assert alert_rule_of("full", "rule", cast("AnyAlertRuleFile", shaped), _TIMELINE) == rule
