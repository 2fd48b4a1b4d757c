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
_MARK = "made-by-tocsin-demo"


def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the odds and exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
) -> None:
    """Load the Tunisia kit into a fresh store as of 8 March 2016, fit it and print the odds.

    Example: tocsin demo --once
    """
    began = time.monotonic()
    settings = _fresh_home(read_settings())
    upgrade(settings.store_url)
    with open_service(settings) as service:
        theater = service.catalog.theater(THEATER)
        recorded = observe(
            shipped_drafts(catalog_folder(settings) / "indicators"),
            indicators=service.catalog.indicators(THEATER),
            timeline=theater.timeline,
            ledger=service.ledger,
            now=datetime.now(UTC),
            author="tocsin demo",
            history=True,
        )
        typer.echo(f"loaded {len(recorded.added)} observations into {settings.home}", err=True)
        as_of = read_as_of(DAY, theater.timeline, datetime.now(UTC))
        fit = run_fit(service, settings, theater, as_of, DEFAULT_SEED, DEFAULT_DEADLINE)
        if not fit.accepted:
            raise FitRejectedError(fit.id, fit.rejections)
        show_odds(service, theater, as_of, as_json=as_json)
        typer.echo(f"from files to odds in {time.monotonic() - began:.0f} s", err=True)
        if not once:
            typer.echo(_what_next(settings.home), err=True)


def _fresh_home(settings: Settings) -> Settings:
    """A folder of the demo's own, emptied; the compile cache stays where it serves everything else."""
    home = settings.home / "demo"
    if home.exists() and not (home / _MARK).exists():
        message = f"{home} was not made by the demo and is not emptied; move it, or set TOCSIN_HOME elsewhere"
        raise StoreError(message)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / _MARK).write_text("tocsin demo empties this folder each time it runs\n", encoding="utf-8")
    return settings.model_copy(
        update={
            "home": home,
            "database_url": None,
            "database_url_file": None,
            "compile_cache": settings.cache_folder,
        }
    )


def _what_next(home: Path) -> str:
    return (
        f"\nThe store is in {home}; the next demo replaces it. The board that this command will open is not built yet. "
        f"Try next:\n"
        f"  export TOCSIN_HOME={home}\n"
        f"  tocsin observe {THEATER} group/leadership-loss 1 --on 2016-03-07 --grade A1 --history\n"
        f"  tocsin fit {THEATER} --as-of {DAY} && tocsin odds {THEATER} --as-of {DAY}\n"
        f"  tocsin fit {THEATER} --as-of 2016-03-11 && tocsin odds {THEATER} --as-of 2016-03-11"
    )
