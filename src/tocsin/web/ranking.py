"""What to collect next, computed once for all who ask the same: by the API and by pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.grading import Grade, parse_grade
from tocsin.domain.odds import Status
from tocsin.usecases.collect import Question, collect
from tocsin.usecases.read_odds import state_odds
from tocsin.web.heavy import in_turn
from tocsin.web.schemas.collection import RankingHeadBody, WorthBody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import Request

    from tocsin.domain.access import Principal
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Progress
    from tocsin.web.means import Means


async def ranked_for(
    request: Request, means: Means, principal: Principal, theater: Theater, question: Question, instant: datetime
) -> Ranked:
    """The ranking as of an instant; it takes seconds, once for all until something new comes in or a day ends."""
    mark = await run_in_threadpool(means.desk.mark, theater, instant)
    work = partial(_rank, means, theater, question, instant)
    return await in_turn(request, principal, work, (mark, question))


@dataclass(frozen=True, eq=False, slots=True)
class Ranked:
    """A ranking in words, for all who ask the same: without the draws behind it, which take many times the room."""

    head: RankingHeadBody
    worths: list[WorthBody]
    fitted_as_of: datetime

    def head_at(self, instant: datetime) -> RankingHeadBody:
        """The head as of another instant with the same mark; odds that are not brought up stay those of their fit's."""
        as_of = self.head.as_of if self.head.status is Status.REFIT_WANTED else instant
        age = (instant - self.fitted_as_of).total_seconds()
        return self.head.model_copy(update={"as_of": as_of, "age_seconds": age})


def _rank(
    means: Means, theater: Theater, question: Question, instant: datetime, report: Callable[[Progress], None]
) -> Ranked:
    service = means.service
    ranking = collect(
        theater,
        question,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        as_of=instant,
        report=report,
    )
    driven = {item.scenario for item in state_odds(ranking.standing, instant) if item.prior_driven}
    worths = [WorthBody.of(item, ranking, driven) for item in ranking.worths]
    return Ranked(RankingHeadBody.of(ranking), worths, ranking.standing.fit.as_of)


def read_grade(text: str) -> Grade:
    """A grade in an address; InvalidInputError where it is none."""
    grade = parse_grade(text)
    if grade is None:
        accepted = "a letter A to F and a digit 1 to 6, such as B2"
        raise InvalidInputError([Problem("", None, "grade", repr(text), accepted)])
    return grade
