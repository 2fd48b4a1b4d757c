"""`tocsin demo`: the Tunisia theater as of 8 March 2016, from files to odds."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.bootstrap.service import catalog_folder, open_service
from tocsin.cli.fit import DEFAULT_DEADLINE, DEFAULT_SEED, run_fit
from tocsin.cli.odds import show_odds
from tocsin.domain.errors import FitRejectedError, StoreError
from tocsin.domain.instants import read_as_of
from tocsin.domain.plural import counted
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import Settings, read_settings
from tocsin.store.additions import count_additions
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade
from tocsin.usecases.observe import observe

if TYPE_CHECKING:
    from collections.abc import Mapping

THEATER = "tunisia"
DAY = "2016-03-08"
_CACHE = "cache"
_AUTHOR = "tocsin demo"
_FITS = 1
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

    Its store is in the folder `demo` of TOCSIN_HOME, or in TOCSIN_HOME where that is such a store already. The
    demo's last store is replaced once the new one is fitted; one that you have added to stays as it is.
    Then it answers over HTTP, to this machine alone and to everybody on it, until control-C.

    Example: tocsin demo --once
    """
    began = time.monotonic()
    settings = _demo_settings(read_settings())
    if not once:
        _refuse_others(settings)
    _refuse_others_folder(settings.home)
    added = _added(settings)
    if added and not replace:
        typer.echo(_kept_as_it_is(settings.home, added), err=True)
    else:
        _make(settings)
    with open_service(settings) as service:
        theater = service.catalog.theater(THEATER)
        show_odds(service, theater, read_as_of(DAY, theater.timeline, datetime.now(UTC)), as_json=as_json)
    if replace or not added:
        typer.echo(f"from files to odds in {time.monotonic() - began:.0f} s", err=True)
    if not once:
        typer.echo(_what_next(settings.home), err=True)
        _serve(settings)
        typer.echo(_what_is_left(settings.home), err=True)


def _refuse_others(settings: Settings) -> None:
    """InvalidInputError where more than this machine would reach the demo; before it is built, which takes a while."""
    from tocsin.web.demo_gate import demo_gate  # noqa: PLC0415 (only who serves pays for loading it)

    demo_gate(settings.host)


def _serve(settings: Settings) -> None:
    """Answer over HTTP on this machine alone; nobody has to sign in."""
    from tocsin.web.demo_gate import demo_gate  # noqa: PLC0415 (only who serves pays for loading it)
    from tocsin.web.serve import address, listen, serve  # noqa: PLC0415 (as above)

    gate = demo_gate(settings.host)
    with listen(settings) as found:
        typer.echo(f"answering on {address(found)}/api/v1/theaters until control-C", err=True)
        serve(settings, found, lambda _: nullcontext(gate))


def _make(settings: Settings) -> None:
    """A new store in the demo's folder, once it is there."""
    home = settings.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _mark(home)
    building = Path(tempfile.mkdtemp(prefix=f"{home.name}.building-", dir=home.parent))
    try:
        _mark(building)
        # What is compiled goes where the new store will look for it, and stays there if the demo is stopped.
        _build(settings.model_copy(update={"home": building, "compile_cache": settings.cache_folder}))
        _swap_in(building, settings)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _mark(folder: Path) -> None:
    (folder / _MARK).write_text("the store of tocsin demo\n", encoding="utf-8")


def _build(settings: Settings) -> None:
    """A store with every shipped observation and an accepted fit."""
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
        typer.echo(f"loaded {counted(len(recorded.added), 'observation')}", err=True)
        as_of = read_as_of(DAY, theater.timeline, datetime.now(UTC))
        fit = run_fit(service, settings, theater, as_of, DEFAULT_SEED, DEFAULT_DEADLINE)
        if not fit.accepted:
            raise FitRejectedError(fit.id, fit.rejections)


def _demo_settings(settings: Settings) -> Settings:
    """The demo's own folder, with its compile cache in it: where every command on that store looks for it."""
    inside = (settings.home / _MARK).exists()
    home = settings.home if inside else settings.home / "demo"
    return settings.model_copy(update={"home": home, "database_url": None})


def _refuse_others_folder(home: Path) -> None:
    """StoreError where the demo's folder is not the demo's."""
    if home.exists() and not (home / _MARK).exists():
        message = f"{home} was not made by the demo and is left alone; move it, or set TOCSIN_HOME elsewhere"
        raise StoreError(message)


def _kept_as_it_is(home: Path, added: Mapping[str, int]) -> str:
    yours = ", ".join(f"{count} {noun}{'s' if count != 1 else ''}" for noun, count in added.items())
    return (
        f"the demo store in {home} holds {yours} of yours and stays as it is; for a new one, with yours kept beside "
        "it: tocsin demo --replace, or make demo ARGS=--replace"
    )


def _added(settings: Settings) -> Mapping[str, int]:
    """What is in the demo's store that the demo did not put there, by noun."""
    if settings.store_file is None or not settings.store_file.exists():
        return {}
    upgrade(settings.store_url)  # an older store has not all the tables that are looked into
    engine = open_engine(settings.store_url)
    try:
        return count_additions(engine, _AUTHOR, _FITS)
    finally:
        engine.dispose()


def _swap_in(building: Path, settings: Settings) -> None:
    """Put the new store in the old one's place; the old one is kept where somebody has added to it.

    What was compiled goes from the old one to the new. It is looked again after the swap, so that what was recorded
    while the new store was built is not lost.
    """
    home = settings.home
    old = home.with_name(f"{home.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    home.rename(old)
    building.rename(home)
    if (old / _CACHE).exists():
        (old / _CACHE).rename(home / _CACHE)
    if _added(settings.model_copy(update={"home": old})):
        typer.echo(f"what you added is kept in {old}", err=True)
    else:
        shutil.rmtree(old, ignore_errors=True)


def _what_is_left(home: Path) -> str:
    """What to know once it was stopped."""
    return (
        f"\nstopped; the store stays in {home} as you left it. To answer from it again: tocsin demo, or make demo. "
        "With a worker, accounts and keys:\n"
        f"  export TOCSIN_HOME={home}\n"
        "  tocsin serve"
    )


def _what_next(home: Path) -> str:
    programs = Path(sys.executable).parent
    # Where the command is not found by its name, as after `make demo`.
    found = shutil.which("tocsin") is not None or not (programs / "activate").exists()
    activate = "" if found else f"  source {programs / 'activate'}\n"
    return (
        f"\nThe store is in {home}. Try next, in another window:\n"
        f"{activate}"
        f"  export TOCSIN_HOME={home}\n"
        f"  tocsin observe {THEATER} group/leadership-loss 1 --on 2016-03-07 --grade A1 --history\n"
        f"  tocsin fit {THEATER} --as-of {DAY} && tocsin odds {THEATER} --as-of {DAY}\n"
        f"  tocsin fit {THEATER} --as-of 2016-03-11 && tocsin odds {THEATER} --as-of 2016-03-11"
    )
