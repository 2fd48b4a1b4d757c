"""The stream of events: who is told what, what is told again, and who is cut off."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from support.serving import Message, messages
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import NoFitError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.odds import Interval, Odds, Status
from tocsin.web import followers as room
from tocsin.web.api import events as route
from tocsin.web.app import make_app
from tocsin.web.telling import KINDS, tell, watching_theaters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from support.web import Web
    from tocsin.web.means import Means

_AT = datetime(2026, 11, 1, tzinfo=UTC)
_SEEN = {"indicators": ["violence/border-attack"], "ids": ["a"], "added": 1}
_WIDE = Interval(0.2, 0.4)
_ADA = Principal("ada", Role.VIEWER, frozenset({"tunisia"}))


@dataclass
class Book:
    """A record of events in memory."""

    kept: list[Event] = field(default_factory=list)
    asked: int = 0

    def last(self) -> int:
        """The number of the last."""
        return len(self.kept)

    def after(self, number: int, limit: int, kinds: Any = ()) -> list[Event]:  # noqa: ANN401 (the port's)
        """Those that came after one."""
        self.asked += 1
        return [event for event in self.kept[number:] if not kinds or event.kind in kinds][:limit]

    def write(self, kind: EventKind, theater: str = "", **detail: object) -> None:
        """Record one."""
        self.kept.append(Event(kind, _AT, theater, "subject", "tester", detail, len(self.kept) + 1))


@dataclass
class Desk:
    """Answers with one number, and counts how often it is asked."""

    asked: int = 0
    fails: bool = False

    def read(self, theater: Any, as_of: datetime) -> Any:  # noqa: ANN401 (the port's)
        """Odds without any."""
        self.asked += 1
        if self.fails:
            raise NoFitError(theater.id, "now")
        fit = SimpleNamespace(id="fit", as_of=as_of)
        odds = Odds("s", 30, 0.3, _WIDE, _WIDE, 0.1, False, 0.01, "unlikely", None, Status.FITTED, as_of, "fit", 0.0)  # noqa: FBT003
        return SimpleNamespace(fit=fit, asked=as_of, reason=None, met={}, odds=(odds,))


@dataclass
class Stage:
    """The application on a record and a desk of a test's own, and streams that it opens."""

    means: Means
    app: Any
    book: Book
    desk: Desk

    @asynccontextmanager
    async def stream(
        self, query: str = "", **headers: str
    ) -> AsyncIterator[Callable[[], Coroutine[Any, Any, Message | None]]]:
        """What comes on a stream, message by message; None once it has ended."""
        parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        status: list[int] = []

        async def send(message: Any) -> None:  # noqa: ANN401 (ASGI's)
            if message["type"] == "http.response.start":
                status.append(message["status"])
            else:
                await parts.put(message.get("body", b""))
                if not message.get("more_body"):
                    await parts.put(None)

        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/events",
            "raw_path": b"/api/v1/events",
            "root_path": "",
            "query_string": query.encode(),
            "scheme": "http",
            "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        task = asyncio.create_task(self.app(scope, receive, send))

        async def take() -> Message | None:
            while (part := await asyncio.wait_for(parts.get(), 10)) is not None:
                assert status == [200], part
                for message in messages(iter(part.decode().splitlines())):
                    return message
            return None

        try:
            yield take
        finally:
            gone.set()
            await asyncio.wait_for(task, 10)

    def run(self, play: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Play a scene."""
        asyncio.run(play())


@pytest.fixture
def stage(web: Web) -> Stage:
    """The Tunisia theater, of which nothing has happened."""
    book, desk = Book(), Desk()
    service = replace(web.means.service, events=book)
    means = replace(web.means, service=service, desk=desk)  # type: ignore[arg-type]
    return Stage(means, make_app(means), book, desk)


def test_new_odds_come_before_what_changed_them_and_once_for_all_readers(stage: Stage) -> None:
    """Computed once, however many events and streams there are."""

    async def play() -> None:
        async with stage.stream() as one, stage.stream() as other:
            begun = await one()
            assert begun is not None
            assert (begun.id, begun.kind) == ("0", "")
            await other()
            stage.book.write(EventKind.OBSERVATIONS_RECORDED, **_SEEN)
            stage.book.write(EventKind.OBSERVATIONS_RECORDED, **_SEEN)
            for take in (one, other):
                told = [await take() for _ in range(3)]
                assert [(item.kind, item.id) for item in told if item] == [
                    ("odds", None),
                    ("observations", "1"),
                    ("observations", "2"),
                ]
        assert stage.desk.asked == 1

    stage.run(play)


def test_a_theater_without_a_fit_has_events_and_no_odds(stage: Stage) -> None:
    """What cannot be answered is not made up, nor does it end the stream."""

    async def play() -> None:
        stage.desk.fails = True
        async with stage.stream() as take:
            await take()
            stage.book.write(EventKind.OBSERVATIONS_RECORDED, **_SEEN)
            told = await take()
            assert told is not None
            assert told.kind == "observations"

    stage.run(play)


def test_whoever_comes_back_is_told_what_was_missed(stage: Stage) -> None:
    """By the last id or by `after`, of which the id that a browser sends says more."""

    async def play() -> None:
        for _ in range(3):
            stage.book.write(EventKind.ODDS_PUBLISHED, "tunisia")
        async with stage.stream("after=0", Last_Event_ID="1") as take:
            told = [await take(), await take()]
            assert [(item.kind, item.id) for item in told if item] == [("publication", "2"), ("publication", "3")]
        async with stage.stream("after=2") as take:
            item = await take()
            assert item is not None
            assert item.id == "3"

    stage.run(play)


@pytest.mark.parametrize("after", [0, 9])
def test_a_gap_says_that_not_everything_can_be_told_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Where too much was missed, and where the reader knows of more than this store: then it goes on from now."""
    monkeypatch.setattr(room, "MOST_MISSED", 2)

    async def play() -> None:
        for _ in range(3):
            stage.book.write(EventKind.ODDS_PUBLISHED, "tunisia")
        async with stage.stream(f"after={after}") as take:
            gap = await take()
            assert gap is not None
            assert (gap.kind, gap.id, gap.data["after"]) == ("gap", "3", after)
            stage.book.write(EventKind.WINDOW_SETTLED, "tunisia")
            told = await take()
            assert told is not None
            assert (told.kind, told.id) == ("resolution", "4")

    stage.run(play)


def test_nobody_is_told_of_theaters_that_they_may_not_see(stage: Stage, web: Web) -> None:
    """Nor of accounts and sessions, nor of events of no theater."""
    web.gate.principal = _ADA

    async def play() -> None:
        async with stage.stream() as take:
            await take()
            stage.book.write(EventKind.ODDS_PUBLISHED, "mali")
            stage.book.write(EventKind.REVIEW_DECIDED, feed="mali/feed")
            stage.book.write(EventKind.OBSERVATIONS_RECORDED, indicators=["unknown/indicator"])
            stage.book.write(EventKind.SIGNED_IN)
            stage.book.write(EventKind.REVIEW_DECIDED, feed="tunisia/feed")
            told = await take()
            assert told is not None
            assert (told.kind, told.id, told.data["theaters"]) == ("review", "5", ["tunisia"])

    stage.run(play)


@pytest.mark.fault(19)
@pytest.mark.parametrize(("role", "kinds"), [(Role.VIEWER, ["review"]), (Role.ANALYST, ["delivery", "review"])])
def test_a_delivery_is_told_to_who_may_read_deliveries(stage: Stage, web: Web, role: Role, kinds: list[str]) -> None:
    """As it comes, and among what was missed."""
    web.gate.principal = replace(_ADA, role=role)

    async def play() -> None:
        for query in ("", "after=0"):
            async with stage.stream(query) as take:
                if not query:
                    await take()
                    stage.book.write(EventKind.DELIVERY_FAILED, "tunisia")
                    stage.book.write(EventKind.REVIEW_DECIDED, feed="tunisia/feed")
                told = [await take() for _ in kinds]
                assert [item.kind for item in told if item] == kinds

    stage.run(play)


def test_of_an_event_of_several_theaters_only_their_own_part_is_told(stage: Stage) -> None:
    """Not even how many observations the rest has."""
    catalog = stage.means.service.catalog
    watching = {**watching_theaters(catalog), "elsewhere/thing": frozenset({"mali"})}
    detail = {"indicators": ["elsewhere/thing", "violence/border-attack"], "ids": ["a", "b"], "added": 2}
    told = tell(Event(EventKind.OBSERVATIONS_RECORDED, _AT, "", "a", "tester", detail, 7), watching)
    assert told.theaters == {"mali", "tunisia"}
    part = json.loads(told.text(frozenset({"tunisia"}), catalog))
    assert part["detail"] == {"indicators": ["violence/border-attack"]}
    assert (part["theaters"], part["subject"]) == (["tunisia"], "")
    whole = json.loads(told.text(frozenset({"tunisia", "mali"}), catalog))
    assert (whole["detail"], whole["at"]) == (detail, "2026-11-01T00:00:00Z")


@pytest.mark.fault(19)
def test_a_stream_ends_when_its_key_is_revoked(stage: Stage, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within seconds, without another request; so it does when its theaters are changed."""
    monkeypatch.setattr(route, "_RECHECK_SECONDS", 0.05)

    async def play() -> None:
        async with stage.stream() as take:
            await take()
            web.gate.principal = _ADA
            assert await take() is None
        async with stage.stream() as take:
            await take()
            web.gate.principal = None
            assert await take() is None

    stage.run(play)


def test_a_reader_that_is_too_slow_is_cut_off_and_others_are_not(stage: Stage) -> None:
    """What waits for one is bounded."""

    async def play() -> None:
        followers = room.Followers(stage.means, stage.app.state.traffic)
        slow, quick = (room.Follower(frozenset({"tunisia"}), everything=True) for _ in range(2))
        await followers.join(slow)
        await followers.join(quick)
        for _ in range(room.MOST_WAITING + 1):
            stage.book.write(EventKind.ODDS_PUBLISHED, "tunisia")
            if len(stage.book.kept) == room.MOST_WAITING:
                followers.wake()
                assert len(await quick.take(5)) == room.MOST_WAITING
        followers.wake()
        assert len(await quick.take(5)) == 1
        assert slow.ended
        assert not quick.ended
        assert stage.app.state.traffic.cut._value.get() == 1
        followers.close()

    stage.run(play)


def test_the_store_is_looked_at_only_while_somebody_follows(stage: Stage) -> None:
    """And no more often for many than for one."""

    async def play() -> None:
        async with stage.stream() as take, stage.stream() as other:
            await take()
            await other()
            before = stage.book.asked
            await asyncio.sleep(room.LOOK_SECONDS * 4)
            assert 2 <= stage.book.asked - before <= 6
        after = stage.book.asked
        await asyncio.sleep(room.LOOK_SECONDS * 2)
        assert stage.book.asked <= after + 1

    stage.run(play)


def test_what_nobody_foresaw_ends_the_streams_and_silences_none_for_good(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes back is told what was missed, and of what comes."""

    def fail(*_: object) -> None:
        msg = "not foreseen"
        raise RuntimeError(msg)

    async def play() -> None:
        async with stage.stream() as take:
            await take()
            with monkeypatch.context() as patch:
                patch.setattr(room, "tell", fail)
                stage.book.write(EventKind.ODDS_PUBLISHED, "tunisia")
                assert await take() is None
        async with stage.stream("after=0") as take:
            stage.book.write(EventKind.ODDS_PUBLISHED, "tunisia")
            told = [await take(), await take()]
            assert [item.id for item in told if item] == ["1", "2"]

    stage.run(play)


def test_an_event_that_came_while_a_stream_began_is_told_once(stage: Stage) -> None:
    """It is among what was missed; what comes after it is told as ever."""
    watching = watching_theaters(stage.means.service.catalog)
    follower = room.Follower(frozenset({"tunisia"}), everything=True, since=7)

    async def play() -> None:
        for number in (6, 7, 8):
            follower.offer(tell(Event(EventKind.ODDS_PUBLISHED, _AT, "tunisia", "a", "tester", {}, number), watching))
        assert [item.number for item in await follower.take(1)] == [8]

    stage.run(play)


@pytest.mark.fault(19)
@pytest.mark.parametrize("limit", ["MOST_OF_ONE", "MOST_STREAMS"])
def test_there_are_so_many_streams_and_no_more(
    stage: Stage, web: Web, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Of one account or key, and of all; one that ends makes room."""
    monkeypatch.setattr(room, limit, 2)

    async def play() -> None:
        async with stage.stream() as one:
            await one()
            async with stage.stream() as other:
                await other()
                web.gate.principal = _ADA if limit == "MOST_STREAMS" else web.gate.principal
                with pytest.raises(AssertionError, match="2 streams"):
                    async with stage.stream() as third:
                        await third()
            async with stage.stream() as third:
                assert await third() is not None

    stage.run(play)


def test_closing_ends_every_stream(stage: Stage) -> None:
    """Those that come later too."""

    async def play() -> None:
        async with stage.stream() as take:
            await take()
            stage.app.state.followers.close()
            assert await take() is None
        async with stage.stream() as take:
            await take()
            assert await take() is None

    stage.run(play)


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ("theater=nowhere", "", 404),
        ("after=-1", "", 422),
        ("", "seven", 422),
        ("", "9" * 40, 422),
        ("after=x", "", 422),
    ],
)
def test_a_wish_that_cannot_be_met_is_a_problem_and_no_stream(web: Web, query: str, header: str, status: int) -> None:
    """Told before the stream begins, so that a program sees the status."""
    answer = web.client.get(f"/api/v1/events?{query}", headers={"Last-Event-ID": header} if header else {})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_kind_of_event_is_told_or_left_out_on_purpose() -> None:
    """A new kind is to be thought about here too."""
    assert set(EventKind) - set(KINDS) == {
        EventKind.ACCOUNT_CHANGED,
        EventKind.KEY_CHANGED,
        EventKind.SIGNED_IN,
        EventKind.SIGNED_OUT,
        EventKind.SIGN_IN_LIMITED,
        EventKind.CREDENTIAL_REFUSED,
        EventKind.DESTINATION_CHANGED,
    }
