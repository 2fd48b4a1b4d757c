"""What was said of a settled window and how it scores, and the means of many: the lines of a score card."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

from tocsin.domain.bootstrap import FEWEST_BLOCKS, block_length, central90, resampled_sums
from tocsin.domain.consistency import Asked, BandPoint, consistency
from tocsin.domain.reliability import Decomposition, Pool, decompose, pools
from tocsin.domain.resolution import Outcome
from tocsin.domain.scoring import ENOUGH_WINDOWS, brier_score, claim, log_score, skill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from tocsin.domain.odds import Interval
    from tocsin.domain.resolution import Resolution, Window

CALIBRATED_CHANCE = 0.1
"""A curve that fewer calibrated records than this share are as far off as shows miscalibration."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The two scores of a probability, or their means."""

    brier: float
    log: float

    @staticmethod
    def of(probability: float, *, occurred: bool) -> Scores:
        """Those of one probability by what came."""
        return Scores(brier_score(probability, occurred=occurred), log_score(probability, occurred=occurred))


@dataclass(frozen=True, slots=True)
class Later:
    """What else was said of a window on its opening day, before it was settled.

    Attributes:
        statements: How many statements came after the first.
        last_probability: What the last one said; the first where none came after.
        last: Its scores.
        time_weighted: The scores of all, the first included, each weighted by how long it stood on the opening day.
    """

    statements: int
    last_probability: float
    last: Scores
    time_weighted: Scores


@dataclass(frozen=True, slots=True)
class Scored:
    """A settled window: what was said first of it with its scores, and those of two rivals.

    Attributes:
        window: The window.
        resolution: How it stands settled.
        stated_at: When its first publication was stated.
        probability: What that said.
        scores: Its scores.
        base_rate: The probability before any evidence that the same publication stated.
        base_rate_scores: Those of the base rate.
        persistence: What persistence says of it; see `persist`.
        answers: On how many earlier windows that rests.
        persistence_scores: Those of persistence.
        later: What else was said of it, which is not what is scored.
    """

    window: Window
    resolution: Resolution
    stated_at: datetime
    probability: float
    scores: Scores
    base_rate: float
    base_rate_scores: Scores
    persistence: float
    answers: int
    persistence_scores: Scores
    later: Later

    @property
    def occurred(self) -> bool:
        """Whether it came out yes."""
        return self.resolution.outcome is Outcome.YES


@dataclass(frozen=True, slots=True)
class Rival:
    """Mean scores of a rival on the same windows, and by what share we are better.

    Attributes:
        scores: Its means.
        brier_skill: 1 − ours/its; None where it has 0.
        brier_skill_interval: 90 %, by the block bootstrap; None where there are too few blocks.
        log_skill: The same in log score.
        log_skill_interval: The same.
        claim: What may be claimed of the skill in Brier score, in words.
    """

    scores: Scores
    brier_skill: float | None
    brier_skill_interval: Interval | None
    log_skill: float | None
    log_skill_interval: Interval | None
    claim: str


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether what was stated came as often as stated.

    Attributes:
        pools: The reliability curve: from `lowest` to `highest` stated, the share that came.
        band: Where the curve of a calibrated forecaster lies.
        chance: The share of calibrated records that are as miscalibrated as this one.
        brier: The parts of the mean Brier score.
        log: Those of the mean log score.
        words: What that says.
    """

    pools: tuple[Pool, ...]
    band: tuple[BandPoint, ...]
    chance: float
    brier: Decomposition
    log: Decomposition
    words: str


@dataclass(frozen=True, slots=True)
class Revised:
    """The windows of which more was said later on their opening day: what came first, and what last.

    They are apart: a later statement knows more, and a window that was in the news is stated more often.
    """

    windows: int
    statements: int
    first: Scores
    last: Scores


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean scores over some windows.

    Attributes:
        scenario: Id; None for all scenarios.
        horizon_days: None for all horizons.
        windows: How many were settled yes or no.
        occurred: How many of them were settled yes.
        blocks: How many times the longest horizon fits into the days on which they opened: about as many of them are
            independent of each other.
        enough: Whether the windows are enough to speak of.
        stated: The mean of what was stated.
        scores: Mean scores of what was said first.
        brier_interval: 90 % of the mean Brier score, by the block bootstrap; None where there are too few blocks.
        log_interval: 90 % of the mean log score.
        base_rate: The base rate stated beside, as a rival.
        persistence: Persistence as a rival; None where no window had an earlier answer.
        answered: How many windows had one. For the others persistence says the base rate.
        time_weighted: Mean scores of all that was said of them, each weighted by how long it stood.
        revised: First and last of those of which more was said later; None where there are none.
        reliability: None where the windows are too few.
    """

    scenario: str | None
    horizon_days: int | None
    windows: int
    occurred: int
    blocks: int
    enough: bool
    stated: float
    scores: Scores
    brier_interval: Interval | None
    log_interval: Interval | None
    base_rate: Rival
    persistence: Rival | None
    answered: int
    time_weighted: Scores
    revised: Revised | None
    reliability: Reliability | None


def means_of(scored: Iterable[Scored], check: Callable[[], None] = lambda: None) -> tuple[Mean, ...]:
    """Over all windows, then by scenario and horizon, in order of both.

    `check` is called before each mean, and what it raises ends the work: a year of 13 daily windows takes 4 s.
    """
    groups: dict[tuple[str | None, int | None], list[Scored]] = defaultdict(list)
    for item in scored:
        groups[None, None].append(item)
        groups[item.window.scenario, item.window.horizon_days].append(item)
    found = []
    for (scenario, days), items in sorted(groups.items(), key=lambda group: (group[0][0] or "", group[0][1] or 0)):
        check()
        found.append(_mean(scenario, days, items))
    return tuple(found)


def _mean(scenario: str | None, horizon_days: int | None, items: Sequence[Scored]) -> Mean:
    enough = len(items) >= ENOUGH_WINDOWS
    resampled, blocks = _resampled(items)
    answered = sum(item.answers > 0 for item in items)
    return Mean(
        scenario=scenario,
        horizon_days=horizon_days,
        windows=len(items),
        occurred=sum(item.occurred for item in items),
        blocks=blocks,
        enough=enough,
        stated=fsum(item.probability for item in items) / len(items),
        scores=_mean_scores([item.scores for item in items]),
        brier_interval=_interval([sums[1] / sums[0] for sums in resampled]),
        log_interval=_interval([sums[2] / sums[0] for sums in resampled]),
        base_rate=_rival(items, resampled, 3, "the base rate"),
        persistence=_rival(items, resampled, 5, "persistence") if answered else None,
        answered=answered,
        time_weighted=_mean_scores([item.later.time_weighted for item in items]),
        revised=_revised([item for item in items if item.later.statements]),
        reliability=_reliability(items) if enough else None,
    )


def _row(item: Scored) -> tuple[float, ...]:
    """What is summed over days: windows, and both scores of ours, of the base rate and of persistence."""
    three = (item.scores, item.base_rate_scores, item.persistence_scores)
    return 1.0, *(score for scores in three for score in (scores.brier, scores.log))


def _resampled(items: Sequence[Scored]) -> tuple[list[list[float]], int]:
    """Sums of `_row` over resampled opening days, none where blocks are too few; and how many blocks there are."""
    by_day: dict[date, list[float]] = {}
    for item in items:
        row = _row(item)
        sums = by_day.setdefault(item.window.opened_on, [0.0] * len(row))
        sums[:] = [total + value for total, value in zip(sums, row, strict=True)]
    days = sorted(by_day)
    length = block_length(days, max(item.window.horizon_days for item in items))
    blocks = len(days) // length
    return resampled_sums([by_day[day] for day in days], length) if blocks >= FEWEST_BLOCKS else [], blocks


def _rival(items: Sequence[Scored], resampled: Sequence[Sequence[float]], column: int, name: str) -> Rival:
    """A rival, whose Brier score is summed in a column and its log score in the next."""
    rows = [_row(item) for item in items]
    ours = _mean_scores([item.scores for item in items])
    its = Scores(*(fsum(row[at] for row in rows) / len(rows) for at in (column, column + 1)))
    drawn = [
        _interval([1.0 - sums[1 + at] / sums[column + at] for sums in resampled if sums[column + at] > 0.0])
        for at in (0, 1)
    ]
    return Rival(
        scores=its,
        brier_skill=skill(ours.brier, its.brier),
        brier_skill_interval=drawn[0],
        log_skill=skill(ours.log, its.log),
        log_skill_interval=drawn[1],
        claim=claim(drawn[0], enough=len(items) >= ENOUGH_WINDOWS, rival=name),
    )


def _interval(values: Sequence[float]) -> Interval | None:
    return central90(values) if values else None


def _mean_scores(scores: Sequence[Scores]) -> Scores:
    count = len(scores)
    return Scores(fsum(item.brier for item in scores) / count, fsum(item.log for item in scores) / count)


def _revised(items: Sequence[Scored]) -> Revised | None:
    if not items:
        return None
    return Revised(
        windows=len(items),
        statements=sum(item.later.statements for item in items),
        first=_mean_scores([item.scores for item in items]),
        last=_mean_scores([item.later.last for item in items]),
    )


def _reliability(items: Sequence[Scored]) -> Reliability:
    said = [(item.probability, item.occurred) for item in items]
    found = consistency(
        [
            Asked(
                item.probability,
                item.occurred,
                item.window.scenario,
                item.window.opened_on,
                item.window.horizon_days,
            )
            for item in items
        ]
    )
    return Reliability(
        pools=pools(said),
        band=found.band,
        chance=found.chance,
        brier=decompose(said, brier_score),
        log=decompose(said, log_score),
        words=_calibration_words(said, found.chance),
    )


def _calibration_words(said: Sequence[tuple[float, bool]], chance: float) -> str:
    """What the test of the curve says, and on which side the whole record lies."""
    if chance >= CALIBRATED_CHANCE:
        return "no sign of miscalibration"
    stated = fsum(value for value, _ in said) / len(said)
    came = sum(occurred for _, occurred in said) / len(said)
    return f"miscalibrated: on average stated {'too high' if stated > came else 'too low'}"
