"""Publications as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import typer

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.figures import interval, percent
from tocsin.domain.instants import show_age, show_instant, write_instant
from tocsin.domain.publication import Publication, StatedOdds
from tocsin.domain.resolution import Resolution, Window, WindowKey
from tocsin.domain.scenario import Scenario
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Timeline

type Outcomes = Mapping[WindowKey, Resolution]

_HEADINGS = ("no.", "stated", "days", "until", "odds", "90 %", "words", "status", "age", "why", "outcome")
_LEFT = {"stated", "until", "90 %", "words", "status", "age", "why", "outcome"}


def outcomes_of(windows: Mapping[WindowKey, Window], settled: Mapping[WindowKey, Resolution]) -> dict[int, Outcomes]:
    """How windows stand settled, by the number of the publication that is scored for them."""
    found: dict[int, dict[WindowKey, Resolution]] = {}
    for key, window in windows.items():
        if key in settled:
            found.setdefault(window.publication, {})[key] = settled[key]
    return dict(found)


def publication_object(item: Publication, outcomes: Outcomes) -> dict[str, object]:
    """A publication as a plain object, with the outcome of each window that it opened."""
    return {
        "number": item.number,
        "theater": item.theater,
        "stated_at": write_instant(item.stated_at),
        "as_of": write_instant(item.as_of),
        "fit": item.fit,
        "age_seconds": item.age_seconds,
        "evidence": item.evidence,
        "status": item.status.value,
        "reason": item.reason,
        "note": item.note,
        "opens_on": item.opens_on.isoformat(),
        "foresight": item.foresight,
        "previous": item.previous,
        "sha256": item.sha256,
        "odds": [_odds_object(item, odds, outcomes) for odds in item.odds],
    }


def _odds_object(item: Publication, odds: StatedOdds, outcomes: Outcomes) -> dict[str, object]:
    resolution = _outcome(item, odds, outcomes)
    return {
        "scenario": odds.scenario,
        "horizon_days": odds.horizon_days,
        "closes_on": odds.closes_on.isoformat(),
        "probability": odds.probability,
        "interval50": asdict(odds.interval50),
        "interval90": asdict(odds.interval90),
        "prior": odds.prior,
        "prior_driven": odds.prior_driven,
        "error": odds.error,
        "words": odds.words,
        "rule": odds.rule,
        "outcome": None if resolution is None else resolution.outcome.value,
    }


def _outcome(item: Publication, odds: StatedOdds, outcomes: Outcomes) -> Resolution | None:
    return outcomes.get((item.theater, odds.scenario, item.opens_on, odds.horizon_days))


def publication_title(item: Publication, timeline: Timeline) -> str:
    """A publication in one line: number, instants, fit, status and age."""
    of = "" if item.as_of == item.stated_at else f", the odds of {show_instant(item.as_of, timeline)}"
    head = f"{item.number}, stated {show_instant(item.stated_at, timeline)}{of}: {item.status}"
    return f"{head}, fit {item.fit} with an age of {show_age(item.age_seconds)}, because: {item.reason}"


def print_history(
    theater: Theater,
    scenarios: Sequence[Scenario],
    publications: Sequence[Publication],
    outcomes: Mapping[int, Outcomes],
    notes: Iterable[str],
) -> None:
    """A table for each scenario, oldest statement first."""
    for scenario in scenarios:
        table = start_table(_HEADINGS, left=_LEFT)
        for item in publications:
            for odds in item.odds:
                if odds.scenario == scenario.id:
                    table.add_row(*_cells(item, odds, theater.timeline, outcomes.get(item.number, {})))
        if table.row_count:
            print_table(f"{scenario.id}: {scenario.title}", table)
    for note in notes:
        typer.echo(note)


def _cells(item: Publication, odds: StatedOdds, timeline: Timeline, outcomes: Outcomes) -> tuple[str, ...]:
    resolution = _outcome(item, odds, outcomes)
    return (
        str(item.number),
        show_instant(item.stated_at, timeline),
        str(odds.horizon_days),
        str(odds.closes_on),
        percent(odds.probability),
        interval(odds.interval90.low, odds.interval90.high),
        odds.words,
        item.status.value,
        show_age(item.age_seconds),
        item.reason,
        "" if resolution is None else f"{resolution.outcome} ({resolution.how})",
    )
