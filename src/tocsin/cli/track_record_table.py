"""Track records of links and sources as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.figures import times
from tocsin.domain.instants import show_instant
from tocsin.domain.link_record import AHEAD_DAYS, LinkRecord
from tocsin.domain.proportion import Proportion
from tocsin.domain.source_record import SourceRecord
from tocsin.domain.theater import Theater
from tocsin.usecases.track_links import TrackedLinks

_NOTHING = "–"


def links_json(tracked: TrackedLinks) -> str:
    """The links as JSON, one object each."""
    objects = []
    for item in tracked.links:
        low, high = item.declared
        objects.append(asdict(item) | {"declared": {"low": low, "high": high}})
    return json.dumps(objects, indent=2)


def sources_json(records: Sequence[SourceRecord]) -> str:
    """The sources as JSON, one object each."""
    return json.dumps([asdict(item) for item in records], indent=2)


def print_links(theater: Theater, tracked: TrackedLinks, as_of: datetime) -> None:
    """A row for each link, and how to read it."""
    headings = ("scenario", "indicator", "declared", "learned", "kept", "verdict", "seen before", "seen otherwise")
    table = start_table(headings, left={"scenario", "indicator", "declared", "learned", "verdict"})
    before = ""
    for item in tracked.links:
        table.add_row("" if item.scenario == before else item.scenario, item.indicator, *_link_cells(item))
        before = item.scenario
    fit = tracked.fit
    of = (
        f"no fit of the declared files is known; run: tocsin fit {theater.id}"
        if fit is None
        else f"learned: by fit {fit.id} of {show_instant(fit.as_of, theater.timeline)}, median and 90 %"
    )
    notes = [
        of,
        "declared: by what factor when developing, 90 %; with a sign: a measure's shift in baseline spreads",
        "kept: how much of the declared range's width is left",
        f"seen before: in how many {theater.timeline.step}s with an occurrence or up to {AHEAD_DAYS} days before one",
        "*: the scenario's own rule counts the indicator, so that it comes before an occurrence by definition",
        "nothing follows from this by itself: whoever keeps the ranges may change them",
    ]
    title = f"{theater.title}: links and what was observed, as of {show_instant(as_of, theater.timeline)}"
    print_table(title, table, notes)


def _link_cells(item: LinkRecord) -> tuple[str, ...]:
    show, sign = (_shift, "") if item.shift else (times, "×")
    low, high = item.declared
    learned = (
        _NOTHING
        if item.learned is None
        else f"{sign}{show(item.learned.median)} ({show(item.learned.low)} to {show(item.learned.high)})"
    )
    return (
        f"{sign}{show(low)} to {show(high)}",
        learned,
        _NOTHING if item.kept is None else f"{100 * item.kept:.0f} %",
        item.verdict.value,
        _seen(item.before) + ("*" if item.own_rule else ""),
        _seen(item.otherwise),
    )


def _shift(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _seen(item: Proportion | None) -> str:
    return _NOTHING if item is None else f"{item.hits}/{item.cases}"


def print_sources(theater: Theater, records: Sequence[SourceRecord], as_of: datetime) -> None:
    """A row for each source, and how to read it."""
    headings = (
        "source",
        "reports",
        "retracted",
        "corrected",
        "overruled",
        "contradicted",
        "confirmed",
        "stood",
        "90 %",
        "right of tested",
        "90 % ",
    )
    table = start_table(headings, left={"source", "90 %", "90 % "})
    for item in records:
        table.add_row(
            item.source or "(none named)",
            *map(
                str,
                (item.reports, item.retracted, item.corrected, item.overruled, item.contradicted, item.confirmed),
            ),
            *_share(item.stood),
            *_share(item.right),
        )
    notes = [
        "stood: the share of all reports not found wrong, an upper bound: most are never tested",
        "confirmed: an independent trusted origin says the same of the day, or it met the rule of a window settled yes",
        "contradicted: two independent trusted origins say otherwise of the day; overruled: judged no by a person",
        "nothing follows from this by itself: grades stay as they are given",
    ]
    title = f"{theater.title}: what became of reports, as of {show_instant(as_of, theater.timeline)}"
    print_table(title, table, notes if records else ["no report is known"])


def _whole(value: float) -> str:
    """In whole percents: a share of cases may be none or all of them."""
    return f"{100 * value:.0f} %"


def _share(item: Proportion | None) -> tuple[str, str]:
    return (_NOTHING, _NOTHING) if item is None else (_whole(item.share), f"{_whole(item.low)}–{_whole(item.high)}")
