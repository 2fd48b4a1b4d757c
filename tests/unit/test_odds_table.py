import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.cli.odds_table import odds_json, print_reading
from tocsin.domain.figures import percent
from tocsin.domain.fit import Fit
from tocsin.domain.met_rule import MetRule
from tocsin.domain.odds import Interval, Odds, Status
from tocsin.domain.scenario import Threshold
from tocsin.domain.timeline import Step
from tocsin.usecases.read_odds import Reading

_AS_OF = datetime(2016, 3, 8, 23, tzinfo=UTC)
_ODDS = Odds(
    scenario="coup",
    horizon_days=90,
    probability=0.2345678901234567,
    interval50=Interval(0.17, 0.29),
    interval90=Interval(0.08, 0.43),
    prior=0.061,
    prior_driven=True,
    error=0.0031,
    words="unlikely",
    warning="interval reaches from very unlikely to unlikely",
    status=Status.REFIT_WANTED,
    as_of=_AS_OF,
    fit="00f1e2d3c4b5a697",
    age_seconds=267_000.5,
)


def _reading(*odds: Odds) -> Reading:
    fit = Fit(_ODDS.fit, "tunisia", _AS_OF, _AS_OF, "", "", "", 1, None, (), (), "", 0.0, 0.0)
    return Reading(fit, odds, (), _AS_OF, None, {}, {})


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "<0.01 %"),
        (0.0042, "0.42 %"),
        (0.0099, "0.99 %"),
        (0.01, "1.0 %"),
        (0.0456, "4.6 %"),
        (0.07, "7.0 %"),
        (0.0994, "9.9 %"),
        (0.1, "10 %"),
        (0.29, "29 %"),
        (0.42, "42 %"),
        (0.9849, "98 %"),
        (0.99, "99 %"),
        (0.991, "99.10 %"),
        (0.9996, "99.96 %"),
        (1.0, ">99.99 %"),
    ],
)
def test_a_probability_is_finer_toward_the_ends_of_the_scale(probability: float, shown: str) -> None:
    """Whole percents in the middle, hundredths of a percent at the ends."""
    assert percent(probability) == shown


def _shown(probability: float) -> float:
    return float(percent(probability).removesuffix(" %").lstrip("<>"))


@given(st.floats(0, 1))
def test_what_is_shown_is_off_by_at_most_half_of_its_last_place(probability: float) -> None:
    """Half a percent, a twentieth or a two-hundredth; the rest is the rounding of doubles; the very ends are bounds."""
    if percent(probability)[0] in "<>":
        assert min(probability, 1 - probability) < 1e-4
        return
    places = len(percent(probability).removesuffix(" %").partition(".")[2])
    assert abs(_shown(probability) - 100 * probability) <= 0.5 * 10**-places + 1e-9


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_is_never_shown_as_a_lower_one(one: float, other: float) -> None:
    """Also across the places where the precision changes."""
    low, high = sorted((one, other))
    assert _shown(low) <= _shown(high)


def test_json_has_exactly_the_promised_keys_in_their_order() -> None:
    """A program reads them by name; what is added or dropped is a change of the interface."""
    (found,) = json.loads(odds_json(_reading(_ODDS)))
    assert list(found) == [
        "scenario",
        "horizon_days",
        "probability",
        "interval50",
        "interval90",
        "prior",
        "prior_driven",
        "error",
        "words",
        "warning",
        "status",
        "as_of",
        "fit",
        "age_seconds",
        "rule_met",
    ]


def test_json_holds_the_numbers_themselves_and_not_their_roundings() -> None:
    """Each under its own key, the instant in UTC."""
    (found,) = json.loads(odds_json(_reading(_ODDS)))
    assert found == {
        "scenario": "coup",
        "horizon_days": 90,
        "probability": 0.2345678901234567,
        "interval50": {"low": 0.17, "high": 0.29},
        "interval90": {"low": 0.08, "high": 0.43},
        "prior": 0.061,
        "prior_driven": True,
        "error": _ODDS.error,
        "words": "unlikely",
        "warning": "interval reaches from very unlikely to unlikely",
        "status": "refit wanted",
        "as_of": "2016-03-08T23:00:00Z",
        "fit": "00f1e2d3c4b5a697",
        "age_seconds": 267_000.5,
        "rule_met": None,
    }


_MET = {"coup": MetRule(Threshold("field/attack", 6, 8), 7, date(2016, 3, 7))}


def test_a_rule_that_is_met_already_is_told_in_json() -> None:
    """With what was needed, what was counted and since when; the probability stays what it is."""
    (found,) = json.loads(odds_json(replace(_reading(_ODDS), met=_MET)))
    assert found["rule_met"] == {
        "indicator": "field/attack",
        "at_least": 6,
        "within_steps": 8,
        "counted": 7,
        "since": "2016-03-07",
    }
    assert found["probability"] == _ODDS.probability


@pytest.mark.parametrize(
    ("step", "since", "spans"),
    [(Step.WEEK, "the week of 2016-03-07", "8 weeks"), (Step.DAY, "2016-03-07", "8 days")],
)
def test_a_rule_that_is_met_already_is_told_in_place_of_the_words(
    capsys: pytest.CaptureFixture[str], step: Step, since: str, spans: str
) -> None:
    """Nearly certain is a forecast; and how many times the prior's odds that is, says nothing in seven digits."""
    theater = full_theater()
    theater = replace(theater, timeline=replace(theater.timeline, step=step))
    certain = replace(_ODDS, probability=0.9999999, words="almost certain")
    print_reading(replace(_reading(certain), met=_MET), theater)
    printed = capsys.readouterr().out
    assert (
        f"coup is no forecast any more: its rule has been met since {since} (6 field/attack within {spans}; counted 7)"
    ) in printed
    row = next(line for line in printed.splitlines() if "coup ‡" in line)
    assert row.split()[-5:] == ["rule", "met", "6.1", "%", ">1000"]
    assert "almost certain" not in printed


def test_prior_only_odds_say_that_no_observation_was_known(capsys: pytest.CaptureFixture[str]) -> None:
    """And how far back none was: a ledger may be full of older ones."""
    print_reading(_reading(replace(_ODDS, status=Status.PRIOR_ONLY)), full_theater())
    assert (
        "! prior only: no observation of the 30 weeks up to then is known, so these are the declared ranges alone\n"
    ) in capsys.readouterr().out


def test_json_keeps_the_order_of_the_odds() -> None:
    """By scenario as declared, then by horizon."""
    reading = _reading(_ODDS, replace(_ODDS, horizon_days=180), replace(_ODDS, scenario="border-offensive"))
    found = [(item["scenario"], item["horizon_days"]) for item in json.loads(odds_json(reading))]
    assert found == [("coup", 90), ("coup", 180), ("border-offensive", 90)]
    assert json.loads(odds_json(_reading())) == []


@pytest.mark.parametrize("driven", [True, False])
def test_prior_driven_odds_carry_a_mark_and_a_line_that_says_what_it_means(
    capsys: pytest.CaptureFixture[str], *, driven: bool
) -> None:
    """On the scenario, once; and no such line where nothing is marked."""
    print_reading(_reading(replace(_ODDS, prior_driven=driven)), full_theater())
    printed = capsys.readouterr().out
    assert ("coup ‡" in printed) is driven
    assert ("‡ prior-driven: slightly other declared ranges would move" in printed) is driven


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            Status.REFIT_WANTED,
            "! refit wanted: these are the odds of the fit's own instant, as the files have changed; ",
        ),
        (Status.PROVISIONAL, "! provisional: so much has come in since the fit that these rest on few of its draws; "),
        (Status.LIVE, None),
    ],
)
def test_odds_that_a_refit_would_better_say_so(
    capsys: pytest.CaptureFixture[str], status: Status, said: str | None
) -> None:
    """With the command to run; others have no such line."""
    print_reading(replace(_reading(replace(_ODDS, status=status)), reason="the files have changed"), full_theater())
    printed = capsys.readouterr().out
    assert ("run: tocsin fit" in printed) is (said is not None)
    assert (said or "status: live") in printed


@pytest.mark.parametrize(("window", "said"), [(20, "the last 20 weeks"), (156, "the last 52 weeks")])
def test_what_counted_most_goes_back_as_far_as_pressure_is_kept(
    capsys: pytest.CaptureFixture[str], window: int, said: str
) -> None:
    """In the theater's own steps, and never further than its window."""
    theater = full_theater()
    theater = replace(theater, timeline=replace(theater.timeline, step=Step.WEEK, window=window))
    print_reading(replace(_reading(_ODDS), counted_most={"coup": ()}), theater)
    assert f"counted most in {said} (" in capsys.readouterr().out


def test_the_prior_says_where_its_interval_is(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no room for a second one in the table."""
    print_reading(_reading(_ODDS), full_theater())
    assert (
        "prior: the mean before any evidence; with its own 90 %: tocsin check full --prior\n" in capsys.readouterr().out
    )
