"""A part of the ledger as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.domain.instants import show_instant, write_instant
from tocsin.domain.observation import State
from tocsin.domain.origin import Sources
from tocsin.domain.theater import Theater
from tocsin.usecases.list_ledger import Entry, Listing

_WIDEST = 400
_NUMBERS = {"value", "trust", "reports", "origins", "effective"}


def listing_json(listing: Listing, theater: Theater) -> str:
    """The listing as one JSON object: its instant, observations, and sources by indicator and step."""
    return json.dumps(
        {
            "theater": theater.id,
            "as_of": write_instant(listing.as_of),
            "observations": [_entry_object(entry, theater) for entry in listing.entries],
            "sources": [_sources_object(item, theater) for item in listing.sources],
        },
        indent=2,
    )


def _entry_object(entry: Entry, theater: Theater) -> dict[str, object]:
    item = entry.observation
    return {
        "id": item.id,
        "observed_on": item.observed_on.isoformat(),
        "through": None if item.through is None else item.through.isoformat(),
        "indicator": item.indicator,
        "value": item.value,
        "grade": str(item.grade),
        "trust": theater.grades.trust(item.grade),
        "origin": item.origin,
        "summary": item.summary,
        "source": item.source,
        "coverage": item.coverage,
        "links": list(item.links),
        "known_since": write_instant(item.recorded_at),
        "written_at": write_instant(item.written_at),
        "author": item.author,
        "state": entry.state.value,
        "by": entry.by,
        "supersedes": item.supersedes,
        "reason": item.reason,
    }


def _sources_object(item: Sources, theater: Theater) -> dict[str, object]:
    return {
        "indicator": item.indicator,
        "first_day": theater.timeline.start_of(item.step).isoformat(),
        "last_day": theater.timeline.end_of(item.step).isoformat(),
        "reports": item.reports,
        "origins": [list(reports) for reports in item.origins],
        "effective_sources": item.effective,
    }


def print_listing(listing: Listing, theater: Theater, *, everything: bool) -> None:
    """The observations, the sources behind them, and what the columns mean."""
    instant = show_instant(listing.as_of, theater.timeline)
    if not listing.entries:
        Console(soft_wrap=True, highlight=False).print(f"{theater.title}: nothing of this was known as of {instant}")
        return
    headings = ["id", "day", "indicator", "value", "grade", "trust", "origin", "known since", "author"]
    rows = [_row(entry, theater) for entry in listing.entries]
    if everything:
        headings += ["state", "reason"]
        rows = [
            [*row, _state(entry), entry.observation.reason] for row, entry in zip(rows, listing.entries, strict=True)
        ]
    _print_table(f"{theater.title}: the ledger as of {instant}", headings, rows)
    step = theater.timeline.step
    _print_table(
        f"sources by indicator and {step}",
        ["indicator", f"{step} of", "reports", "origins", "effective"],
        [_sources_row(item, theater) for item in listing.sources],
    )
    console = Console(soft_wrap=True, highlight=False)
    console.print("reports of one origin are echoes and count once, at the best grade, in its step")
    console.print("effective: the expected number of independent origins that are right, the sum of their trusts")


def _print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # A line cut short is worse than one that wraps.
    console.width = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    console.print(table)


def _row(entry: Entry, theater: Theater) -> list[str]:
    item = entry.observation
    return [
        item.id,
        item.observed_on.isoformat() + ("" if item.through is None else f" … {item.through}"),
        item.indicator,
        f"{item.value:g}",
        str(item.grade),
        f"{theater.grades.trust(item.grade):g}",
        item.origin,
        show_instant(item.recorded_at, theater.timeline),
        item.author,
    ]


def _state(entry: Entry) -> str:
    if entry.by is None:
        return entry.state.value
    return f"{entry.state.value} {'of' if entry.state is State.RETRACTION else 'by'} {entry.by}"


def _sources_row(item: Sources, theater: Theater) -> list[str]:
    start = theater.timeline.start_of(item.step).isoformat()
    return [item.indicator, start, str(item.reports), str(len(item.origins)), f"{item.effective:.2f}"]
