"""Score what was said first of every window that is settled."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

from tocsin.domain.resolution import Outcome, Resolution, Window, standing, windows_of
from tocsin.domain.scoring import ENOUGH_WINDOWS, brier_score, log_score, skill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import PublicationBook, ResolutionBook


@dataclass(frozen=True, slots=True)
class Scored:
    """A settled window with the scores of what was said first of it, and of the base rate stated beside that."""

    window: Window
    resolution: Resolution
    stated_at: datetime
    probability: float
    base_rate: float
    brier: float
    log: float
    base_rate_brier: float
    base_rate_log: float


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean scores over some windows.

    Attributes:
        scenario: Id; None for all scenarios.
        horizon_days: None for all horizons.
        windows: How many were settled yes or no.
        occurred: How many of them were settled yes.
        enough: Whether these are enough to speak of.
        brier: Mean Brier score.
        log: Mean log score, in nats.
        base_rate_brier: Mean Brier score of the base rates stated beside.
        base_rate_log: Their mean log score.
        brier_skill: By what share we are better than the base rate; None where that is without fault.
        log_skill: The same in log score.
    """

    scenario: str | None
    horizon_days: int | None
    windows: int
    occurred: int
    enough: bool
    brier: float
    log: float
    base_rate_brier: float
    base_rate_log: float
    brier_skill: float | None
    log_skill: float | None


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """Every window scored, in order of opening, scenario as declared then and horizon; and the means.

    `void` were settled so that nothing can be scored, and `open` are not settled.
    """

    scored: tuple[Scored, ...]
    means: tuple[Mean, ...]
    void: int
    open: int


def score(
    theater: Theater, *, publications: PublicationBook, resolutions: ResolutionBook, as_of: datetime
) -> ScoreCard:
    """The scores of a theater's windows as they stood settled at an instant.

    What is scored is the first publication on a window's opening day, whatever its status: `windows_of` names it. The
    base rate is the probability before any evidence that the same publication stated.
    """
    stated = publications.publications(theater.id, as_of)
    by_number = {item.number: item for item in stated}
    settled = standing(resolutions.resolutions(theater.id, as_of))
    scored: list[Scored] = []
    void = waiting = 0
    for key, window in windows_of(stated).items():
        resolution = settled.get(key)
        if resolution is None or resolution.outcome is Outcome.OPEN:
            waiting += 1
            continue
        if resolution.outcome is Outcome.VOID:
            void += 1
            continue
        scored.append(_scored(window, resolution, by_number[window.publication]))
    return ScoreCard(tuple(scored), tuple(_means(scored)), void, waiting)


def _scored(window: Window, resolution: Resolution, publication: Publication) -> Scored:
    said = next(
        item
        for item in publication.odds
        if (item.scenario, item.horizon_days) == (window.scenario, window.horizon_days)
    )
    occurred = resolution.outcome is Outcome.YES
    return Scored(
        window=window,
        resolution=resolution,
        stated_at=publication.stated_at,
        probability=said.probability,
        base_rate=said.prior,
        brier=brier_score(said.probability, occurred=occurred),
        log=log_score(said.probability, occurred=occurred),
        base_rate_brier=brier_score(said.prior, occurred=occurred),
        base_rate_log=log_score(said.prior, occurred=occurred),
    )


def _means(scored: Sequence[Scored]) -> list[Mean]:
    """Over all windows, then by scenario and horizon."""
    groups: dict[tuple[str | None, int | None], list[Scored]] = defaultdict(list)
    for item in scored:
        groups[None, None].append(item)
        groups[item.window.scenario, item.window.horizon_days].append(item)
    return [_mean(scenario, days, items) for (scenario, days), items in groups.items()]


def _mean(scenario: str | None, horizon_days: int | None, items: Sequence[Scored]) -> Mean:
    count = len(items)
    brier, log, base_brier, base_log = (
        fsum(values) / count
        for values in zip(
            *((item.brier, item.log, item.base_rate_brier, item.base_rate_log) for item in items), strict=True
        )
    )
    return Mean(
        scenario=scenario,
        horizon_days=horizon_days,
        windows=count,
        occurred=sum(item.resolution.outcome is Outcome.YES for item in items),
        enough=count >= ENOUGH_WINDOWS,
        brier=brier,
        log=log,
        base_rate_brier=base_brier,
        base_rate_log=base_log,
        brier_skill=skill(brier, base_brier),
        log_skill=skill(log, base_log),
    )
