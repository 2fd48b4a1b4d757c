"""`tocsin destination`: where notices of alerts go."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.bootstrap.mail import read_mail
from tocsin.bootstrap.service import open_service
from tocsin.channels.check import check_destination
from tocsin.channels.open import open_channels
from tocsin.channels.signature import new_secret
from tocsin.cli.deliveries_table import delivery_object, print_deliveries
from tocsin.cli.operator import operator
from tocsin.domain.delivery import MOST_DIGEST_MINUTES, THE_LOG, Accepted, Destination, DestinationKind, Stage
from tocsin.domain.errors import UnknownIdError, UnknownNameError
from tocsin.settings import read_settings
from tocsin.usecases.set_destination import set_destination
from tocsin.usecases.trial import trial_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.bootstrap.service import Service

destination = typer.Typer(help="Where notices of alerts go.", no_args_is_help=True, rich_markup_mode=None)
_Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, as alert rules name it.")]


@destination.command("set")
def put(
    name: _Id,
    kind: Annotated[DestinationKind, typer.Option(help="By what way.")],
    title: Annotated[str, typer.Option(help="What people call it.")],
    address: Annotated[
        str,
        typer.Option(help="An http(s) address; mail addresses with commas between; as Apprise writes it; - reads it."),
    ] = "",
    digest_minutes: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_DIGEST_MINUTES, help="Put the notices of so many minutes together into one message."
        ),
    ] = None,
    own_secret: Annotated[
        bool, typer.Option("--secret-from-input", help="Read a webhook's secret (whsec_…) from the input.")
    ] = False,
) -> None:
    """Set a destination, new or anew; a webhook's new secret is printed, this once.

    `--address -` reads the address from the first line of the input: of chats and of many webhooks it is a secret.

    Example: tocsin destination set desk --kind webhook --title "The desk" --address http://127.0.0.1:9000/hook
    """
    where = _line() if address == "-" else address
    secret = None
    if kind is DestinationKind.WEBHOOK:
        secret = _line() if own_secret else new_secret()
    every = None if digest_minutes is None else timedelta(minutes=digest_minutes)
    made = Destination(name, kind, title, where, secret, every)
    with open_service(read_settings()) as service:
        set_destination(
            made, check=check_destination, book=service.destinations, actor=operator().name, now=datetime.now(UTC)
        )
    typer.echo(f"{name} is set", err=True)
    if secret is not None and not own_secret:
        typer.echo(secret)
        typer.echo("keep it: the receiver verifies by it (Standard Webhooks), and it cannot be shown again", err=True)


@destination.command("list")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print every destination, and how many messages wait for it or were given up; no address and no secret.

    Example: tocsin destination list --json
    """
    with open_service(read_settings()) as service:
        counts = service.deliveries.counts()
        items = [_object(item, counts) for item in _known(service).values()]
    if as_json:
        typer.echo(json.dumps(items, indent=2))
        return
    for item in items:
        gone = ", gone: it is sent nothing until it is set anew" if item["gone"] else ""
        every = item["digest_minutes"]
        digest = "" if every is None else f", a digest every {every} min"
        waits = f"{item['waiting']} waiting, {item['dead']} given up{digest}"
        typer.echo(f"{item['id']}: {item['title']} ({item['kind']}); {waits}{gone}")


@destination.command("test")
def send_test(name: _Id) -> None:
    """Send a destination a message that says that it is a test, now, and print what came of it.

    Example: tocsin destination test desk
    """
    settings = read_settings()
    with open_service(settings) as service:
        there = _find(service, name)
    now = datetime.now(UTC)
    outcome = open_channels(read_mail(settings))[there.kind].send(
        replace(there, gone=False), trial_message(there, now), now
    )
    if not isinstance(outcome, Accepted):
        typer.echo(f"{name} does not have it: {outcome.reason}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{name} has it: {outcome.answer}")


@destination.command("remove")
def remove(name: _Id) -> None:
    """Forget a destination; what was sent there stays on record.

    Example: tocsin destination remove desk
    """
    with open_service(read_settings()) as service:
        if not service.destinations.remove(name, operator().name, datetime.now(UTC)):
            raise UnknownNameError("destination", name, [item.id for item in service.destinations.destinations()])
    typer.echo(f"{name} is removed")


@destination.command("deliveries")
def show_deliveries(
    stage: Annotated[Stage | None, typer.Option(help="Only these; dead ones were given up.")] = None,
    to: Annotated[str | None, typer.Option(help="Only to this destination.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what is on its way, what has arrived and what was given up, oldest first.

    Example: tocsin destination deliveries --stage dead
    """
    with open_service(read_settings()) as service:
        found = service.deliveries.trails(None, stage=stage, destination=to, limit=limit)
    if as_json:
        typer.echo(json.dumps([delivery_object(item) for item in found], indent=2))
    else:
        print_deliveries(found, datetime.now(UTC))


@destination.command("send-again")
def send_again(
    message: Annotated[str, typer.Argument(help="Id of the message, as the list of deliveries says it.")],
    name: _Id,
) -> None:
    """Have a message that was given up tried anew, from the first attempt on, with the same id.

    Example: tocsin destination send-again 5b0e4c7f9a1d2c3b4a5968778695a4b3 desk
    """
    with open_service(read_settings()) as service:
        again = service.deliveries.send_again(message, name, operator().name, datetime.now(UTC))
    if again is None:
        where = "see: tocsin destination deliveries --stage dead"
        raise UnknownIdError("message that was given up", f"{message} to {name}", where)
    typer.echo(f"{message} goes to {name} again; a worker sends it")


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _known(service: Service) -> dict[str, Destination]:
    return {item.id: item for item in (*service.destinations.destinations(), THE_LOG)}


def _find(service: Service, name: str) -> Destination:
    known = _known(service)
    if name not in known:
        raise UnknownNameError("destination", name, sorted(known))
    return known[name]


def _object(item: Destination, counts: Mapping[tuple[str, Stage], int]) -> dict[str, object]:
    each = {stage.value: counts.get((item.id, stage), 0) for stage in Stage}
    about = {"id": item.id, "kind": item.kind.value, "title": item.title, "digest_minutes": item.digest_minutes}
    return {**about, "gone": item.gone, **each}
