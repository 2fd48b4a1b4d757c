"""Bodies: nothing is read before it is known whose they are, and there is so much room for all of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from support.web import OpenGate
from tocsin.domain.access import Principal, Right, Role
from tocsin.settings import Settings
from tocsin.web.access import right_of
from tocsin.web.app import make_app
from tocsin.web.body import MOST_OF_UNKNOWN, Limits, Room

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from fastapi import FastAPI, Request

    from support.web import Web

pytestmark = pytest.mark.fault(4)
_TUNISIA = "/api/v1/theaters/tunisia"
_KIB = 1024


@dataclass
class _Sent:
    """A request whose body comes when a test says so, and what it is answered."""

    method: str
    path: str
    who: str = ""
    parts: list[bytes] = field(default_factory=list)
    kind: str = "application/json"
    length: int | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)
    reads: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def receive(self) -> dict[str, Any]:
        """The next part; the last one when the test says so."""
        self.reads += 1
        if not self.parts:
            await asyncio.Event().wait()
        if len(self.parts) == 1:
            await self.more.wait()
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def send(self, message: Any) -> None:  # noqa: ANN401 (what ASGI has)
        """Keep the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    def to(self, app: FastAPI, **headers: str) -> Awaitable[None]:
        """Ask."""
        sent = {"host": "localhost", "content-type": self.kind, "x-who": self.who, **headers}
        if self.length is not None:
            sent["content-length"] = str(self.length)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        return app(scope, self.receive, self.send)


class _Named(OpenGate):
    """Whom a request says that it comes from: a role, a stroke and a name."""

    async def identify(self, request: Request) -> Principal | None:
        """Nobody where it says nothing."""
        role, _, name = request.headers["x-who"].partition("/")
        return Principal(name, Role(role), None) if name else None


def _app(web: Web, **settings: Any) -> FastAPI:  # noqa: ANN401 (any setting)
    means = replace(web.means, settings=Settings(home=web.means.settings.home, **settings), gate=_Named())
    return make_app(means)


def _writes(app: FastAPI) -> list[tuple[str, str, Right]]:
    """Every route that may take a body and is not for everybody."""
    found = []
    for route in app.routes:
        allow = right_of(route) if isinstance(route, APIRoute) else None
        if isinstance(route, APIRoute) and allow is not None and allow.right is not None:
            path = route.path.replace("{theater}", "tunisia")
            found += [(method, path, allow.right) for method in route.methods if method != "GET"]
    return found


@pytest.mark.parametrize("key", ["", "one"])
def test_nothing_of_a_body_is_read_of_somebody_who_may_not(web: Web, key: str) -> None:
    """Neither of whoever is not known nor of whoever has no right, on no route, however the body is called."""
    app = _app(web)
    writes = _writes(app)
    assert len(writes) >= 15

    async def play() -> None:
        for method, path, right in writes:
            for kind in ("application/json", "text/csv", "multipart/form-data; boundary=x"):
                for who, status in (("", 401), ("viewer/ada", 403)):
                    if who and right is Right.READ:
                        continue
                    sent = _Sent(method, path, who, kind=kind)
                    headers = {"idempotency-key": key} if key else {}
                    async with asyncio.timeout(5):
                        await sent.to(app, **headers)
                    assert (sent.status, sent.reads) == (status, 0), (method, path, sent.body)

    asyncio.run(play())


def test_of_whoever_is_not_known_little_is_read(web: Web) -> None:
    """Enough to sign in with; whether the length is said or not."""
    app = _app(web)
    name = json.dumps({"name": "a", "password": 1000 * "\N{BELL}"}).encode()
    assert len(name) < MOST_OF_UNKNOWN

    async def play() -> None:
        for parts, length, status in (
            ([name], None, 401),
            ([b" " * MOST_OF_UNKNOWN, b" ", b" "], None, 413),
            ([], MOST_OF_UNKNOWN + 1, 413),
        ):
            sent = _Sent("POST", "/api/v1/session", parts=parts, length=length)
            sent.more.set()
            async with asyncio.timeout(5):
                await sent.to(app)
            assert sent.status == status, sent.body
            assert sent.reads <= 2
        known = _Sent("POST", f"{_TUNISIA}/what-if", "viewer/ada", parts=[b" " * MOST_OF_UNKNOWN, b" ", b" "])
        known.more.set()
        await known.to(app)
        assert known.status == 400

    asyncio.run(play())


@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
def test_all_bodies_together_have_so_much_room(web: Web, kind: str) -> None:
    """Nobody fills it alone; what has been answered, or refused, gives its room back."""
    most = 20 * _KIB
    app = _app(web, body_mib=most / _KIB / _KIB, import_mib=most / _KIB / _KIB, bodies_mib=1e-9)
    path = f"{_TUNISIA}/observations" + ("/import" if kind == "text/csv" else "")
    room = app.state.room

    def ask(who: str, size: int) -> _Sent:
        return _Sent("POST", path, f"analyst/{who}", [b" " * size, b" "], kind)

    async def refused(who: str, size: int) -> str:
        sent, before = ask(who, size), room.held
        sent.more.set()
        await sent.to(app)
        assert (sent.status, sent.headers["retry-after"], room.held) == (503, "5", before)
        problem = json.loads(sent.body)
        assert problem["type"] == "urn:tocsin:problem:busy-server"
        return str(problem["detail"])

    async def play() -> None:
        under_way = [ask("ada", 15 * _KIB), ask("bob", 15 * _KIB)]
        tasks = [asyncio.ensure_future(item.to(app)) for item in under_way]
        async with asyncio.timeout(5):
            while any(item.reads < 2 for item in under_way):  # noqa: ASYNC110 (what is read sets no event of ours)
                await asyncio.sleep(0.001)
        assert room.held == 30 * _KIB
        assert "more you send" in await refused("ada", 15 * _KIB)
        assert "more is sent" in await refused("eve", 15 * _KIB)
        for item in under_way:
            item.more.set()
        await asyncio.gather(*tasks)
        assert {item.status for item in under_way} == {400 if kind == "application/json" else 422}
        assert room.held == 0
        again = ask("ada", 15 * _KIB)
        again.more.set()
        await again.to(app)
        assert (again.status, room.held) == (under_way[0].status, 0)

    asyncio.run(play())


def test_whoever_is_not_known_takes_no_room_of_others() -> None:
    """All of them have a sixteenth together; the room is never less than two of the largest bodies."""
    room = Room(1600)
    room.take("ada", 800)
    with pytest.raises(HTTPException, match="more you send"):
        room.take("ada", 1)
    room.take("bob", 700)
    with pytest.raises(HTTPException, match="more is sent"):
        room.take("eve", 1)
    room.take(None, 100)  # theirs is kept for them
    with pytest.raises(HTTPException, match="more is sent"):
        room.take(None, 1)
    for whose, size in (("ada", 800), ("bob", 700), (None, 100)):
        room.give_back(whose, size)
    assert room.held == 0
    assert Limits.of(Settings(body_mib=1, import_mib=3, bodies_mib=2)).room == 6 * _KIB * _KIB
    assert Limits.of(Settings(body_mib=4, import_mib=3, bodies_mib=20)).room == 20 * _KIB * _KIB
