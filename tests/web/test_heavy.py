"""Work that takes long: how much of it there is at once, who is sent away, and when it ends."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from support.serving import running
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import NoFitError, ServerBusyError, WorkStoppedError
from tocsin.usecases.ports import Progress
from tocsin.web import heavy as line
from tocsin.web import ranking
from tocsin.web.heavy import AT_ONCE, MOST_OF_ONE, MOST_WAITING, HeavyWork

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from support.kit import FittedStore
    from support.web import Web

_RANKING = "/api/v1/theaters/tunisia/collection"
_STEP = Progress("at work", 0, 1)


@dataclass
class _Asked:
    """A request whose client may go."""

    gone: bool = False

    async def is_disconnected(self) -> bool:
        return self.gone


@dataclass
class _Long:
    """Work that goes on until a test ends it, or until it is stopped."""

    end: threading.Event = field(default_factory=threading.Event)
    begun: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def of(self, name: str) -> Callable[[Callable[[Progress], None]], str]:
        """The work of somebody."""

        def work(report: Callable[[Progress], None]) -> str:
            self.begun.append(name)
            while not self.end.wait(0.01):
                try:
                    report(_STEP)
                except WorkStoppedError:
                    self.stopped.append(name)
                    raise
            return name

        return work


def _ask(
    heavy: HeavyWork, long: _Long, name: str, asked: _Asked | None = None, mark: str | None = None
) -> asyncio.Task[str]:
    principal = Principal(name, Role.VIEWER, None)
    request: Any = _Asked() if asked is None else asked
    return asyncio.create_task(heavy.run(request, principal, long.of(name), mark))


def _run(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Play a scene; what would never end fails."""
    asyncio.run(asyncio.wait_for(play(), 30))


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 (what threads do sets no event of ours)
            await asyncio.sleep(0.01)


def test_no_more_is_done_or_waits_than_there_are_places() -> None:
    """One name has its share and no more, and all names together have theirs; what has a place is done in the end."""

    async def play() -> None:
        heavy, long = HeavyWork(), _Long()
        of_one = [_ask(heavy, long, "ada") for _ in range(MOST_OF_ONE + 1)]
        others = [_ask(heavy, long, f"other {place}") for place in range(AT_ONCE + MOST_WAITING - MOST_OF_ONE + 1)]
        await _until(lambda: len(long.begun) == AT_ONCE and of_one[-1].done() and others[-1].done())
        for refused, whose in ((of_one.pop(), "yours"), (others.pop(), "others'")):
            with pytest.raises(ServerBusyError) as error:
                refused.result()
            assert error.value.whose == whose
        assert len(long.begun) == AT_ONCE
        long.end.set()
        told = await asyncio.gather(*of_one, *others)
        assert Counter(told) == Counter(long.begun)
        assert len(told) == AT_ONCE + MOST_WAITING
        await _until(lambda: not [item for item in threading.enumerate() if item.name == "tocsin heavy work"])

    _run(play)


def test_somebody_else_comes_before_the_second_of_one() -> None:
    """Whoever asks for much does not keep out who asks for little."""

    async def play() -> None:
        heavy, long = HeavyWork(), _Long()
        gone = _Asked()
        tasks = [_ask(heavy, long, "ada"), _ask(heavy, long, "bob", gone), _ask(heavy, long, "ada")]
        await _until(lambda: len(long.begun) == AT_ONCE)
        tasks.append(_ask(heavy, long, "eve"))
        await asyncio.sleep(0)
        gone.gone = True
        await _until(lambda: len(long.begun) > AT_ONCE)
        assert sorted(long.begun) == ["ada", "bob", "eve"]
        long.end.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    _run(play)


def test_work_stops_and_makes_room_when_whoever_asked_has_gone() -> None:
    """Under way or in line, which is never begun then."""

    async def play() -> None:
        heavy, long = HeavyWork(), _Long()
        asked = {name: _Asked() for name in ("a", "b", "c", "d")}
        left = {name: _ask(heavy, long, name, item) for name, item in asked.items()}
        await _until(lambda: len(long.begun) == AT_ONCE)
        for pair in ("cd", "ab"):
            for name in pair:
                asked[name].gone = True
            ended = await asyncio.gather(*(left[name] for name in pair), return_exceptions=True)
            assert {type(item) for item in ended} == {WorkStoppedError}
        await _until(lambda: sorted(long.stopped) == ["a", "b"])
        stays = _ask(heavy, long, "e")
        await _until(lambda: "e" in long.begun)
        assert sorted(long.begun) == ["a", "b", "e"]
        long.end.set()
        assert await stays == "e"

    _run(play)


def test_all_who_ask_for_the_same_wait_for_one_piece_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take one place together; what came of it is kept, of so many marks, for whoever comes later."""
    monkeypatch.setattr(line, "MOST_KEPT", 3)

    async def play() -> None:
        heavy, long = HeavyWork(), _Long()
        first = _ask(heavy, long, "first", mark="same")
        await _until(lambda: bool(long.begun))
        names = [*(["ada"] * (MOST_OF_ONE + 1)), *(f"other {place}" for place in range(AT_ONCE + MOST_WAITING))]
        tasks = [first, *(_ask(heavy, long, name, mark="same") for name in names)]
        await asyncio.sleep(0)
        long.end.set()
        assert set(await asyncio.gather(*tasks)) == {"first"}
        assert await _ask(heavy, long, "late", mark="same") == "first"
        assert long.begun == ["first"]
        for name in ("a", "b", "c"):
            assert await _ask(heavy, long, name, mark=name) == name
        assert await _ask(heavy, long, "again", mark="same") == "again"
        assert await _ask(heavy, long, "late", mark="c") == "c"
        assert await _ask(heavy, long, "own") == "own"
        assert long.begun == ["first", "a", "b", "c", "again", "own"]

    _run(play)


def test_shared_work_goes_on_while_anybody_waits_for_it() -> None:
    """In line and under way: who stays is told."""

    async def play() -> None:
        heavy, long, gone = HeavyWork(), _Long(), {name: _Asked() for name in ("a", "in line", "under way")}
        others = [_ask(heavy, long, "a", gone["a"]), _ask(heavy, long, "b")]
        await _until(lambda: len(long.begun) == AT_ONCE)
        in_line, under_way = (_ask(heavy, long, name, gone[name], "same") for name in ("in line", "under way"))
        stays = _ask(heavy, long, "stays", mark="same")
        await asyncio.sleep(0)
        for name, leaves in (("in line", in_line), ("a", others[0]), ("under way", under_way)):
            gone[name].gone = True
            with pytest.raises(WorkStoppedError):
                await leaves
            await _until(lambda: "in line" in long.begun or not others[0].done())
        long.end.set()
        assert await stays == "in line"
        assert (long.begun[AT_ONCE:], long.stopped) == (["in line"], ["a"])
        await asyncio.gather(*others, return_exceptions=True)

    _run(play)


def test_shared_work_stops_when_the_last_one_has_gone() -> None:
    """Whoever comes then has it begun anew."""

    async def play() -> None:
        heavy, long, gone = HeavyWork(), _Long(), _Asked()
        both = [_ask(heavy, long, name, gone, "same") for name in ("first", "second")]
        await _until(lambda: bool(long.begun))
        gone.gone = True
        assert {type(item) for item in await asyncio.gather(*both, return_exceptions=True)} == {WorkStoppedError}
        anew = _ask(heavy, long, "anew", mark="same")
        await _until(lambda: "anew" in long.begun)
        await _until(lambda: long.stopped == ["first"])
        long.end.set()
        assert await anew == "anew"

    _run(play)


def test_what_went_wrong_is_not_kept() -> None:
    """All who wait hear of it, and whoever comes then has it tried again."""
    tried: list[int] = []
    begun, end = threading.Event(), threading.Event()

    def fail(_: object) -> None:
        tried.append(1)
        begun.set()
        assert end.wait(10)
        raise NoFitError("tunisia", "now")

    async def play() -> None:
        heavy = HeavyWork()
        request: Any = _Asked()
        ask = partial(heavy.run, request, Principal("ada", Role.VIEWER, None), fail, "same")
        both = [asyncio.create_task(ask()) for _ in range(2)]
        await _until(begun.is_set)
        await asyncio.sleep(0)
        end.set()
        assert [type(item) for item in await asyncio.gather(*both, return_exceptions=True)] == 2 * [NoFitError]
        assert len(tried) == 1
        with pytest.raises(NoFitError):
            await ask()
        assert len(tried) == 2

    _run(play)


def test_what_goes_wrong_in_the_work_is_told_to_whoever_waits() -> None:
    """As if it had been done in the route itself."""

    def fail(_: object) -> None:
        raise NoFitError("tunisia", "now")

    async def play() -> None:
        request: Any = _Asked()
        with pytest.raises(NoFitError):
            await HeavyWork().run(request, Principal("ada", Role.VIEWER, None), fail)

    _run(play)


def test_a_stop_ends_all_work_and_lets_no_more_come() -> None:
    """Whoever waits is told at once, whether the work hears of it or not."""

    async def play() -> None:
        heavy, long = HeavyWork(), _Long()
        waiting = [_ask(heavy, long, name) for name in ("a", "b", "c")]
        await _until(lambda: len(long.begun) == AT_ONCE)
        heavy.close()
        waiting.append(_ask(heavy, long, "d"))
        async with asyncio.timeout(5):
            ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(item) for item in ended} == {WorkStoppedError}
        await _until(lambda: len(long.stopped) == AT_ONCE)

    _run(play)


@pytest.mark.fault(19)
def test_a_viewer_who_asks_for_too_much_is_told_when_to_come_back(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """And everybody else is answered as ever meanwhile."""
    long = _Long()
    refused: list[httpx2.Response] = []

    def collect(*_: object, report: Callable[[Progress], None], **_more: object) -> None:
        long.of("tester")(report)
        raise NoFitError("tunisia", "now")

    monkeypatch.setattr(ranking, "collect", collect)
    monkeypatch.setattr(line, "RETRY_SECONDS", 7)
    answers: list[httpx2.Response] = []

    def ask(place: int) -> None:
        answers.append(web.client.get(f"{_RANKING}?threshold=0.{place}"))  # what is asked twice is done once

    threads = [threading.Thread(target=ask, args=(place,), daemon=True) for place in range(1, MOST_OF_ONE + 4)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 10
    try:
        while len(refused) < 3 and time.monotonic() < until:
            refused = [item for item in answers if item.status_code == 429]
            threading.Event().wait(0.01)
        assert len(refused) == 3
        assert refused[0].json()["type"] == "urn:tocsin:problem:busy-server"
        assert refused[0].headers["retry-after"] == "7"
        assert web.client.get("/api/v1/theaters/tunisia/odds").status_code == 200
        assert len(long.begun) == AT_ONCE
    finally:
        long.end.set()
        for thread in threads:
            thread.join()
    assert Counter(item.status_code for item in answers) == {429: 3, 409: MOST_OF_ONE}


@pytest.mark.fault(19)
def test_a_server_at_heavy_work_stops_in_ten_seconds(tmp_path: Path, fitted_store: FittedStore) -> None:
    """Whoever waited is told, or cut off."""
    fitted_store.copy(tmp_path / "home")
    with running(tmp_path / "home") as server:

        def ask(place: int) -> None:
            with suppress(httpx2.TransportError):
                server.get(f"{_RANKING}?as_of=2016-03-08&threshold=0.0{place}")  # what is asked twice is done once

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(12)]
        for thread in threads:
            thread.start()
        threading.Event().wait(1.0)
        assert server.get("/healthz").status_code == 200
        code, seconds = server.stop()
        for thread in threads:
            thread.join()
        assert code == 0
        assert seconds < 10
