"""`tocsin demo`: the Tunisia theater as of 8 March 2016, from files to odds."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import catalog_folder, open_service
from tocsin.cli.fit import DEFAULT_DEADLINE, DEFAULT_SEED, run_fit
from tocsin.cli.instants import read_as_of
from tocsin.cli.odds import show_odds
from tocsin.domain.errors import FitRejectedError, StoreError
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import Settings, read_settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.observe import observe

THEATER = "tunisia"
DAY = "2016-03-08"
_AUTHOR = "tocsin demo"
_MARK = "made-by-tocsin-demo"


def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the odds and exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a demo store that you have added to.")] = False,
) -> None:
    """Load the Tunisia kit into a new demo store, fit it as of 8 March 2016 and print the odds.

    The demo's last store is replaced once the new one is fitted, but never one that holds observations of yours.

    Example: tocsin demo --once
    """
    began = time.monotonic()
    settings = _demo_settings(read_settings())
    _spare_what_was_added(settings, replace=replace)
    building = settings.model_copy(update={"home": settings.home.with_name(settings.home.name + ".building")})
    shutil.rmtree(building.home, ignore_errors=True)
    building.home.mkdir(parents=True)
    (building.home / _MARK).write_text("the store of tocsin demo\n", encoding="utf-8")
    as_of = _build(building)
    shutil.rmtree(settings.home, ignore_errors=True)
    building.home.rename(settings.home)
    with open_service(settings) as service:
        show_odds(service, service.catalog.theater(THEATER), as_of, as_json=as_json)
    typer.echo(f"from files to odds in {time.monotonic() - began:.0f} s", err=True)
    if not once:
        typer.echo(_what_next(settings.home), err=True)


def _build(settings: Settings) -> datetime:
    """A store with every shipped observation and an accepted fit; the instant that it is of."""
    upgrade(settings.store_url)
    with open_service(settings) as service:
        theater = service.catalog.theater(THEATER)
        recorded = observe(
            shipped_drafts(catalog_folder(settings) / "indicators"),
            indicators=service.catalog.indicators(THEATER),
            timeline=theater.timeline,
            ledger=service.ledger,
            now=datetime.now(UTC),
            author=_AUTHOR,
            history=True,
        )
        typer.echo(f"loaded {len(recorded.added)} observations", err=True)
        as_of = read_as_of(DAY, theater.timeline, datetime.now(UTC))
        fit = run_fit(service, settings, theater, as_of, DEFAULT_SEED, DEFAULT_DEADLINE)
        if not fit.accepted:
            raise FitRejectedError(fit.id, fit.rejections)
        return as_of


def _demo_settings(settings: Settings) -> Settings:
    """The demo's own folder; the compile cache stays where it serves everything else."""
    inside = (settings.home / _MARK).exists()
    return settings.model_copy(
        update={
            "home": settings.home if inside else settings.home / "demo",
            "database_url": None,
            "database_url_file": None,
            "compile_cache": settings.home.parent / "cache" / "compile" if inside else settings.cache_folder,
        }
    )


def _spare_what_was_added(settings: Settings, *, replace: bool) -> None:
    home = settings.home
    if replace or not home.exists():
        return
    if not (home / _MARK).exists():
        message = f"{home} was not made by the demo and is left alone; move it, or set TOCSIN_HOME elsewhere"
        raise StoreError(message)
    with open_service(settings) as service:
        names = [indicator.id for indicator in service.catalog.theater(THEATER).indicators]
        added = sum(item.author != _AUTHOR for item in service.ledger.observations(names, datetime.now(UTC)))
    if added:
        message = f"the demo store in {home} holds {added} observations of yours and is left alone; "
        raise StoreError(message + "to replace it: tocsin demo --replace")


def _what_next(home: Path) -> str:
    return (
        f"\nThe store is in {home}. The board that this command will open is not built yet. "
        f"Try next:\n"
        f"  export TOCSIN_HOME={home}\n"
        f"  tocsin observe {THEATER} group/leadership-loss 1 --on 2016-03-07 --grade A1 --history\n"
        f"  tocsin fit {THEATER} --as-of {DAY} && tocsin odds {THEATER} --as-of {DAY}\n"
        f"  tocsin fit {THEATER} --as-of 2016-03-11 && tocsin odds {THEATER} --as-of 2016-03-11"
    )
