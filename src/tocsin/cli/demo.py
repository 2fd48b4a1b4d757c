"""`tocsin demo`: the Tunisia theater as of 8 March 2016, from files to odds."""

from __future__ import annotations

import shutil
import tempfile
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
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade
from tocsin.store.observation import count_by_others
from tocsin.usecases.observe import observe

THEATER = "tunisia"
DAY = "2016-03-08"
_CACHE = "cache/compile"
_AUTHOR = "tocsin demo"
_MARK = "made-by-tocsin-demo"


def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the odds and exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Put a new store in the place of one that you have added to, which is kept aside."
        ),
    ] = False,
) -> None:
    """Load the Tunisia kit into a new demo store, fit it as of 8 March 2016 and print the odds.

    The demo's last store is replaced once the new one is fitted; one that holds observations of yours never silently.

    Example: tocsin demo --once
    """
    began = time.monotonic()
    settings = _demo_settings(read_settings())
    settings.home.parent.mkdir(parents=True, exist_ok=True)
    _refuse_to_replace(settings, replace=replace)
    building = Path(tempfile.mkdtemp(prefix=f"{settings.home.name}.building-", dir=settings.home.parent))
    try:
        (building / _MARK).write_text("the store of tocsin demo\n", encoding="utf-8")
        as_of = _build(settings.model_copy(update={"home": building}))
        _swap_in(building, settings)
    finally:
        shutil.rmtree(building, ignore_errors=True)
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
            "compile_cache": settings.compile_cache or (settings.home.parent if inside else settings.home) / _CACHE,
        }
    )


def _refuse_to_replace(settings: Settings, *, replace: bool) -> None:
    """StoreError where the demo's folder is not the demo's, or holds observations of somebody else's."""
    home = settings.home
    if home.exists() and not (home / _MARK).exists():
        message = f"{home} was not made by the demo and is left alone; move it, or set TOCSIN_HOME elsewhere"
        raise StoreError(message)
    added = _added(settings)
    if added and not replace:
        message = f"the demo store in {home} holds {added} observations of yours and is left alone; "
        raise StoreError(message + "to put a new one in its place: tocsin demo --replace")


def _added(settings: Settings) -> int:
    """Observations in the demo's store that the demo did not put there."""
    if settings.store_file is None or not settings.store_file.exists():
        return 0
    engine = open_engine(settings.store_url)
    try:
        return count_by_others(engine, _AUTHOR)
    finally:
        engine.dispose()


def _swap_in(building: Path, settings: Settings) -> None:
    """Put the new store in the old one's place; the old one is kept where somebody else's observations are in it.

    Counted again after the swap, so that what was recorded while the new store was built is not lost.
    """
    home = settings.home
    old = home.with_name(f"{home.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    if home.exists():
        home.rename(old)
    building.rename(home)
    if old.exists():
        if _added(settings.model_copy(update={"home": old})):
            typer.echo(f"your observations are kept in {old}", err=True)
        else:
            shutil.rmtree(old, ignore_errors=True)


def _what_next(home: Path) -> str:
    return (
        f"\nThe store is in {home}. The board that this command will open is not built yet. "
        f"Try next:\n"
        f"  export TOCSIN_HOME={home}\n"
        f"  tocsin observe {THEATER} group/leadership-loss 1 --on 2016-03-07 --grade A1 --history\n"
        f"  tocsin fit {THEATER} --as-of {DAY} && tocsin odds {THEATER} --as-of {DAY}\n"
        f"  tocsin fit {THEATER} --as-of 2016-03-11 && tocsin odds {THEATER} --as-of 2016-03-11"
    )
