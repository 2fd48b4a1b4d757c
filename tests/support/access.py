"""The application behind its real gate, on a real store, with a clock that a test sets."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from argon2.profiles import CHEAPEST
from starlette.testclient import TestClient

from tocsin.bootstrap.service import Service, open_service
from tocsin.catalog.read import read_catalog
from tocsin.domain.access import Principal, Role
from tocsin.settings import Settings
from tocsin.store.password import Argon2Passwords
from tocsin.usecases.add_account import add_account
from tocsin.usecases.desk import Desk
from tocsin.usecases.make_key import make_key
from tocsin.web.app import make_app
from tocsin.web.gate import StoreGate, open_gate
from tocsin.web.means import Means

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tocsin.domain.api_key import ApiKey
    from tocsin.domain.event import Event, EventKind
    from tocsin.usecases.access_ports import Access

PASSWORD = "three short words"  # noqa: S105 - opens nothing
_read_once = cache(read_catalog)  # the declared files are the same for each test, and take longer than most
CHEAP = Argon2Passwords(CHEAPEST)
OPERATOR = Principal("operator", Role.ADMIN, theaters=None)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """An instant that stays until a test moves it."""

    now: datetime = field(default=NOON)

    def __call__(self) -> datetime:
        """The instant."""
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@dataclass
class Guarded:
    """The application and what stands behind it."""

    app: FastAPI
    service: Service
    gate: StoreGate
    clock: Clock

    @property
    def access(self) -> Access:
        """Everything about who may do what."""
        return self.service.access

    def client(self, *, https: bool = False, **headers: str) -> TestClient:
        """A browser or a program of its own, with its own cookies."""
        return TestClient(
            self.app,
            base_url="https://tocsin.example" if https else "http://localhost",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            raise_server_exceptions=True,
        )

    def add(self, name: str, role: Role = Role.VIEWER, theaters: frozenset[str] | None = None) -> None:
        """Make an account with the password that all of them have here."""
        add_account(
            name, PASSWORD, role=role, theaters=theaters, actor=OPERATOR, access=self.access, now=self.clock.now
        )

    def signed_in(self, name: str, *, https: bool = False) -> TestClient:
        """A browser in which somebody has signed in."""
        client = self.client(https=https, sec_fetch_site="same-origin")
        answer = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return client

    def key(
        self, role: Role = Role.VIEWER, theaters: frozenset[str] | None = None, days: float | None = None
    ) -> tuple[ApiKey, TestClient]:
        """A key, and a program that has it."""
        expires = None if days is None else self.clock.now + timedelta(days=days)
        made = make_key(
            "test",
            role=role,
            theaters=theaters,
            expires_at=expires,
            actor=OPERATOR,
            access=self.access,
            now=self.clock.now,
        )
        return made.key, self.client(authorization=f"Bearer {made.text}")

    def events(self, kind: EventKind) -> list[Event]:
        """What was told, of one kind."""
        return self.service.events.after(0, 1000, [kind])


@contextmanager
def open_guarded(home: Path, url: str, **more: Any) -> Iterator[Guarded]:  # noqa: ANN401 (settings of each kind)
    """The application on a store; passwords are hashed for little, everything else is as it is in earnest."""
    settings = Settings(home=home, database_url=url, **more)
    clock = Clock()
    with patch("tocsin.bootstrap.service.read_catalog", _read_once), open_service(settings) as opened:
        service = replace(opened, access=replace(opened.access, passwords=CHEAP))
        with open_gate(service.access, service.events, service.freshness, clock) as gate:
            means = Means(
                service,
                Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False),
                gate,
                clock,
                settings,
            )
            yield Guarded(make_app(means), service, gate, clock)
