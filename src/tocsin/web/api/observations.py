"""Observations: recorded, corrected and withdrawn. Each answer holds the new odds and what the change did to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import ConflictError
from tocsin.domain.version import Version
from tocsin.usecases.correct import correct
from tocsin.usecases.observe import draw_up
from tocsin.usecases.retract import retract
from tocsin.web.access import Allow
from tocsin.web.effect import write_and_tell
from tocsin.web.etags import lines_of
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.problems import problem_of, unseen_version
from tocsin.web.schemas.draft import ObservationsBody
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.recorded import ChangedBody, CorrectionBody, EntryBody, RecordedBody, RetractionBody
from tocsin.web.schemas.texts import ID
from tocsin.web.versions import IfMatch, is_condition, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.usecases.correct import Corrected
    from tocsin.usecases.ports import Ledger, Recorded
    from tocsin.usecases.retract import Retracted
    from tocsin.web.means import Means

router = APIRouter(tags=["observations"], route_class=KeyedRoute, dependencies=KEYED)
_Observer = Annotated[Principal, Depends(Allow(Right.OBSERVE))]
_Observation = Annotated[str, Path(description="Id of the observation, or of any version of it.", pattern=ID)]


@router.post(
    "/theaters/{theater}/observations",
    status_code=201,
    responses=problems(404, 409, 413, 422),
)
def record_observations(theater: str, sent: ObservationsBody, means: Acting, principal: _Observer) -> RecordedBody:
    """Record one observation, or up to 1,000 of which all are taken or none.

    What the ledger holds already is left as it is, so the same request twice is the request once.
    """
    declared, ledger, now = means.service.catalog.theater(theater), means.service.ledger, means.clock()
    drawn = draw_up(
        sent.drafts(),
        indicators=means.service.catalog.indicators(theater),
        timeline=declared.timeline,
        now=now,
        author=principal.name,
        history=sent.history,
    )
    told = write_and_tell(means, declared, now, lambda: ledger.record(drawn), lambda done: bool(done.added))
    added = told.written.added
    return RecordedBody(
        observations=[EntryBody.of(item) for item in _as_recorded(ledger, drawn, told.written)],
        added=list(added),
        known_already=told.written.known_already,
        change=told.change,
        no_odds=told.no_odds,
    )


def _as_recorded(ledger: Ledger, drawn: Sequence[Observation], recorded: Recorded) -> list[Observation]:
    """The new ones as they were written, and those that were known as whoever recorded them first wrote them down."""
    added = frozenset(recorded.added)
    return [
        recorded.written(item)
        if item.id in added
        else next((held for held in ledger.named(item.id) if held.id == item.id), item)
        for item in drawn
    ]


@dataclass(frozen=True, slots=True)
class _Change:
    """Which observation of which theater is changed, and the version in a header that whoever asks has seen."""

    theater: Theater
    observation: str
    if_match: str | None
    means: Means

    def make(
        self,
        version: str | None,
        write: Callable[[str, Mapping[str, Indicator], datetime], Corrected | Retracted],
    ) -> ChangedBody | JSONResponse:
        """Make the change of the version that is meant, which `write` is told with the indicators and the instant."""
        service, now = self.means.service, self.means.clock()
        name = version_of(self.theater, service.ledger, self.observation, version, self.if_match)
        if isinstance(name, Version):
            return unseen_version(self.observation, name)
        indicators = service.catalog.indicators(self.theater.id)
        try:
            told = write_and_tell(
                self.means, self.theater, now, lambda: write(name, indicators, now), lambda done: done.added
            )
        except ConflictError as error:
            # Whoever says in a header which version they saw has set a condition, and it does not hold.
            return problem_of(error, 412 if is_condition(self.if_match) else 409)
        done = told.written
        return ChangedBody(
            before=EntryBody.of(done.before),
            after=EntryBody.of(done.after),
            added=done.added,
            change=told.change,
            no_odds=told.no_odds,
        )


async def _change(
    request: Request, theater: str, observation: _Observation, means: Acting, if_match: IfMatch = None
) -> _Change:
    condition = None if if_match is None else lines_of(request, "if-match")
    return _Change(means.service.catalog.theater(theater), observation, condition, means)


_ANSWERS = problems(404, 409, 412, 413, 422)


@router.post(
    "/theaters/{theater}/observations/{observation}/correct",
    status_code=201,
    response_model=ChangedBody,
    responses=_ANSWERS,
)
def correct_observation(
    sent: CorrectionBody, principal: _Observer, change: Annotated[_Change, Depends(_change)]
) -> ChangedBody | JSONResponse:
    """Record a corrected version. The old one stays, and is what earlier instants see."""
    return change.make(
        sent.version,
        lambda name, indicators, now: correct(
            name,
            sent.changes(),
            reason=sent.reason,
            indicators=indicators,
            timeline=change.theater.timeline,
            ledger=change.means.service.ledger,
            now=now,
            author=principal.name,
        ),
    )


@router.post(
    "/theaters/{theater}/observations/{observation}/retract",
    status_code=201,
    response_model=ChangedBody,
    responses=_ANSWERS,
)
def retract_observation(
    sent: RetractionBody, principal: _Observer, change: Annotated[_Change, Depends(_change)]
) -> ChangedBody | JSONResponse:
    """Record that an observation is withdrawn. It stays, and is what earlier instants see."""
    return change.make(
        sent.version,
        lambda name, indicators, now: retract(
            name,
            reason=sent.reason,
            indicators=indicators,
            ledger=change.means.service.ledger,
            now=now,
            author=principal.name,
        ),
    )
