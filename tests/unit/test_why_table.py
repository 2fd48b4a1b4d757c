from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from support.theaters import full_theater
from tocsin.cli.why_table import print_movements
from tocsin.domain.change import Cause
from tocsin.domain.met_rule import MetRule
from tocsin.domain.odds import Interval, Odds, Status
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.explain import Part
from tocsin.usecases.why import Movement

_SINCE = datetime(2016, 3, 7, 23, tzinfo=UTC)
_AS_OF = _SINCE + timedelta(days=3)
_BEFORE = Odds(
    scenario="coup",
    horizon_days=90,
    probability=0.046,
    interval50=Interval(0.03, 0.06),
    interval90=Interval(0.012, 0.098),
    prior=0.061,
    prior_driven=False,
    error=0.0031,
    words="very unlikely",
    warning=None,
    status=Status.FITTED,
    as_of=_SINCE,
    fit="00f1e2d3c4b5a697",
    age_seconds=0.0,
)
_AFTER = replace(
    _BEFORE,
    probability=0.45,
    interval90=Interval(0.04, 0.92),
    status=Status.LIVE,
    as_of=_AS_OF,
    age_seconds=timedelta(days=3).total_seconds(),
)
_NOISE = Part(Cause.NOISE, "", 0.001, guessed=False)


def _small(count: int) -> list[Part]:
    return [Part(Cause.REPORTED, f"field/{place}", 0.001, guessed=False) for place in range(count)]


def _printed(capsys: pytest.CaptureFixture[str], *parts: Part, before: Odds = _BEFORE, after: Odds = _AFTER) -> str:
    print_movements([Movement(before, after, parts, 0.04)], full_theater(), (_SINCE, _AS_OF))
    return capsys.readouterr().out


def test_both_odds_stand_with_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    """In the title, on one line."""
    assert "coup within 90 days: 4.6 % (1.2–9.8 %) → 45 % (4.0–92 %) (odds × 17)\n" in _printed(capsys, _NOISE)


def test_no_odds_stand_without_an_interval(capsys: pytest.CaptureFixture[str]) -> None:
    """What the parts would lead to one by one are nobody's odds: only the two ends have percents."""
    printed = _printed(capsys, *_small(2), Part(Cause.REPORTED, "field/attack", 2.8, guessed=False), _NOISE)
    (row,) = [line for line in printed.splitlines() if "field/attack reported" in line]
    assert row.split() == ["+2.80", "16", "field/attack", "reported"]


@pytest.mark.parametrize(("count", "said"), [(1, "1 other, under 0.02"), (2, "2 others, each under 0.02")])
def test_small_parts_are_one_line(capsys: pytest.CaptureFixture[str], count: int, said: str) -> None:
    """In the singular where it is one."""
    assert f"{said} " in _printed(capsys, *_small(count), _NOISE)


def test_a_refit_is_a_line_of_its_own_however_little_it_moved(capsys: pytest.CaptureFixture[str]) -> None:
    """With its reason, which also stands in the note that says which fit to run."""
    refit = Part(Cause.REFIT, "too much has come in since the fit", 0.0, guessed=False)
    printed = _printed(capsys, *_small(2), refit, after=replace(_AFTER, status=Status.REFIT_WANTED))
    assert "refit: too much has come in since the fit" in printed
    assert "2 others" in printed
    assert "! refit wanted now: these are the odds of the fit's own instant, as too much has come in since" in printed
    assert "run: tocsin fit " in printed
    assert "refit wanted then" not in printed


def test_provisional_odds_are_told_of_the_side_that_they_are_on(capsys: pytest.CaptureFixture[str]) -> None:
    """With the fit that would better them."""
    printed = _printed(capsys, _NOISE, before=replace(_BEFORE, status=Status.PROVISIONAL))
    assert "! provisional then: " in printed
    assert "provisional now" not in printed


@pytest.mark.parametrize(
    ("fit", "said"), [(_BEFORE.fit, "(the same draws told both)"), ("b5a69700f1e2d3c4", "(typically ± 0.04)")]
)
def test_noise_has_a_size_only_between_two_fits(capsys: pytest.CaptureFixture[str], fit: str, said: str) -> None:
    """Odds of the same draws do not differ by chance."""
    assert f"Monte Carlo noise {said}" in _printed(capsys, _NOISE, after=replace(_AFTER, fit=fit))


def test_each_side_has_its_status_fit_and_age(capsys: pytest.CaptureFixture[str]) -> None:
    """The age runs from the fit's instant to the one asked about."""
    printed = _printed(capsys, _NOISE)
    assert "status then: fitted · fit 00f1e2d3c4b5a697 of the end of 2016-03-07, 0 s before" in printed
    assert "status now: live · fit 00f1e2d3c4b5a697 of the end of 2016-03-07, 3 d 0 h before" in printed
    assert "odds as of the end of 2016-03-10" in printed


def test_a_rule_that_was_met_and_factors_beyond_sense_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """What moved the odds up to certainty is not a factor of millions."""
    met = MetRule(Threshold("field/attack", 6, 8), 6, date(2016, 3, 7))
    parts = (Part(Cause.REPORTED, "field/attack", 15.2, guessed=False), _NOISE)
    certain = replace(_AFTER, probability=0.9999999)
    print_movements([Movement(_BEFORE, certain, parts, 0.04, met)], full_theater(), (_SINCE, _AS_OF))
    printed = capsys.readouterr().out
    assert "(odds × >1000)" in printed
    assert "   +15.20   >1000  " in printed
    assert "coup is no forecast any more: its rule has been met since the week of 2016-03-07 (" in printed


@pytest.mark.parametrize("driven", [True, False])
def test_prior_driven_odds_are_marked(capsys: pytest.CaptureFixture[str], *, driven: bool) -> None:
    """And what the mark means is said where it is used."""
    printed = _printed(capsys, _NOISE, after=replace(_AFTER, prior_driven=driven))
    assert ("coup ‡ within 90 days" in printed) is driven
    assert ("‡ prior-driven: " in printed) is driven
