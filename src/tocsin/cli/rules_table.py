"""Alert rules, their tests and backtests for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import typer

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.alert_rule import AlertRule
from tocsin.domain.condition_words import condition_words
from tocsin.domain.figures import percent
from tocsin.domain.instants import show_age, write_instant
from tocsin.domain.plural import counted
from tocsin.domain.rule_backtest import FEW_EVENTS, FEW_PUBLICATIONS, Backtest, Came, Episode, Happened, flap_span
from tocsin.domain.rule_test import Mismatch, RuleTest
from tocsin.usecases.alert_rules import KnownRule

_NO_RULES = "no alert rule is declared; see docs/alerts.md"


def print_rules(known: Sequence[KnownRule]) -> None:
    """A row for each rule."""
    headings = ["rule", "kind", "about", "rings", "once it held for", "goes on for", "severity", "told", "from"]
    table = start_table(headings, left=set(headings))
    for item in known:
        said, rule = rule_object(item), item.rule
        told = ", ".join(rule.destinations) or "the log"
        about, rings = str(said["about"]), str(said["rings"])
        source = "a file" if item.set is None else "set by hand"
        named, kind, severity = f"{rule.theater}/{rule.id}", str(said["kind"]), rule.severity.value
        table.add_row(named, kind, about, rings, _patience(rule), _span(rule.keep_firing_for), severity, told, source)
    print_table("alert rules", table, [] if known else [_NO_RULES])


def _patience(rule: AlertRule) -> str:
    held = [_span(rule.pending_for)] if rule.pending_for else []
    if rule.pending_publications > 1:
        held.append(counted(rule.pending_publications, "publication"))
    return " and ".join(held) or "at once"


def _span(span: timedelta) -> str:
    return show_age(span.total_seconds()) if span else "no longer"


def rule_object(item: KnownRule) -> dict[str, object]:
    """One rule as JSON."""
    rule = item.rule
    kind, about, rings = condition_words(rule.condition)
    return {
        "theater": rule.theater,
        "rule": rule.id,
        "title": rule.title,
        "kind": kind,
        "about": about,
        "rings": rings,
        "pending_seconds": rule.pending_for.total_seconds(),
        "pending_publications": rule.pending_publications,
        "keep_firing_seconds": rule.keep_firing_for.total_seconds(),
        "severity": rule.severity.value,
        "destinations": list(rule.destinations),
        "declared": item.set is None,
    }


def mismatch_line(test: RuleTest, item: Mismatch) -> str:
    """One expectation that was not met, where it stands."""
    said = item.expectation
    when = "at the start" if said.after == "start" else f"after {said.after}"
    return f"{test.file}:{said.line}: {said.rule} {when}: {item.of} expected {item.expected}; got {item.got}"


def print_backtest(found: Backtest) -> None:
    """What a rule would have been worth, its episodes, and the events."""
    rule = found.rule
    rows = ["fired", "ended", "rang", "peak", "came"]
    table = start_table(rows, left={"fired", "ended", "came"})
    for item in found.episodes:
        rang = show_age(((item.ended_at or found.end) - item.fired_at).total_seconds())
        ended = "still rings" if item.ended_at is None else _minute(item.ended_at)
        came = f"{item.came.value}{'; a flap' if item.flap else ''}"
        table.add_row(_minute(item.fired_at), ended, rang, percent(item.peak), came)
    title = (
        f"{rule.theater}/{rule.id} on {counted(found.publications, 'publication')}, "
        f"{_minute(found.begin)} to {_minute(found.end)} UTC"
    )
    print_table(title, table, [*_event_lines(found), *_sums(found), *_warnings(found)])
    typer.echo("")


def _sums(found: Backtest) -> list[str]:
    rate = found.false_alarms_per_month
    often = "" if rate is None else f", {rate:.2g} a month"
    span = show_age(flap_span(found.rule).total_seconds())
    came, false, unknown = (found.count(item) for item in (Came.YES, Came.NO, Came.UNKNOWN))
    rang = show_age(found.rang.total_seconds())
    return [
        f"{counted(len(found.episodes), 'episode')}, {counted(found.notices, 'notice')}; it would have rung for {rang}",
        f"{came} came, {counted(false, 'false alarm')}{often}, {unknown} not known yet",
        f"{counted(len(found.events), 'event')}, of which {found.missed} missed",
        f"{counted(found.flaps, 'flap')}: episodes that began within {span} after the last one ended",
    ]


def _event_lines(found: Backtest) -> list[str]:
    return [_event_line(item) for item in found.events]


def _event_line(item: Happened) -> str:
    day = f"event of {item.day}{'' if item.exact else ' or later'}"
    if item.lead is None or item.warned_at is None:
        return f"{day}: missed"
    return f"{day}: {show_age(item.lead.total_seconds())} ahead, by the firing of {_minute(item.warned_at)} UTC"


def _warnings(found: Backtest) -> list[str]:
    few = []
    if found.publications < FEW_PUBLICATIONS:
        few.append(counted(found.publications, "publication"))
    if len(found.events) < FEW_EVENTS:
        few.append(counted(len(found.events), "event"))
    return [f"! it rests on only {' and '.join(few)}: do not read rates off it"] if few else []


def backtest_object(found: Backtest) -> dict[str, object]:
    """A backtest as JSON."""
    return {
        "theater": found.rule.theater,
        "rule": found.rule.id,
        "from": write_instant(found.begin),
        "to": write_instant(found.end),
        "publications": found.publications,
        "episodes": [_episode_object(item) for item in found.episodes],
        "events": [_event_object(item) for item in found.events],
        "missed": found.missed,
        "came": found.count(Came.YES),
        "false_alarms": found.count(Came.NO),
        "false_alarms_per_month": found.false_alarms_per_month,
        "not_known_yet": found.count(Came.UNKNOWN),
        "flaps": found.flaps,
        "flap_within_seconds": flap_span(found.rule).total_seconds(),
        "rang_seconds": found.rang.total_seconds(),
        "notices": found.notices,
        "warnings": _warnings(found),
    }


def _episode_object(item: Episode) -> dict[str, object]:
    return {
        "fired_at": write_instant(item.fired_at),
        "ended_at": None if item.ended_at is None else write_instant(item.ended_at),
        "peak": item.peak,
        "came": item.came.value,
        "flap": item.flap,
    }


def _event_object(item: Happened) -> dict[str, object]:
    return {
        "day": item.day.isoformat(),
        "exact": item.exact,
        "warned_at": None if item.warned_at is None else write_instant(item.warned_at),
        "lead_seconds": None if item.lead is None else item.lead.total_seconds(),
    }


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
