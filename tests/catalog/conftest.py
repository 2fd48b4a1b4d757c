"""A small sound catalog that tests break one line at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tocsin.catalog import Catalog, read_catalog
from tocsin.domain.errors import InvalidDeclarationError

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.domain.errors import Problem

THEATER = """\
title: Border
summary: A small theater.
step: week
window: 104
time_zone: Africa/Tunis
indicators:
  - border/attack
  - border/claim
  - state/measure
  - state/price
couplings:
  - from: offensive
    to: crackdown
    adds: {low: 0.4, high: 1.2, reason: attacks argue for measures}
  - from: crackdown
    to: offensive
    adds: {low: 0.1, high: 0.6, reason: resentment}
grades:
  A1: 0.985
"""

EVENT = """\
title: Crackdown
kind: event
proposition: The state takes exceptional measures.
opened: 2016-03-08
horizons: [30, 90]
resolution:
  rule: The decree is published.
  does_not_count: [a curfew]
pressure:
  fast_half_life: {low: 4, high: 14, unit: weeks, reason: fades in a season}
  slow_half_life: {low: 100, high: 500, unit: weeks, reason: governments change}
  slow_share: {low: 0.2, high: 0.7, reason: both matter}
base_rate: {low: 0.03, high: 0.12, within: year, reason: uncommon}
hazard_link: {low: 5, high: 20, reason: near when developing}
watched_since: 2014-01-01
links:
  - indicator: state/measure
    multiplier: {low: 4, high: 20, reason: steps on the way}
  - indicator: state/price
    shift: {low: 0.5, high: 2, reason: prices follow unrest}
"""

THRESHOLD = """\
title: Offensive
kind: threshold
proposition: At least 6 attacks within 8 weeks.
opened: 2016-03-08
horizons: [30, 90, 180]
resolution:
  rule: The count reaches 6.
  does_not_count: [smuggling]
  threshold:
    indicator: border/attack
    at_least: 6
    within: 8 weeks
pressure:
  fast_half_life: {low: 1, high: 3, unit: months, reason: men and stores run out}
links:
  - indicator: border/attack
    multiplier: {low: 8, high: 40, reason: the offensive is these}
  - indicator: border/claim
    multiplier: {low: 2, high: 8, reason: claims follow}
"""

ATTACK = """\
title: Attack
definition: An attack on state forces.
kind: count
unit: attacks
collection:
  mode: continuous
  coverage: 0.7
  since: 2014-01-01
  delay_days: 1
baseline:
  low: 2
  high: 8
  per: year
  reason: a few in a year
"""

CLAIM = """\
title: Claim
definition: A claim of responsibility.
kind: presence
unit: seen or not
collection: {mode: occasional, coverage: 0.6, delay_days: 1}
baseline: {low: 0.01, high: 0.1, per: week, reason: rare}
"""

MEASURE = """\
title: Emergency measure
definition: The strongest measure of the week.
kind: ordinal
unit: level
levels: [none, curfew, emergency]
collection: {mode: occasional, coverage: 0.9, delay_days: 0}
baseline:
  shares: [85, 10, 5]
  within_factor: 2
  reason: mostly none
"""

PRICE = """\
title: Price of bread
definition: Mean price of a loaf.
kind: measure
unit: dinars
collection: {mode: occasional, coverage: 1, delay_days: 2}
transform: log
baseline:
  mean: {low: -1.5, high: -0.5, reason: about 0.3 dinars}
  spread: {low: 0.05, high: 0.2, reason: steady}
"""

EVENTS = """\
title: Events
kind: acled
countries: [Tunisia]
every: 6 hours
since: 2016-01-01
review: false
expected: 7
rules:
  - id: battle
    indicator: border/attack
    value: 1
    grade: B2
    reason: armed clashes near the border
    place: the border
    near:
      km: 30
      line:
        - {latitude: 33.2, longitude: 11.5}
        - {latitude: 32.0, longitude: 10.6}
    kinds: [Battles/*]
same_as:
  - {record: "TUN1", origin: known, reason: the chronicle has it}
"""

NEWS = """\
title: News
kind: rss
address: https://example.org/feed.xml
every: 15 minutes
since: 2016-01-01
review: true
expected: 3
rules:
  - {id: claim, indicator: border/claim, value: 1, grade: C3, reason: says so, keywords: {any: [claims]}}
"""

INBOX = """\
title: Inbox
kind: folder
path: inbox
complete: false
every: 5 minutes
since: 2016-01-01
review: false
expected: 14
"""

HIGH = """\
title: An offensive is likely
reason: The commander moves the reserve.
kind: level
scenario: offensive
horizon: 90
at: 0.5
clear_at: 0.4
severity: critical
owner: desk
destinations: [desk, chat]
pending: {time: 2 hours, publications: 2}
keep_firing: 1 day
escalate: {after: 4 hours, to: [commander]}
repeat: 12 hours
active: {days: [monday, friday], from: "22:00", to: "06:00"}
inhibited_by: [wire]
rings_on: [fitted, live, provisional]
absent_after: 2 days
"""

WIRE = """\
title: Four attacks
reason: Four within six weeks were never seen before.
kind: tripwire
indicator: border/attack
at_least: 4
within_days: 42
severity: warning
"""

RULE_TEST = """\
title: It rings after two hours, on a Monday night
theater: border
rules: [high]
start: 2016-03-07T22:00:00Z
step: 1 hour
series:
  - {scenario: offensive, horizon: 90, odds: 0.6*4}
expect:
  - {at: 1 hour, phase: pending, told: []}
  - {at: 2 hours, phase: firing, told: [fired]}
"""

RULE_TEST_FILE = "models/border/alerts/tests/high.yaml"
EVENTS_FILE = "models/border/feeds/events.yaml"
OFFENSIVE_FILE = "models/border/scenarios/offensive.yaml"
CRACKDOWN_FILE = "models/border/scenarios/crackdown.yaml"
THEATER_FILE = "models/border/theater.yaml"

SOUND = {
    THEATER_FILE: THEATER,
    CRACKDOWN_FILE: EVENT,
    OFFENSIVE_FILE: THRESHOLD,
    EVENTS_FILE: EVENTS,
    "models/border/feeds/news.yaml": NEWS,
    "models/border/feeds/inbox.yaml": INBOX,
    "models/border/alerts/high.yaml": HIGH,
    "models/border/alerts/wire.yaml": WIRE,
    RULE_TEST_FILE: RULE_TEST,
    "indicators/border/attack.yaml": ATTACK,
    "indicators/border/claim.yaml": CLAIM,
    "indicators/state/measure.yaml": MEASURE,
    "indicators/state/price.yaml": PRICE,
}


@dataclass
class Folder:
    """A catalog on disk, sound until it is edited."""

    root: Path
    texts: dict[str, str] = field(default_factory=lambda: dict(SOUND))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace one text that occurs exactly once."""
        assert self.texts[file].count(old) == 1, f"{old!r} in {file}"
        self.texts[file] = self.texts[file].replace(old, new)

    def line_of(self, file: str, text: str) -> int:
        """The line on which a text starts."""
        return self.texts[file][: self.texts[file].index(text)].count("\n") + 1

    def read(self) -> Catalog:
        """Write everything and read it."""
        for file, text in self.texts.items():
            path = self.root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_catalog(self.root)

    def problems(self) -> tuple[Problem, ...]:
        """Write everything; the problems with which it is refused."""
        with pytest.raises(InvalidDeclarationError) as refused:
            self.read()
        return refused.value.problems


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
