"""The score card as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.figures import percent, share, share_interval
from tocsin.domain.instants import show_instant
from tocsin.domain.plural import counted as in_words
from tocsin.domain.scored import Mean, Rival
from tocsin.domain.scoring import ENOUGH_WINDOWS
from tocsin.domain.theater import Theater
from tocsin.usecases.score import Counted

_HEADINGS = (
    "scenario",
    "days",
    "windows",
    "yes",
    "stated",
    "Brier",
    "log",
    "vs base rate",
    "90 %",
    "vs persistence",
    "90 % ",
    "calibration",
)
_LEFT = {"scenario", "90 %", "90 % ", "calibration"}
_NOTHING = "–"
_TOO_FEW = "too few to claim"


def card_json(counted: Counted, means: Sequence[Mean]) -> str:
    """What the interface says beside the windows, as JSON; the windows are in `tocsin history --json`."""
    return json.dumps(card_object(counted, means), indent=2)


def card_object(counted: Counted, means: Sequence[Mean]) -> dict[str, object]:
    """The same as a plain object."""
    return {**asdict(counted), "enough_windows": ENOUGH_WINDOWS, "means": [asdict(item) for item in means]}


def print_card(theater: Theater, counted: Counted, means: Sequence[Mean], as_of: datetime) -> None:
    """A row for each scenario and horizon, those of all windows at the end, and how to read it."""
    title = f"{theater.title}: scores of what was said first, as settled at {show_instant(as_of, theater.timeline)}"
    print_means(title, means, _beside(theater, counted))


def print_means(title: str, means: Sequence[Mean], beside: Sequence[str]) -> None:
    """The table and how to read it; `beside` is what is not scored, and why."""
    table = start_table(_HEADINGS, left=_LEFT)
    before: str | None = None
    for item in [*means[1:], *means[:1]]:
        name = "all" if item.scenario is None else item.scenario
        table.add_row("" if name == before else name, *_cells(item))
        before = name
    notes = [*_overall(means), *beside, *_reading(means)]
    print_table(title, table, notes)


def _cells(item: Mean) -> tuple[str, ...]:
    return (
        "" if item.horizon_days is None else str(item.horizon_days),
        str(item.windows),
        str(item.occurred),
        percent(item.stated),
        f"{item.scores.brier:.3f}",
        f"{item.scores.log:.3f}",
        *_skill(item.base_rate),
        *_skill(item.persistence),
        _TOO_FEW if item.reliability is None else item.reliability.words,
    )


def _skill(rival: Rival | None) -> tuple[str, str]:
    if rival is None or rival.brier_skill is None:
        return _NOTHING, _NOTHING
    span = rival.brier_skill_interval
    return share(rival.brier_skill), _NOTHING if span is None else share_interval(span.low, span.high)


def _overall(means: Sequence[Mean]) -> list[str]:
    """What may be claimed of all windows together, and in what parts their score comes."""
    if not means:
        return ["no window has been scored: what is said of one is scored once it has closed and is settled"]
    whole = means[0]
    rivals = [whole.base_rate.claim, *([] if whole.persistence is None else [whole.persistence.claim])]
    lines = [f"all together: {'; '.join(dict.fromkeys(rivals))}"]
    if whole.reliability is not None:
        parts = whole.reliability.brier
        lines.append(
            f"Brier {parts.score:.3f} = miscalibration {parts.miscalibration:.3f} − discrimination "
            f"{parts.discrimination:.3f} + uncertainty {parts.uncertainty:.3f}; as far off as this are "
            f"{percent(whole.reliability.chance)} of calibrated records"
        )
    if whole.revised is not None:
        lines.append(
            f"later that day, apart: {in_words(whole.revised.statements, 'statement')} of "
            f"{in_words(whole.revised.windows, 'window')}, Brier {whole.revised.last.brier:.3f} where the first had "
            f"{whole.revised.first.brier:.3f}; all by how long they stood: {whole.time_weighted.brier:.3f}"
        )
    return lines


def _beside(theater: Theater, counted: Counted) -> list[str]:
    """What is not scored, and why."""
    foregone = f", {counted.foregone} whose rule was met when they were stated" if counted.foregone else ""
    lines = [
        f"not scored: {counted.void} void, {counted.open} not settled, {counted.early} settled and not closed{foregone}"
    ]
    if counted.early:
        lines.append("what settles early waits until its window has closed: a yes would else be counted before a no")
    if counted.overdue:
        lines.append(
            f"! {in_words(counted.overdue, 'window')} that {'has' if counted.overdue == 1 else 'have'} closed "
            f"{'is' if counted.overdue == 1 else 'are'} not settled: until then scores lean to what is settled sooner; "
            f"see tocsin history {theater.id}"
        )
    return lines


def _reading(means: Sequence[Mean]) -> list[str]:
    if not means:
        return []
    return [
        "yes: how many came; stated: what we said on average; Brier and log score: lower is better",
        "vs: skill in Brier score, by what share we are better than the rival; below 0 we are worse",
        f"{_TOO_FEW}: fewer than {ENOUGH_WINDOWS} windows; –: no interval, as the windows overlap too much for one",
    ]
