"""`tocsin demo`: the Tunisia theater as of 8 March 2016, from files to odds and the board."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import threading
import time
import webbrowser
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.bootstrap.children import Child
from tocsin.bootstrap.demo_clock import DemoClock
from tocsin.bootstrap.service import catalog_folder, open_service
from tocsin.cli.demo_story import AFTER, FIRST, Story, Tally, open_story, replayed_days
from tocsin.cli.demo_story import DAY as BEN_GUERDANE
from tocsin.cli.fit import DEFAULT_DEADLINE, DEFAULT_SEED, run_fit
from tocsin.cli.odds import show_odds
from tocsin.cli.stopping import stop_with_parent, stopped_by_signals
from tocsin.domain.errors import FitRejectedError, StoreError
from tocsin.domain.instants import read_as_of
from tocsin.domain.observation import read_drafts
from tocsin.domain.plural import counted
from tocsin.feeds.shipped import shipped_drafts
from tocsin.settings import Settings, read_settings
from tocsin.store.additions import count_additions
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade
from tocsin.usecases.observe import observations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

THEATER = "tunisia"
DAY = f"{BEN_GUERDANE}"
_CACHE = "cache"
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
    replay: Annotated[
        bool, typer.Option("--replay", help="Begin in February 2016 and step week by week, on a new store.")
    ] = False,
    every: Annotated[float, typer.Option(min=0, help="Seconds that a step of the replay takes at least.")] = 12.0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the board in your browser.")] = False,
    listening: Annotated[int | None, typer.Option(hidden=True, help="A socket that is handed down.")] = None,
) -> None:
    """Load the Tunisia kit into a new demo store, fit it as of 8 March 2016, print the odds and show the board.

    Its store is in the folder `demo` of TOCSIN_HOME, or in TOCSIN_HOME where that is such a store already. The
    demo's last store is replaced once the new one is fitted; one that you have added to stays as it is.
    Then it answers over HTTP, to this machine alone and to everybody on it, until control-C; there it is the night
    after 8 March 2016. With --replay it begins a month earlier, and goes on a week every some seconds.

    Example: tocsin demo --replay
    """
    began = time.monotonic()
    settings = _demo_settings(read_settings())
    if listening is not None:
        _answer(settings, socket.socket(fileno=listening))
        return
    if not once:
        _refuse_others(settings)
    _refuse_others_folder(settings.home)
    added = _added(settings)
    if added and not replace:
        if replay:
            raise StoreError(_kept_as_it_is(settings.home, added))
        typer.echo(_kept_as_it_is(settings.home, added), err=True)
    else:
        _make(settings, fitted=not replay)
    if replay and not once:
        _play(settings, lambda story: story.replay(list(replayed_days()), every), open_browser=open_browser)
        return
    with open_service(settings) as service:
        theater = service.catalog.theater(THEATER)
        show_odds(service, theater, read_as_of(DAY, theater.timeline, datetime.now(UTC)), as_json=as_json)
    if replace or not added:
        typer.echo(f"from files to odds in {time.monotonic() - began:.0f} s", err=True)
    if not once:
        typer.echo(_what_next(settings.home), err=True)
        earlier = None if added and not replace else Story.tell_earlier
        _play(settings, earlier, open_browser=open_browser)


def _refuse_others(settings: Settings) -> None:
    """InvalidInputError where more than this machine would reach the demo; before it is built, which takes a while."""
    from tocsin.web.demo_gate import demo_gate  # noqa: PLC0415 (only who serves pays for loading it)

    demo_gate(settings.host)


def _play(settings: Settings, tell: Callable[[Story], None] | None, *, open_browser: bool) -> None:
    """Answer in a child process, and have things happen in this one, until control-C."""
    from tocsin.web.serve import address, listen, tend_until_stopped  # noqa: PLC0415 (only who serves pays for it)

    clock = DemoClock(settings.home)
    _set_clock(settings, clock, replaying=tell is not None and tell is not Story.tell_earlier)
    with listen(settings) as found, stopped_by_signals() as stopped:
        command = [sys.executable, "-m", "tocsin", "demo", "--listening", str(found.fileno())]
        child = Child("demo web", command, handed=(found.fileno(),))
        tending = threading.Thread(target=tend_until_stopped, args=([child], stopped))
        tending.start()
        try:
            board = f"{address(found)}/theaters/{THEATER}"
            typer.echo(f"the board: {board}\nanswering on {address(found)}/api/v1/theaters until control-C", err=True)
            if open_browser:
                webbrowser.open(board)
            _tell(settings, clock, stopped, tell)
        finally:
            stopped.set()
            tending.join()
    clock.set(clock())  # where it goes on, should the store be answered from again
    typer.echo(_what_is_left(settings.home), err=True)


def _set_clock(settings: Settings, clock: DemoClock, *, replaying: bool) -> None:
    """To the night after the day, or to where the replay begins; where the store is kept, it goes on from its last."""
    if clock.is_set and not replaying:
        clock.set(clock())
        return
    with open_service(settings) as service:
        timeline = service.catalog.theater(THEATER).timeline
    clock.set(timeline.close_of(FIRST) if replaying else timeline.close_of(BEN_GUERDANE) + AFTER)


def _tell(settings: Settings, clock: DemoClock, stopped: threading.Event, tell: Callable[[Story], None] | None) -> None:
    def story(found: Story) -> None:
        if tell is not None:
            tell(found)
        found.watch()

    open_story(settings, THEATER, clock, stopped, story, settings.home / _MARK)


def _answer(settings: Settings, listening: socket.socket) -> None:
    """Answer over HTTP on this machine alone, by the demonstration's clock; nobody has to sign in."""
    from tocsin.web.demo_gate import demo_gate  # noqa: PLC0415 (only who serves pays for loading it)
    from tocsin.web.serve import serve  # noqa: PLC0415 (as above)

    stop_with_parent()
    gate = demo_gate(settings.host)
    serve(settings, listening, lambda _: nullcontext(gate), DemoClock(settings.home))


def _make(settings: Settings, *, fitted: bool = True) -> None:
    """A new store in the demo's folder, once it is there; with its fit, unless a replay makes its own."""
    home = settings.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _mark(home)
    building = Path(tempfile.mkdtemp(prefix=f"{home.name}.building-", dir=home.parent))
    try:
        _mark(building)
        # What is compiled goes where the new store will look for it, and stays there if the demo is stopped.
        build = _build if fitted else _load
        build(settings.model_copy(update={"home": building, "compile_cache": settings.cache_folder}))
        _swap_in(building, settings)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _mark(folder: Path) -> None:
    Tally(folder / _MARK).write(fits=1, publications=0)


def _build(settings: Settings) -> None:
    """A store with every shipped observation and an accepted fit."""
    _load(settings)
    with open_service(settings) as service:
        theater = service.catalog.theater(THEATER)
        as_of = read_as_of(DAY, theater.timeline, datetime.now(UTC))
        fit = run_fit(service, settings, theater, as_of, DEFAULT_SEED, DEFAULT_DEADLINE, as_of)
        if not fit.accepted:
            raise FitRejectedError(fit.id, fit.rejections)


def _load(settings: Settings) -> None:
    """A store with every shipped observation, written down before the demonstration begins, as its fits count those."""
    upgrade(settings.store_url)
    with open_service(settings, clock=None) as service:
        theater = service.catalog.theater(THEATER)
        drafts = shipped_drafts(catalog_folder(settings) / "indicators")
        today = theater.timeline.last_day(datetime.now(UTC))
        reports = read_drafts(drafts, service.catalog.indicators(THEATER), today, theater.timeline)
        begin = theater.timeline.close_of(FIRST) - AFTER
        recorded = service.ledger.record(observations_of(reports, theater.timeline, begin, _AUTHOR, history=True))
        typer.echo(f"loaded {counted(len(recorded.added), 'observation')}", err=True)


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
        return count_additions(engine, _AUTHOR, *Tally(settings.home / _MARK).read())
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
