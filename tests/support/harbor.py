"""A small theater of declared files, which is fitted in a second, with two years of reports made up for tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIRST, LAST = date(2014, 1, 6), date(2015, 12, 28)
"""The Mondays of the first and the last week of which there are reports."""

_DECLARED = {
    "models/harbor/theater.yaml": """\
title: Harbor
summary: A theater made up for tests.
step: week
window: 20
time_zone: Africa/Tunis
indicators: [harbor/raid, harbor/claim]
""",
    "models/harbor/scenarios/blockade.yaml": """\
title: Blockade
kind: threshold
proposition: There are at least 4 raids within 4 weeks.
opened: 2014-01-06
horizons: [28, 56]
resolution:
  rule: The count of harbor/raid reaches 4 within 4 consecutive weeks.
  does_not_count: [a threat]
  threshold: {indicator: harbor/raid, at_least: 4, within: 4 weeks}
pressure:
  fast_half_life: {low: 4, high: 14, unit: weeks, reason: fades in a season}
links:
  - {indicator: harbor/raid, multiplier: {low: 3, high: 12, reason: the blockade is these raids}}
  - {indicator: harbor/claim, multiplier: {low: 1.5, high: 4, reason: who raids makes it known}}
""",
    "models/harbor/scenarios/closure.yaml": """\
title: Closure
kind: event
proposition: The harbor is closed.
opened: 2014-01-06
horizons: [28]
resolution: {rule: It is announced., does_not_count: [a threat]}
pressure:
  fast_half_life: {low: 4, high: 14, unit: weeks, reason: fades in a season}
base_rate: {low: 0.05, high: 0.2, within: year, reason: uncommon}
hazard_link: {low: 4, high: 15, reason: near when developing}
watched_since: 2014-01-06
occurrences:
  - {on: 2015-06-10, reason: announced by the port}
links:
  - {indicator: harbor/claim, multiplier: {low: 2, high: 9, reason: claims come first}}
""",
    "indicators/harbor/raid.yaml": """\
title: Raid
definition: A raid on a ship in the harbor.
kind: count
unit: raids in the week
collection: {mode: continuous, coverage: 0.9, since: 2014-01-01, delay_days: 2}
baseline:
  low: 0.1
  high: 0.6
  per: week
  reason: now and then
""",
    "indicators/harbor/claim.yaml": """\
title: Claim
definition: Somebody claims a raid.
kind: presence
unit: seen or not
collection: {mode: occasional, coverage: 0.7, delay_days: 0}
baseline: {low: 0.1, high: 0.6, per: week, reason: now and then}
""",
}
# How many raids there were in each week, from FIRST on; more where they come in bursts.
_RAIDS = "0010000100010000211300100000100000001000013222100000010000000010000001423110000000100001000000010010000"


def declare_harbor(catalog: Path, **changes: str) -> Path:
    """The folder with the declared files and the reports; `changes` replace texts in them."""
    for name, text in {**_DECLARED, "indicators/harbor/observations/desk.csv": _reports()}.items():
        path = catalog / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for old, new in changes.items():
            text = text.replace(old, new)  # noqa: PLW2901 - changed step by step
        path.write_text(text, encoding="utf-8")
    return catalog


def _reports() -> str:
    lines = ["observed_on,indicator,value,grade,origin"]
    for week, count in enumerate(_RAIDS):
        monday = FIRST + timedelta(weeks=week)
        lines += [f"{monday + timedelta(days=day)},harbor/raid,1,B2,raid {week} {day}" for day in range(int(count))]
        if int(count) > 1:
            lines.append(f"{monday + timedelta(days=2)},harbor/claim,1,C3,claim {week}")
    return "\n".join(lines) + "\n"
