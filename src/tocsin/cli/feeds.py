"""`tocsin feeds`: what comes in by itself, and how it stands with that."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from tocsin.bootstrap.feeds import missing_settings, take_feed, unsettled_files
from tocsin.bootstrap.service import open_service
from tocsin.cli.feeds_settling import await_settled, left_line
from tocsin.cli.feeds_table import print_unmapped, print_watched, unmapped_json, watched_json
from tocsin.domain.plural import counted
from tocsin.settings import read_settings
from tocsin.usecases.take_page import Taken
from tocsin.usecases.watch_feeds import watch_feeds

feeds = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

_Feed = Annotated[str, typer.Argument(help="The feed, such as tunisia/inbox.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@feeds.callback()
def list_feeds(context: typer.Context, as_json: _Json = False) -> None:
    """List the feeds: what they have brought, when they last answered, and what is wrong or has changed.

    Example: tocsin feeds --json
    """
    if context.invoked_subcommand is not None:
        return
    settings, now = read_settings(), datetime.now(UTC)
    with open_service(settings) as service:
        watched = watch_feeds(service.catalog.feeds.values(), book=service.feeds, now=now)
    off = {item.feed.id: missing_settings(item.feed, settings) for item in watched}
    if as_json:
        typer.echo(watched_json(watched, off, now))
    else:
        print_watched(watched, off, now)


@feeds.command("take")
def take(feed: _Feed, as_json: _Json = False) -> None:
    """Take in now whatever a feed has that is new. What came before a failure stays taken in.

    Files that have just been saved are waited for until they have rested, half a minute at most.

    Example: tocsin feeds take tunisia/inbox
    """
    settings = read_settings()
    with open_service(settings) as service:
        look = partial(unsettled_files, service.catalog.feed(feed), settings)
        left = await_settled(look, time.sleep, _say)
        taken = take_feed(service, feed, settings, _tell)
    if as_json:
        typer.echo(json.dumps({"feed": feed} | asdict(taken) | {"left": left}, indent=2))
        return
    came, added = counted(taken.records, "new record"), counted(taken.added, "observation")
    typer.echo(
        f"{came} ({taken.known_already} known already): {added} added, "
        f"{taken.corrected} corrected, {taken.retracted} withdrawn, {taken.queued} for review; "
        f"{taken.unmapped} unmapped, {taken.unreadable} unreadable"
    )
    if left:
        typer.echo(left_line(left))
    if taken.queued:
        typer.echo(f"to decide: tocsin review list {feed.partition('/')[0]}")
    if taken.unmapped:
        typer.echo(f"why unmapped: tocsin feeds unmapped {feed}")


@feeds.command("unmapped")
def unmapped(feed: _Feed, as_json: _Json = False) -> None:
    """Say why records became no observation: for each rule what did not hold, the most frequent first.

    Example: tocsin feeds unmapped tunisia/ucdp-ged
    """
    with open_service(read_settings()) as service:
        found = service.feeds.unmapped(service.catalog.feed(feed).id)
    if as_json:
        typer.echo(unmapped_json(feed, found))
    else:
        print_unmapped(feed, found)


def _tell(taken: Taken) -> None:
    _say(f"taken in: {counted(taken.records, 'new record')}, {taken.known_already} known already")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
