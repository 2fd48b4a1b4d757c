"""`tocsin review`: what feeds suggest and a person decides."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.cli.tables import print_table, start_table
from tocsin.domain.instants import write_instant
from tocsin.domain.review import Decision, ReviewItem
from tocsin.settings import read_settings
from tocsin.usecases.confirm import confirm
from tocsin.usecases.correct import Changes
from tocsin.usecases.dismiss import dismiss

review = typer.Typer(help="What feeds suggest and a person decides.", no_args_is_help=True, rich_markup_mode=None)

_Item = Annotated[
    str, typer.Argument(metavar="ID", help="The item's id in tocsin review list, or its first six or more characters.")
]


@review.command("list")
def list_items(
    theater: Annotated[str | None, typer.Argument(help="A theater; all of them where none is named.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what waits for a decision. Nothing of it counts.

    Example: tocsin review list tunisia
    """
    with open_service(read_settings()) as service:
        asked = None if theater is None else service.catalog.theater(theater).id
        feeds = [feed.id for feed in service.catalog.feeds.values() if asked in {None, feed.theater}]
        items = service.review.items(feeds, Decision.WAITING)
    if as_json:
        typer.echo(json.dumps([_object(item) for item in items], indent=2))
        return
    if not items:
        typer.echo("nothing waits for a decision")
        return
    headings = ("id", "feed", "since", "to do", "day", "indicator", "value", "grade", "target")
    table = start_table(headings, left={"id", "feed", "since", "to do", "day", "indicator", "grade", "target"})
    notes: list[str] = []
    for item in items:
        draft = item.draft
        since = f"{item.queued_at:%Y-%m-%d %H:%M}"
        what = (draft.observed_on, draft.indicator, f"{float(draft.value):g}", draft.grade, item.target or "")
        table.add_row(item.id, item.feed, since, item.action.value, *what)
        notes.append(f"{item.id}: {draft.summary or 'no summary'} {draft.links}".rstrip() + f" · {item.why}")
    first = items[0].id
    notes.append(f"to decide: tocsin review confirm {first} [--grade B2] or tocsin review dismiss {first} --reason …")
    print_table(f"{len(items)} to decide", table, notes)


@review.command("confirm")
def confirm_item(
    item: _Item,
    value: Annotated[str | None, typer.Option(help="What was seen, if not what is drafted.")] = None,
    on: Annotated[str | None, typer.Option(help="The day it happened, YYYY-MM-DD.")] = None,
    grade: Annotated[str | None, typer.Option(help="Admiralty grade, such as B2.")] = None,
    origin: Annotated[str | None, typer.Option(help="Reports of one origin are echoes and count once.")] = None,
    summary: Annotated[str | None, typer.Option(help="What was reported, in a sentence.")] = None,
    coverage: Annotated[str | None, typer.Option(help="Chance that it would have been seen, 0 to 1.")] = None,
) -> None:
    """Let an item count from now on, as it is drafted or otherwise. You answer for it.

    Example: tocsin review confirm 4f2a1c --grade C3
    """
    changes = Changes(observed_on=on, value=value, grade=grade, origin=origin, summary=summary, coverage=coverage)
    with open_service(read_settings()) as service:
        decided, said = confirm(
            item,
            changes,
            theaters=service.catalog.theaters,
            queue=service.review,
            now=datetime.now(UTC),
            author=author(),
        )
    typer.echo(f"confirmed {decided.id} ({decided.action}), in the ledger as {said.id}: {said.version().says}")


@review.command("dismiss")
def dismiss_item(item: _Item, reason: Annotated[str, typer.Option(help="Why it does not count.")]) -> None:
    """Decide that an item does not count; the feed will not suggest the same again.

    Example: tocsin review dismiss 4f2a1c --reason "About another town of that name"
    """
    with open_service(read_settings()) as service:
        decided = dismiss(item, reason=reason, queue=service.review, now=datetime.now(UTC), author=author())
    typer.echo(f"dismissed {decided.id}: {decided.draft.summary or decided.draft.indicator}")


def _object(item: ReviewItem) -> dict[str, object]:
    return asdict(item) | {"queued_at": write_instant(item.queued_at), "decided_at": None}
