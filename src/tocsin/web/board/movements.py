"""What moved odds between two instants, for pages: the parts of each change, their sizes in log-odds and in points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.change import Cause, cause_words
from tocsin.domain.elicitation import logit
from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.usecases.why import why
from tocsin.web.heavy import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import Request

    from tocsin.domain.access import Principal
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Progress
    from tocsin.usecases.why import Movement
    from tocsin.web.means import Means

_NOTABLE = 0.02  # log-odds, as in the terminal


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a change as a step of a waterfall.

    Attributes:
        words: What did it.
        change: In log-odds.
        points: The change of the probability, in the order in which the parts stand: what it adds to those before it.
        begin: The log-odds before it.
        end: The log-odds after it.
        guessed: Weights can only guess at it.
        noise: It is Monte Carlo noise.
    """

    words: str
    change: float
    points: float
    begin: float
    end: float
    guessed: bool
    noise: bool


async def moved_between(
    request: Request, means: Means, principal: Principal, theater: Theater, since: datetime, as_of: datetime
) -> tuple[tuple[Movement, ...], str]:
    """What moved all odds of a theater, or why that cannot be told."""
    service = means.service

    def work(report: Callable[[Progress], None]) -> tuple[tuple[Movement, ...], str]:
        try:
            return why(
                theater,
                ledger=service.ledger,
                fits=service.fits,
                codec=service.codec,
                since=since,
                as_of=as_of,
                report=report,
            ), ""  # fmt: skip
        except (NoFitError, DamagedArtifactError) as error:
            return (), str(error)

    return await in_turn(request, principal, work)


def bars(movement: Movement) -> list[Bar]:
    """The parts of a movement from the odds then to the odds now: the notable ones, the others together, noise last."""
    noise = [part for part in movement.parts if part.cause is Cause.NOISE]
    others = [part for part in movement.parts if part.cause is not Cause.NOISE]
    shown = [part for part in others if part.cause is Cause.REFIT or abs(part.change) >= _NOTABLE]
    small = [part for part in others if part not in shown]
    rows = [(cause_words(part.cause, part.subject), part.change, part.guessed, False) for part in shown]
    if small:
        size = sum(part.change for part in small)
        rows.append((f"{len(small)} smaller ones", size, any(part.guessed for part in small), False))
    rows += [(cause_words(part.cause, part.subject), part.change, part.guessed, True) for part in noise]
    found, at = [], logit(movement.before.probability)
    for words, change, guessed, is_noise in rows:
        end = at + change
        found.append(Bar(words, change, _chance(end) - _chance(at), at, end, guessed, is_noise))
        at = end
    return found


def _chance(log_odds: float) -> float:
    return 0.5 * (1.0 + math.tanh(log_odds / 2.0))
