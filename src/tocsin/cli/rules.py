"""`tocsin rules`: which alert rules there are, whether they do what their tests say, and what they would be worth."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import Service, catalog_folder, open_service
from tocsin.catalog.read import read_catalog
from tocsin.catalog.read_rule_tests import declared_rule_tests, read_rule_tests
from tocsin.catalog.set_rule import read_set_rule
from tocsin.cli.rules_table import backtest_object, mismatch_line, print_backtest, print_rules, rule_object
from tocsin.domain.alert_rule import AlertRule, Staleness, Tripwire
from tocsin.domain.errors import InvalidDeclarationError, InvalidInputError, Problem
from tocsin.domain.instants import read_as_of
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.settings import read_settings
from tocsin.usecases.backtest_rule import backtest_rule
from tocsin.usecases.run_rule_test import run_rule_test

rules = typer.Typer(
    help="Alert rules: which there are, their tests, and what they are worth.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@rules.command("list")
def list_rules(
    theater: Annotated[str | None, typer.Argument(help="A theater; all of them where none is named.")] = None,
    as_json: _Json = False,
) -> None:
    """List the alert rules: what each watches, where its line is, and who is told.

    Example: tocsin rules list tunisia
    """
    with open_service(read_settings()) as service:
        names = list(service.catalog.theaters) if theater is None else [service.catalog.theater(theater).id]
        known = [item for name in names for item in service.rules.of(name).known.values()]
    if as_json:
        typer.echo(json.dumps([rule_object(item) for item in known], indent=2))
    else:
        print_rules(known)


@rules.command("test")
def run_tests(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Test files. [default: those that are declared, models/<theater>/alerts/tests/<name>.yaml]"
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder that holds models/ and indicators/. [default: the shipped kit]"),
    ] = None,
) -> None:
    """Judge alert rules on odds that test files state, and tell where they do not do what is expected.

    Needs no store, and records nothing. The exit status is 1 where anything else came than was expected.

    Example: tocsin rules test
    """
    root = catalog_folder(read_settings()) if folder is None else folder
    catalog = read_catalog(root)
    paths = {path.as_posix(): path for path in files} if files else declared_rule_tests(root)
    tests = read_rule_tests(paths, catalog)
    failed = 0
    for test in tests:
        known = [catalog.alert_rule(test.theater, name) for name in test.rules]
        found = run_rule_test(test, catalog.theater(test.theater), known)
        typer.echo(f"{'FAILED' if found else 'passed'}  {test.file}: {test.title}")
        for item in found:
            typer.echo(f"  {mismatch_line(test, item)}")
        failed += bool(found)
    typer.echo(f"{counted(len(tests), 'test')}, {failed} failed" if tests else f"there are no tests of rules in {root}")
    if failed:
        raise typer.Exit(1)


@rules.command("backtest")
def backtest(
    theater: Annotated[str, typer.Argument(help="The theater.")],
    rule: Annotated[str | None, typer.Argument(help="One rule. [default: all that are on odds]")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A rule that is not declared: a file as models/<theater>/alerts/ has them.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="From the end of this day, or this instant, on. [default: all]")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Up to the end of this day, or this instant. [default: now]")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Replay the publications on record through alert rules: lead time, missed events, false alarms, flaps.

    Only what was stated is replayed, and nothing is recorded. What came of it is what resolutions say now.

    Example: tocsin rules backtest tunisia --file draft.yaml --from 2016-01-01
    """
    if rule is not None and file is not None:
        raise InvalidInputError([Problem("", None, "--file", repr(str(file)), "either a RULE or a --file")])
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        first = None if begin is None else read_as_of(begin, declared.timeline, now, "--from")
        last = read_as_of(end, declared.timeline, now, "--to")
        if first is not None and first >= last:
            raise InvalidInputError([Problem("", None, "--from", repr(begin), "an instant before --to")])
        known = service.rules.of(declared.id).rules
        found = [
            backtest_rule(
                item,
                declared,
                rules=known,
                publications=service.publications,
                resolutions=service.resolutions,
                ledger=service.ledger,
                begin=first,
                end=last,
                now=now,
            )
            for item in _chosen(service, declared, rule, file)
        ]
    if as_json:
        typer.echo(json.dumps([backtest_object(item) for item in found], indent=2))
        return
    for item in found:
        print_backtest(item)


def _chosen(service: Service, theater: Theater, rule: str | None, file: Path | None) -> list[AlertRule]:
    known = service.rules.of(theater.id)
    if file is not None:
        quieting = {item.id: item.inhibited_by for item in known.rules}
        return [_read(service, theater, file, quieting)]
    if rule is not None:
        return [service.rules.rule(theater.id, rule).rule]
    found = [item for item in known.rules if not isinstance(item.condition, Staleness | Tripwire)]
    if not found:
        raise InvalidInputError(
            [Problem("", None, "theater", repr(theater.id), "one with a rule on odds, or a --file")]
        )
    return found


def _read(service: Service, theater: Theater, file: Path, quieting: dict[str, tuple[str, ...]]) -> AlertRule:
    try:
        document = file.read_text(encoding="utf-8")
        return read_set_rule(service.catalog, theater.id, file.stem, document, quieting)
    except InvalidDeclarationError as error:
        raise InvalidDeclarationError([replace(item, file=str(file)) for item in error.problems]) from error
    except UnicodeDecodeError as error:
        problem = Problem(str(file), None, "the file", f"not UTF-8 at byte {error.start}", "UTF-8 text")
        raise InvalidDeclarationError([problem]) from error
