"""Whether what could be said now is worth a publication."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tocsin.domain.odds import Status
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.publication import Publication, StatedOdds

_RELIABLE = {Status.FITTED, Status.LIVE}
"""Which of the two it is tells only whether anything has come in since the fit."""


def moved(before: Iterable[StatedOdds], after: Iterable[StatedOdds]) -> str | None:
    """The scenario and horizon whose odds moved most by what is not noise and can be seen, in words; None for none.

    A move counts when it exceeds two standard errors, of both statements together, and one unit of the last figure
    shown. Statements of one fit share their random numbers, so the first limit is on the safe side.
    """
    old = {(item.scenario, item.horizon_days): item for item in before}
    largest, words = 0.0, None
    for item in after:
        was = old.get((item.scenario, item.horizon_days))
        if was is None:
            return f"{item.scenario} by {counted(item.horizon_days, 'day')} was not stated before"
        change = abs(item.probability - was.probability)
        noise = noise_between(item.error, was.error)
        if change > noise and change >= _shown_unit(was.probability):
            beyond = change / max(noise, _shown_unit(was.probability))
            if beyond > largest:
                largest = beyond
                what = f"{item.scenario} by {counted(item.horizon_days, 'day')}"
                words = f"{what}: {was.probability:.4f} to {item.probability:.4f}"
    return words


def noise_between(one: float, other: float) -> float:
    """How far two probabilities may lie apart by chance: two standard errors of both together, given each one's."""
    return 2.0 * math.hypot(one, other)


def _shown_unit(probability: float) -> float:
    """The unit of the last figure in which a probability is shown: finer toward both ends of the scale."""
    distance = min(probability, 1.0 - probability)
    if distance < 0.01:  # noqa: PLR2004 - below 1 % it is shown to a hundredth of a point
        return 0.0001
    return 0.001 if distance < 0.1 else 0.01  # noqa: PLR2004 - below 10 % to a tenth


def why_publish(latest: Publication | None, stated: Publication, *, new_day: bool) -> tuple[str | None, str]:
    """Whether a statement is published, by a short reason (None: it is not), and the same in words.

    Args:
        latest: The theater's last publication.
        stated: What would be said now.
        new_day: No publication has been stated today.
    """
    if latest is None:
        return "first", "nothing has been published for this theater before"
    if stated.says == latest.says:
        return None, f"publication {latest.number} is this very statement, and nothing has changed since"
    as_reliable = {stated.status, latest.status} <= _RELIABLE or stated.status == latest.status
    movement = moved(latest.odds, stated.odds)
    reasons = (
        (stated.fit != latest.fit, "new fit", f"fit {stated.fit} is new; fit {latest.fit} stated the last one"),
        (not as_reliable, "status changed", f"the odds were {latest.status} and are {stated.status}"),
        (movement is not None, "odds moved", movement or ""),
        (new_day, "daily", "nothing else has been stated today"),
    )
    silent = f"publication {latest.number} of today still says it: no odds moved beyond noise and display"
    return next(((reason, why) for holds, reason, why in reasons if holds), (None, silent))
