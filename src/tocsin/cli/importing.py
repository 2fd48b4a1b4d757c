"""`tocsin import`: record files of observations, or see first what that would do."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from tocsin.bootstrap.incoming import Brought, MappingFile, read_incoming, read_mapping
from tocsin.bootstrap.service import Service, open_service
from tocsin.cli.author import author
from tocsin.cli.import_table import batch_json, preview_json, print_batch, print_preview, refusal_json
from tocsin.cli.progress import shown_progress
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.instants import read_as_of
from tocsin.domain.theater import Theater
from tocsin.feeds.observation_file import Form, form_of
from tocsin.settings import read_settings
from tocsin.usecases.import_observations import import_observations
from tocsin.usecases.judge_import import Incoming
from tocsin.usecases.ports import Progress
from tocsin.usecases.preview_import import preview_import

_INTERRUPTED = 130


def import_file(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV or JSON lines in UTF-8.", exists=True, dir_okay=False)
    ],
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="Old news: each row counts as known from the end of its day plus its indicator's delay.",
        ),
    ] = False,
    form: Annotated[
        Form | None, typer.Option("--format", help="What the files are. [default: by their ending]")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="A YAML file that says which column is which field.", exists=True, dir_okay=False),
    ] = None,
    indicator: Annotated[str | None, typer.Option(help="What all rows are about, where no column says so.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and show what it would do; record nothing.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="With --dry-run: what it would do to the odds as of this day or instant. [default: now]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; of a refusal, every problem.")] = False,
) -> None:
    """Record every row of some files, or none with everything that is wrong in any.

    Columns, or names of JSON: observed_on, indicator, value, grade (or reliability and credibility), and as wanted
    through (last day of a total), origin, summary, source, coverage, links (web addresses separated by blanks).
    Other columns are read with --mapping.
    The same file twice is the file once.

    Example: tocsin import tunisia chronicle.csv --history --dry-run
    """
    if as_of is not None and not dry_run:
        message = "it asks what the odds would be, so it goes with --dry-run"
        raise typer.BadParameter(message, param_hint="--as-of")
    try:
        with open_service(read_settings()) as service, _reporting() as report:
            declared = service.catalog.theater(theater)
            declares = None if mapping is None else MappingFile(mapping.read_bytes(), str(mapping))
            read_as = read_mapping(declares, indicator, declared, option="--indicator")
            brought = [Brought(str(file), form or form_of(file.suffix), file.read_bytes) for file in files]
            incoming = read_incoming(brought, read_as, report, option="--format")
            if dry_run:
                _preview(service, declared, incoming, as_of, report, history=history, as_json=as_json)
            else:
                _import(service, declared, incoming, report, history=history, as_json=as_json)
    except KeyboardInterrupt:
        sys.stderr.write("stopped by you before the end; nothing was recorded\n")
        raise typer.Exit(_INTERRUPTED) from None
    except InvalidInputError as error:
        if not as_json:
            raise
        typer.echo(refusal_json(error))
        raise typer.Exit(1) from error


@contextmanager
def _reporting() -> Iterator[Callable[[Progress], None]]:
    """A function to report progress to, which stops the work once an interrupt has asked for it.

    An interrupt itself could come between the commit and the word that it was done; this one never does.
    """
    stopped = Event()
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        with shown_progress() as show:

            def report(progress: Progress) -> None:
                if stopped.is_set():
                    raise KeyboardInterrupt
                show(progress)

            yield report
    finally:
        signal.signal(signal.SIGINT, before)


def _import(
    service: Service,
    theater: Theater,
    incoming: Incoming,
    report: Callable[[Progress], None],
    *,
    history: bool,
    as_json: bool,
) -> None:
    batch = import_observations(
        incoming,
        theater,
        ledger=service.ledger,
        now=datetime.now(UTC),
        author=author(),
        history=history,
        report=report,
    )
    if as_json:
        typer.echo(batch_json(batch))
    else:
        print_batch(batch)


def _preview(
    service: Service,
    theater: Theater,
    incoming: Incoming,
    as_of: str | None,
    report: Callable[[Progress], None],
    *,
    history: bool,
    as_json: bool,
) -> None:
    now = datetime.now(UTC)
    preview = preview_import(
        incoming,
        theater,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        now=now,
        as_of=read_as_of(as_of, theater.timeline, now),
        author=author(),
        history=history,
        report=report,
    )
    if as_json:
        typer.echo(preview_json(preview))
    else:
        print_preview(preview, theater)
