"""Setting alert rules: as a file would hold them, rehearsed on what was published before they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.catalog.alert_rule_document import document_of
from tocsin.domain.access import Principal, Right
from tocsin.domain.condition_words import condition_words
from tocsin.domain.errors import InvalidDeclarationError, InvalidInputError, Problem
from tocsin.usecases.alert_ports import SetRule
from tocsin.usecases.backtest_rule import backtest_rule
from tocsin.web.access import Allow
from tocsin.web.board.page import PageRoute, go_to, page_path, render
from tocsin.web.board.rule_text import as_yaml, samples
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.rule_backtest import Backtest
    from tocsin.usecases.ports import Progress
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_Text = Annotated[str, Form()]
_CONFLICT, _REFUSED = 409, 422
_LONGEST = 20_000


@router.get("/theaters/{theater}/rules")
def new_rule(
    request: Request, theater: str, means: Acting, _: _Admin, kind: Annotated[str, Query()] = "level"
) -> Response:
    """Where a rule is written, from a sample of a kind."""
    declared = means.service.catalog.theater(theater)
    found = samples(declared)
    if kind not in found:
        raise InvalidInputError([Problem("", None, "kind", repr(kind[:80]), ", ".join(found))])
    return _page(request, means, theater, "", found[kind], "0")


@router.get("/theaters/{theater}/rules/{rule}")
def edit_rule(request: Request, theater: str, rule: str, means: Acting, _: _Admin) -> Response:
    """A rule that was set, to be changed; one of a file, to be read."""
    declared = means.service.catalog.theater(theater)
    known = means.service.rules.rule(theater, rule)
    text = as_yaml(document_of(known.rule, declared.timeline))
    version = "" if known.set is None else str(known.set.version)
    return _page(request, means, theater, rule, text, version, of_file=known.set is None)


@router.post("/theaters/{theater}/rules/rehearse")
async def rehearse_rule(
    request: Request,
    theater: str,
    means: Acting,
    principal: _Admin,
    rule: _Text = "",
    document: _Text = "",
    version: _Text = "0",
) -> Response:
    """What it would have done on what was published; nothing is set."""
    service = means.service
    declared = service.catalog.theater(theater)

    def work(_: Callable[[Progress], None]) -> tuple[AlertRule | None, Backtest | None, Sequence[Problem]]:
        try:
            read = _read(means, theater, rule.strip() or "rehearsed", document)
        except (InvalidInputError, InvalidDeclarationError) as error:
            return None, None, error.problems
        others = [item for item in service.rules.of(theater).rules if item.id != read.id]
        now = means.clock()
        try:
            return read, backtest_rule(
                read,
                declared,
                rules=[*others, read],
                publications=service.publications,
                resolutions=service.resolutions,
                ledger=service.ledger,
                begin=None,
                end=now,
                now=now,
            ), ()  # fmt: skip
        except InvalidInputError as error:
            return read, None, error.problems

    read, found, problems = await in_turn(request, principal, work)
    wrong = read is None
    return await run_in_threadpool(
        _page,
        request,
        means,
        theater,
        rule,
        document,
        version,
        problems=problems if wrong else (),
        read=read,
        rehearsed=found,
        unrehearsed=() if wrong else problems,
        status=_REFUSED if wrong else 200,
    )


@router.post("/theaters/{theater}/rules")
def set_rule(
    request: Request,
    theater: str,
    means: Acting,
    principal: _Admin,
    rule: _Text = "",
    document: _Text = "",
    version: _Text = "0",
) -> Response:
    """Set a rule, new or anew. What had been read for another condition does not count toward the new one."""
    name = rule.strip()
    try:
        _read(means, theater, name, document)
        seen = _version(version)
        last = means.service.rules.last(theater, name)
        if seen == 0 and last is not None and last.document is None:  # one that was removed is set anew
            seen = last.version
        known = means.service.rules.put(SetRule(theater, name, seen + 1, document, principal.name, means.clock()))
    except (InvalidInputError, InvalidDeclarationError) as error:
        return _page(request, means, theater, rule, document, version, problems=error.problems, status=_REFUSED)
    if known is None:
        last = means.service.rules.last(theater, name)
        stands = "none" if last is None else f"version {last.version}, by {last.by}"
        wrong = [Problem("", None, "rule", f"of {name} {stands} stands by now", "the version that you saw")]
        return _page(request, means, theater, rule, document, version, problems=wrong, status=_CONFLICT)
    return go_to(page_path(theater, "alerts", name))


@router.post("/theaters/{theater}/rules/{rule}/remove")
def remove_rule(
    request: Request, theater: str, rule: str, means: Acting, principal: _Admin, version: _Text = ""
) -> Response:
    """Remove a rule that was set; what its alert was stays on record."""
    means.service.catalog.theater(theater)
    try:
        removed = means.service.rules.remove(theater, rule, _version(version), principal.name, means.clock())
    except InvalidInputError as error:
        known = means.service.rules.rule(theater, rule)
        text = as_yaml(document_of(known.rule, means.service.catalog.theater(theater).timeline))
        return _page(request, means, theater, rule, text, version, problems=error.problems, status=_REFUSED)
    if removed is None:
        return go_to(page_path(theater, "rules", rule))
    return go_to(page_path(theater, "alerts"))


def _read(means: Means, theater: str, name: str, document: str) -> AlertRule:
    if len(document) > _LONGEST or "\0" in document:
        accepted = f"a rule of at most {_LONGEST:,} characters, none of them a zero"
        raise InvalidInputError([Problem("", None, "document", f"{len(document):,} characters", accepted)])
    return means.service.rules.parsed(theater, name, document)


def _version(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError([Problem("", None, "version", repr(text[:20]), "the number that the page had")])
    return int(text[:9])


def _page(
    request: Request,
    means: Means,
    theater: str,
    rule: str,
    document: str,
    version: str,
    *,
    problems: Sequence[Problem] = (),
    read: AlertRule | None = None,
    rehearsed: Backtest | None = None,
    unrehearsed: Sequence[Problem] = (),
    of_file: bool = False,
    status: int = 200,
) -> Response:
    declared = means.service.catalog.theater(theater)
    return render(
        request,
        "rule.html",
        status=status,
        theater=declared,
        rule=rule,
        document=document,
        version=version,
        problems=problems,
        words=None if read is None else condition_words(read.condition),
        read=read,
        rehearsed=rehearsed,
        unrehearsed=unrehearsed,
        of_file=of_file,
        kinds=list(samples(declared)),
        destinations=[item.id for item in means.service.destinations.destinations()],
    )
