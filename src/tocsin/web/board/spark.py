"""Small drawings of what was said lately: lines of SVG, drawn here so that they are there at once and in print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from tocsin.usecases.ports import PublicationBook
    from tocsin.usecases.read_odds import Reading

WIDTH, HEIGHT = 300.0, 54.0
_MOST = 200  # publications that are read; a quarter year of a busy theater
_LEAST_TOP = 0.1  # of the scale: odds that wander between 1 and 2 % must not look like an alarm


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one scenario and horizon at an instant."""

    at: datetime
    probability: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spark:
    """A line with its band, as SVG paths in a box of `WIDTH` by `HEIGHT`.

    Attributes:
        horizon_days: Which horizon it is of.
        said: What it is of, oldest first; the last is what stands at the instant of the page.
        band: Path of the 90 % interval.
        line: Path of the odds.
        last: Where the line ends.
        top: The probability at the upper edge; the lower one is 0.
    """

    horizon_days: int
    said: tuple[Said, ...]
    band: str
    line: str
    last: tuple[float, float]
    top: float


def sparks(book: PublicationBook, theater: str, reading: Reading, reach: timedelta) -> dict[str, Spark]:
    """By scenario, what was said of its middle horizon within a while before an instant, and what stands then."""
    now = reading.asked
    newest = book.latest(theater, now)
    stated = [] if newest is None else book.page([theater], now, max(0, newest.number - _MOST), _MOST)
    horizons: dict[str, list[int]] = {}
    for item in reading.odds:
        horizons.setdefault(item.scenario, []).append(item.horizon_days)
    middle = {name: sorted(days)[len(days) // 2] for name, days in horizons.items()}
    said: dict[str, list[Said]] = {name: [] for name in middle}
    for publication in stated:
        if publication.stated_at >= now - reach:
            for odds in publication.odds:
                if middle.get(odds.scenario) == odds.horizon_days:
                    interval = odds.interval90
                    said[odds.scenario].append(
                        Said(publication.stated_at, odds.probability, interval.low, interval.high)
                    )
    for item in reading.odds:
        if middle[item.scenario] == item.horizon_days:
            said[item.scenario].append(Said(now, item.probability, item.interval90.low, item.interval90.high))
    return {name: draw(middle[name], found, now - reach, now) for name, found in said.items()}


def draw(horizon_days: int, said: Sequence[Said], begin: datetime, end: datetime) -> Spark:
    """A spark of what was said from an instant to another, at least once. What was said holds until the next."""
    top = min(1.0, max(_LEAST_TOP, max(item.high for item in said) * 1.1))
    reach = (end - begin).total_seconds()

    def x(item: Said) -> float:
        return WIDTH * max(0.0, (item.at - begin).total_seconds()) / reach

    def y(probability: float) -> float:
        return HEIGHT * (1.0 - min(probability, top) / top)

    upper = list(_steps((x(item), y(item.high)) for item in said))
    lower = list(_steps((x(item), y(item.low)) for item in said))
    middle = list(_steps((x(item), y(item.probability)) for item in said))
    return Spark(horizon_days, tuple(said), _path([*upper, *reversed(lower)]) + "Z", _path(middle), middle[-1], top)


def _steps(points: Iterable[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    before: tuple[float, float] | None = None
    for x, y in points:
        if before is not None:
            yield x, before[1]
        yield x, y
        before = x, y


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
