"""The odds as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.cli.instants import show_age, show_instant
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.theater import Theater
from tocsin.domain.wording import likelihood_words
from tocsin.ensemble.influence import Influence
from tocsin.usecases.read_odds import Reading

_HEADINGS = ("scenario", "days", "odds", "90 %", "words", "prior", "× odds")
_NUMBERS = {"days", "odds", "prior", "× odds"}
_SHOWN_REASONS = 3
_NOTABLE = 0.05  # log-odds: less is not worth an officer's glance
_WIDEST = 200


def marked(odds: Odds) -> str:
    """The scenario, with a mark where its odds are prior-driven."""
    return f"{odds.scenario} ‡" if odds.prior_driven else odds.scenario


def mark_lines(stated: Sequence[Odds]) -> list[str]:
    """What the mark means, where it is used."""
    if not any(item.prior_driven for item in stated):
        return []
    return ["‡ prior-driven: slightly other declared ranges would move these odds as much as all the evidence has"]


def odds_object(odds: Odds) -> dict[str, object]:
    """One scenario and horizon as a plain object."""
    return {
        "scenario": odds.scenario,
        "horizon_days": odds.horizon_days,
        "probability": odds.probability,
        "interval50": [odds.interval50.low, odds.interval50.high],
        "interval90": [odds.interval90.low, odds.interval90.high],
        "prior": odds.prior,
        "prior_driven": odds.prior_driven,
        "words": odds.words,
        "status": odds.status.value,
        "as_of": odds.as_of.isoformat(),
        "fit": odds.fit,
        "age_seconds": odds.age_seconds,
    }


def odds_json(reading: Reading) -> str:
    """The odds list as JSON: one object a scenario and horizon."""
    return json.dumps(odds_objects(reading), indent=2)


def odds_objects(reading: Reading) -> list[dict[str, object]]:
    """The odds as plain objects, one a scenario and horizon."""
    return [odds_object(item) for item in reading.odds]


def factor(probability: float, before: float) -> str:
    """By how much the odds of one probability exceed those of another, for people."""
    return _times(_odds(probability) / _odds(before))


def print_reading(reading: Reading, theater: Theater) -> None:
    """The odds table, what counted most, the joint odds, and what to know before quoting a number."""
    console = Console(soft_wrap=True, highlight=False)
    as_of = show_instant(reading.odds[0].as_of, theater.timeline)
    table = Table(
        title=f"{theater.title}: odds as of {as_of}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", no_wrap=True)
    for _, stated in groupby(reading.odds, key=lambda item: item.scenario):
        rows = list(stated)
        for row, item in enumerate(rows):
            table.add_row(
                "" if row else marked(item),
                str(item.horizon_days),
                percent(item.probability),
                _interval(item.interval90) + ("" if _inside(item) else " †"),
                _words(item),
                percent(item.prior),
                factor(item.probability, item.prior),
                end_section=row == len(rows) - 1,
            )
    # A number cut short is worse than a line that wraps.
    console.width = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    console.print(table)
    for line in (*_notes(reading, theater), *_reason_lines(reading), *_joint_lines(reading.joint, theater)):
        console.print(line)


def _inside(odds: Odds) -> bool:
    return odds.interval90.low <= odds.probability <= odds.interval90.high


def _words(odds: Odds) -> str:
    """The words, and in parentheses those that the interval reaches to."""
    low, high = likelihood_words(odds.interval90.low), likelihood_words(odds.interval90.high)
    return odds.words if low == high else f"{odds.words} ({low} to {high})"


def _odds(probability: float) -> float:
    return probability / (1.0 - probability)


def _times(factor: float) -> str:
    """A factor for people.

    >>> _times(19.4), _times(0.13), _times(330.0), _times(2.9e-5)
    ('19', '0.13', '330', '1/34000')
    """
    if factor >= 100:  # noqa: PLR2004 - two figures would turn to powers of ten here
        return f"{float(f'{factor:.2g}'):.0f}"
    return f"{factor:.2g}" if factor >= 0.01 else f"1/{float(f'{1 / factor:.2g}'):.0f}"  # noqa: PLR2004 - as above


def percent(probability: float) -> str:
    """A probability for people: two figures at the ends of the scale, whole percents between, never 0 or 100.

    >>> percent(0.0042), percent(0.42), percent(0.9996), percent(1e-9)
    ('0.42 %', '42 %', '99.96 %', '<0.01 %')
    """
    value = 100 * probability
    distance = min(value, 100 - value)
    if distance < 0.01:  # noqa: PLR2004 - no finer figure is worth its space
        return "<0.01 %" if value < 50 else ">99.99 %"  # noqa: PLR2004 - whichever end is near
    if distance < 0.995:  # noqa: PLR2004 - what rounds to less than 1.0
        return f"{value:.2f} %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"  # noqa: PLR2004 - what rounds to less than 10


def _interval(interval: Interval) -> str:
    return f"{percent(interval.low)[:-2]}–{percent(interval.high)}"


def _reason_lines(reading: Reading) -> list[str]:
    """One line a scenario: what multiplied its longest-horizon odds most, by taking it away again."""
    lines = []
    for name, found in reading.counted_most.items():
        reasons = [_reason(item) for item in found if abs(item.change) >= _NOTABLE][:_SHOWN_REASONS]
        lines.append(f"  {name}: {', '.join(reasons) or 'nothing recent'}")
    head = "counted most in the last 52 steps (what it multiplied the odds by; ? where that can only be guessed):"
    return ["", head, *lines] if lines else []


def _reason(influence: Influence) -> str:
    what = influence.indicator.rsplit("/", maxsplit=1)[-1]
    guess = "?" if influence.beyond_reach else ""
    return f"{what}{' unseen' if influence.silent else ''} ×{_times(math.exp(influence.change))}{guess}"


def _notes(reading: Reading, theater: Theater) -> list[str]:
    first = reading.odds[0]
    error = max(item.error for item in reading.odds)
    lines = []
    refit = f"run: tocsin fit {theater.id} --as-of {theater.timeline.name_instant(reading.asked)}"
    if first.status is Status.REFIT_WANTED:
        lines.append(f"! refit wanted: these are the odds of the fit's own instant, as {reading.reason}; {refit}")
    if first.status is Status.PROVISIONAL:
        lines.append(f"! provisional: so much has come in since the fit that these rest on few of its draws; {refit}")
    lines += [
        (
            f"status: {first.status} · fit {reading.fit.id} of {show_instant(reading.fit.as_of, theater.timeline)}, "
            f"{show_age(first.age_seconds)} before the instant asked · Monte Carlo error up to {error * 100:.2f} points"
        ),
        "odds: the mean; 90 %: where the probability itself may lie, given what is uncertain about the present",
        "words: ICD 203, in parentheses those that the 90 % reaches to; × odds: how many times the prior's odds",
    ]
    if not all(_inside(item) for item in reading.odds):
        lines.append("† the mean lies outside its interval: few possibilities carry most of it")
    return [*lines, *mark_lines(reading.odds)]


def _joint_lines(pairs: Sequence[JointOdds], theater: Theater) -> list[str]:
    """One line a coupling: what its source's occurrence would make of its target."""
    coupled = {(coupling.target, coupling.source) for coupling in theater.couplings}
    lines = [
        f"  if {pair.second} happens within {pair.horizon_days} days, so does {pair.first}: {percent(pair.given)}"
        for pair in pairs
        if pair.given is not None and (pair.first, pair.second) in coupled
    ]
    return ["", "together:", *lines] if lines else []
