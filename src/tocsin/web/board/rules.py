"""Setting alert rules: as a file would hold them, rehearsed on what was published before they count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.catalog.alert_rule_document import document_of
from tocsin.domain.access import Principal, Right
from tocsin.domain.condition_words import condition_words
from tocsin.domain.errors import InvalidDeclarationError, InvalidInputError, Problem
from tocsin.domain.rule_words import patience_words
from tocsin.usecases.alert_ports import SetRule
from tocsin.usecases.backtest_rule import backtest_rule
from tocsin.web.access import Allow
from tocsin.web.board.filled import Filled
from tocsin.web.board.page import PageRoute, go_to, page_path, render
from tocsin.web.board.rule_form import Entry, document_from, entries, form_of, kinds, typed_from
from tocsin.web.board.rule_text import as_yaml
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.rule_backtest import Backtest
    from tocsin.usecases.ports import Progress
    from tocsin.web.means import Means


@dataclass(frozen=True, slots=True)
class Sent:
    """A rule as the page has it.

    Attributes:
        rule: Its id.
        version: The version that was seen; `0` for a new rule, empty for one of a file.
        document: As a file would hold it; None where the fields of a form say it.
        kind: Of condition.
        typed: The fields, by name.
        whole: The fields say all that the document says.
        of_file: A file declares it, so that it is not changed here.
    """

    rule: str
    version: str
    document: str | None
    kind: str
    typed: Mapping[str, str]
    whole: bool = True
    of_file: bool = False


router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_Text = Annotated[str, Form()]
_CONFLICT, _REFUSED = 409, 422
_LONGEST = 20_000
_SAMPLE = {"title": "What it is about, as a notice begins", "reason": "What the desk does when it rings"}
_FEW = 10  # events, of which a share says little


async def _sent(request: Request) -> Sent:
    """What the form holds: the text of a rule, or the fields of a kind."""
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    return Sent(typed.get("rule", ""), typed.get("version", "0"), typed.get("document"), typed.get("kind", ""), typed)


_Sent = Annotated[Sent, Depends(_sent)]


@router.get("/theaters/{theater}/rules")
def new_rule(
    request: Request,
    theater: str,
    means: Acting,
    _: _Admin,
    kind: Annotated[str, Query()] = "level",
    *,
    text: Annotated[bool, Query()] = False,
) -> Response:
    """Where a rule is written: a form for its kind, or as the text of a file."""
    form = _form(means, theater, kind)
    usual = {entry.name: entry.usual or next(iter(entry.choices), "") for entry in form}
    document = as_yaml(document_from(form, kind, usual | _SAMPLE)) if text else None
    return _page(request, means, theater, Sent("", "0", document, kind, usual))


@router.get("/theaters/{theater}/rules/{rule}")
def edit_rule(
    request: Request,
    theater: str,
    rule: str,
    means: Acting,
    _: _Admin,
    *,
    text: Annotated[bool, Query()] = False,
) -> Response:
    """A rule that was set, to be changed; one of a file, to be read. As text where no form says all that it says."""
    sent = _kept(means, theater, rule)
    return _page(request, means, theater, replace(sent, document=None) if sent.whole and not text else sent)


@router.post("/theaters/{theater}/rules/rehearse")
async def rehearse_rule(
    request: Request,
    theater: str,
    means: Acting,
    principal: _Admin,
    sent: _Sent,
) -> Response:
    """What it would have done on what was published; nothing is set."""
    service = means.service
    declared = service.catalog.theater(theater)

    def work(_: Callable[[Progress], None]) -> tuple[AlertRule | None, Backtest | None, Sequence[Problem]]:
        try:
            read = _read(means, theater, sent.rule.strip() or "rehearsed", _document(means, theater, sent))
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
        sent,
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
    sent: _Sent,
) -> Response:
    """Set a rule, new or anew. What had been read for another condition does not count toward the new one."""
    name = sent.rule.strip()
    try:
        document = _document(means, theater, sent)
        _read(means, theater, name, document)
        seen = _version(sent.version)
        last = means.service.rules.last(theater, name)
        if seen == 0 and last is not None and last.document is None:  # one that was removed is set anew
            seen = last.version
        known = means.service.rules.put(SetRule(theater, name, seen + 1, document, principal.name, means.clock()))
    except (InvalidInputError, InvalidDeclarationError) as error:
        return _page(request, means, theater, sent, problems=error.problems, status=_REFUSED)
    if known is None:
        last = means.service.rules.last(theater, name)
        stands = "none" if last is None else f"version {last.version}, by {last.by}"
        wrong = [Problem("", None, "rule", f"of {name} {stands} stands by now", "the version that you saw")]
        return _page(request, means, theater, sent, problems=wrong, status=_CONFLICT)
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
        sent = replace(_kept(means, theater, rule), version=version)
        return _page(request, means, theater, sent, problems=error.problems, status=_REFUSED)
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


def _form(means: Means, theater: str, kind: str) -> list[Entry]:
    """The fields of a kind that this theater has something for; InvalidInputError for others."""
    declared, feeds = means.service.catalog.theater(theater), _feeds(means, theater)
    able = kinds(declared, feeds)
    if kind not in able:
        raise InvalidInputError([Problem("", None, "kind", repr(kind[:80]), ", ".join(able))])
    return entries(declared, kind, feeds)


def _feeds(means: Means, theater: str) -> list[str]:
    found = [item.id for item in means.service.catalog.feeds.values() if item.theater == theater]
    return sorted(name.removeprefix(f"{theater}/") for name in found)


def _document(means: Means, theater: str, sent: Sent) -> str:
    """The rule as a file would hold it: as it was typed, or as the fields of the form say."""
    if sent.document is not None:
        return sent.document
    return as_yaml(document_from(_form(means, theater, sent.kind), sent.kind, sent.typed))


def _kept(means: Means, theater: str, rule: str) -> Sent:
    """A rule as it stands, as text and in fields; `whole` where these say all that it says."""
    declared = means.service.catalog.theater(theater)
    known = means.service.rules.rule(declared.id, rule)
    document = document_of(known.rule, declared.timeline)
    kind = str(document["kind"])
    form = entries(declared, kind, _feeds(means, theater))
    typed = typed_from(form, document)
    try:
        again = means.service.rules.parsed(theater, rule, as_yaml(document_from(form, kind, typed)))
    except InvalidDeclarationError:  # what the form cannot say was needed
        again = None
    version = "" if known.set is None else str(known.set.version)
    return Sent(rule, version, as_yaml(document), kind, typed, whole=again == known.rule, of_file=known.set is None)


def _page(
    request: Request,
    means: Means,
    theater: str,
    sent: Sent,
    *,
    problems: Sequence[Problem] = (),
    read: AlertRule | None = None,
    rehearsed: Backtest | None = None,
    unrehearsed: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    declared, feeds = means.service.catalog.theater(theater), _feeds(means, theater)
    in_fields = sent.document is None
    told = [replace(item, line=None) if in_fields else item for item in problems]  # a form has no lines
    able = kinds(declared, feeds)
    return render(
        request,
        "rule.html",
        status=status,
        theater=declared,
        sent=sent,
        form=form_of(declared, sent.kind, feeds) if in_fields and sent.kind in able else {},
        filled=Filled("rule", sent.typed, told),
        problems=told,
        words=None if read is None else condition_words(read.condition),
        patience=[] if read is None else patience_words(read),
        read=read,
        written="" if read is None else as_yaml(document_of(read, declared.timeline)),
        rehearsed=rehearsed,
        few=rehearsed is not None and len(rehearsed.events) < _FEW,
        unrehearsed=unrehearsed,
        kinds=able,
        destinations=[item.id for item in means.service.destinations.destinations()],
    )
