"""One observation with all its versions: where it is corrected and withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from tocsin.domain.errors import ConflictError, InvalidInputError
from tocsin.domain.observation import State, states
from tocsin.usecases.correct import Changes, correct
from tocsin.usecases.list_ledger import Entry
from tocsin.usecases.retract import retract
from tocsin.web.board.entry import Outcome
from tocsin.web.board.grades import CREDIBILITY, RELIABILITY
from tocsin.web.board.page import AsOf, Observer, PageRoute, Reader, asked, go_to, page_path, render
from tocsin.web.effect import write_and_tell
from tocsin.web.means import Acting
from tocsin.web.schemas.recorded import EntryBody
from tocsin.web.schemas.texts import ID
from tocsin.web.versions import version_of, versions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.usecases.correct import Corrected
    from tocsin.usecases.retract import Retracted
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_CREATED, _CONFLICT, _REFUSED = 201, 409, 422
_Text = Annotated[str, Form()]
_Named = Annotated[str, Path(pattern=ID)]


@router.get("/theaters/{theater}/observations/{observation}")
def show_record(
    request: Request, theater: str, observation: str, means: Acting, _: Reader, as_of: AsOf = None
) -> Response:
    """What was reported, what became of it and why; and where it is changed."""
    return _page(request, means, theater, observation, as_of)


@router.post("/theaters/{theater}/observations/{observation}/correct")
def correct_record(
    request: Request,
    theater: str,
    observation: _Named,
    means: Acting,
    principal: Observer,
    version: _Text,
    reason: _Text = "",
    observed_on: _Text = "",
    through: _Text = "",
    value: _Text = "",
    reliability: _Text = "",
    credibility: _Text = "",
    origin: _Text = "",
    source: _Text = "",
    summary: _Text = "",
    coverage: _Text = "",
    links: _Text = "",
) -> Response:
    """Record a corrected version; the old one stays, and is what earlier instants see."""
    typed = {
        "observed_on": observed_on.strip(),
        "through": through.strip(),
        "value": value.strip(),
        "grade": reliability + credibility,
        "origin": origin.strip(),
        "source": source.strip(),
        "summary": summary.strip(),
        "coverage": coverage.strip(),
        "links": " ".join(links.split()),
    }
    declared = means.service.catalog.theater(theater)

    def write(name: str, indicators: Mapping[str, Indicator], now: datetime) -> Corrected:
        before = next(item for item in means.service.ledger.named(name) if item.id == name)
        stands = _as_typed(EntryBody.of(before))
        changed = {field: text for field, text in typed.items() if text != stands[field]}
        return correct(
            name,
            Changes(**changed),
            reason=reason,
            indicators=indicators,
            timeline=declared.timeline,
            ledger=means.service.ledger,
            now=now,
            author=principal.name,
        )

    return _change(request, means, (theater, observation, version), write, typed | {"reason": reason})


@router.post("/theaters/{theater}/observations/{observation}/retract")
def retract_record(
    request: Request,
    theater: str,
    observation: _Named,
    means: Acting,
    principal: Observer,
    version: _Text,
    reason: _Text = "",
) -> Response:
    """Record that it is withdrawn; it stays, and is what earlier instants see."""

    def write(name: str, indicators: Mapping[str, Indicator], now: datetime) -> Retracted:
        return retract(
            name, reason=reason, indicators=indicators, ledger=means.service.ledger, now=now, author=principal.name
        )

    return _change(request, means, (theater, observation, version), write, {"withdraw": reason})


def _as_typed(item: EntryBody) -> dict[str, str]:
    """An observation as its fields stand in the form."""
    return {
        "observed_on": item.observed_on.isoformat(),
        "through": "" if item.through is None else item.through.isoformat(),
        "value": f"{item.value:g}",
        "grade": item.grade,
        "origin": item.origin,
        "source": item.source,
        "summary": item.summary,
        "coverage": "" if item.coverage is None else f"{item.coverage:g}",
        "links": " ".join(item.links),
    }


def _change(
    request: Request,
    means: Means,
    which: tuple[str, str, str],
    write: Callable[[str, Mapping[str, Indicator], datetime], Corrected | Retracted],
    typed: Mapping[str, str],
) -> Response:
    theater, observation, version = which
    declared, now = means.service.catalog.theater(theater), means.clock()
    try:
        name = version_of(declared, means.service.ledger, observation, version, None)
        indicators = means.service.catalog.indicators(theater)
        told = write_and_tell(means, declared, now, lambda: write(str(name), indicators, now), lambda done: done.added)
    except ConflictError as error:
        return _page(request, means, theater, observation, None, typed=typed, conflict=str(error), status=_CONFLICT)
    except InvalidInputError as error:
        outcome = Outcome(tuple(error.problems))
        return _page(request, means, theater, observation, None, typed=typed, outcome=outcome, status=_REFUSED)
    if told.change is None and told.no_odds is None:
        return go_to(page_path(theater, "observations", observation))
    outcome = Outcome(
        change=told.change, no_odds=told.no_odds, recorded=told.written.after.id, known_already=not told.written.added
    )
    return _page(request, means, theater, observation, None, outcome=outcome, status=_CREATED)


def _page(
    request: Request,
    means: Means,
    theater: str,
    observation: str,
    as_of: str | None,
    *,
    typed: Mapping[str, str] | None = None,
    outcome: Outcome | None = None,
    conflict: str = "",
    status: int = 200,
) -> Response:
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    chain = versions_of(declared, means.service.ledger, observation, when.instant)
    became = states(chain, when.instant)
    entries = [Entry(item, *became[item.id]) for item in chain]
    last = entries[-1]
    return render(
        request,
        "observation.html",
        status=status,
        theater=declared,
        when=when,
        entries=entries,
        last=last,
        indicator=declared.indicator(last.observation.indicator),
        stands=last.state is State.STANDS,
        typed=_as_typed(EntryBody.of(last.observation)) | {"reason": "", "withdraw": ""} | dict(typed or {}),
        outcome=outcome,
        conflict=conflict,
        reliability=RELIABILITY,
        credibility=CREDIBILITY,
    )
