"""Feeds as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import typer

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.feed_record import Outcome, Unmapped
from tocsin.domain.instants import show_age, write_instant
from tocsin.usecases.watch_feeds import Watched

_WATERMARK_SHOWN = 24
_SHOWN = (Outcome.MAPPED, Outcome.UNMAPPED, Outcome.UNREADABLE, Outcome.WAITING)


def watched_json(watched: Sequence[Watched], off: Mapping[str, Sequence[str]], now: datetime) -> str:
    """The feeds as one JSON object."""
    return json.dumps(
        {"now": write_instant(now), "feeds": [_object(item, off[item.feed.id], now) for item in watched]}, indent=2
    )


def _object(item: Watched, missing: Sequence[str], now: datetime) -> dict[str, object]:
    feed, state = item.feed, item.state
    succeeded = state.succeeded_at
    return {
        "id": feed.id,
        "title": feed.title,
        "kind": feed.kind,
        "missing_settings": list(missing),
        "every_seconds": feed.every.total_seconds(),
        "started_at": _iso(state.started_at),
        "checked_at": _iso(state.checked_at),
        "succeeded_at": _iso(succeeded),
        "age_seconds": None if succeeded is None else (now - succeeded).total_seconds(),
        "new_at": _iso(state.new_at),
        "due": _iso(item.due),
        "watermark": state.watermark,
        "records": {outcome.value: item.outcomes.get(outcome, 0) for outcome in Outcome},
        "failures": state.failures,
        "problem": state.problem,
        "findings": [asdict(finding) for finding in item.findings],
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else write_instant(instant)


def print_watched(watched: Sequence[Watched], off: Mapping[str, Sequence[str]], now: datetime) -> None:
    """One line a feed, and below it what a person should look at."""
    if not watched:
        typer.echo("no feeds are declared; a feed is a file models/<theater>/feeds/<feed>.yaml")
        return
    headings = ("feed", "kind", "last success", "last new", "watermark", "taken", *(item.value for item in _SHOWN))
    table = start_table(headings, left={"feed", "kind", "last success", "last new", "watermark"})
    notes: list[str] = []
    for item in watched:
        counts = [str(item.outcomes.get(outcome, 0)) for outcome in _SHOWN]
        table.add_row(
            item.feed.id,
            item.feed.kind,
            _ago(item.state.succeeded_at, now),
            _ago(item.state.new_at, now),
            _shortened(item.state.watermark),
            str(sum(item.outcomes.values())),
            *counts,
        )
        notes.extend(_notes(item, off[item.feed.id]))
    print_table(f"feeds at {now:%Y-%m-%d %H:%M} UTC", table, notes)


def _notes(item: Watched, missing: Sequence[str]) -> list[str]:
    name = item.feed.id
    notes = [f"- {name} is off until {' and '.join(missing)} (or …_FILE) is set"] if missing else []
    if item.state.problem:
        times = f"{item.state.failures} time{'s' if item.state.failures != 1 else ''} in a row"
        again = "" if item.state.retry_at is None else f"; next try {item.state.retry_at:%Y-%m-%d %H:%M} UTC"
        notes.append(f"! {name} failed {times}{again}: {item.state.problem}")
    for finding in item.findings:
        p_value = "" if finding.p_value is None else f" (p = {finding.p_value:.1g} if nothing had changed)"
        notes.append(f"! {name}: {finding.what}: {finding.detail}{p_value}")
    return notes


def _ago(instant: datetime | None, now: datetime) -> str:
    return "never" if instant is None else f"{show_age(max(0.0, (now - instant).total_seconds()))} ago"


def _shortened(watermark: str | None) -> str:
    if watermark is None:
        return "none"
    return watermark if len(watermark) <= _WATERMARK_SHOWN else f"{watermark[: _WATERMARK_SHOWN - 1]}…"


def unmapped_json(feed: str, found: Sequence[Unmapped]) -> str:
    """The reasons as one JSON object."""
    reasons = [asdict(item) | {"last_fetched_at": write_instant(item.last_fetched_at)} for item in found]
    return json.dumps({"feed": feed, "reasons": reasons}, indent=2)


def print_unmapped(feed: str, found: Sequence[Unmapped]) -> None:
    """One line a reason."""
    if not found:
        typer.echo(f"every record of {feed} was mapped, or none has come yet")
        return
    table = start_table(("records", "rule", "wanted", "last example"), left={"rule", "wanted", "last example"})
    for item in found:
        table.add_row(str(item.records), item.rule, item.wanted, item.example)
    print_table(f"why records of {feed} became no observation, rule by rule", table)
