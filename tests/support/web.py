"""The application on a store, asked without a network."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from tocsin.domain.access import Principal, Role
from tocsin.web.app import make_app
from tocsin.web.means import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fastapi import Request
    from starlette.types import Scope

    from tocsin.bootstrap.service import Service
    from tocsin.settings import Settings
    from tocsin.usecases.desk import Desk

ADMIN = Principal("tester", Role.ADMIN, theaters=None)


@dataclass
class OpenGate:
    """Lets everybody in as one principal, whom a test may change."""

    principal: Principal | None = field(default=ADMIN)

    async def identify(self, request: Request) -> Principal | None:  # noqa: ARG002 (the port's)
        """Whom the test says."""
        return self.principal

    def knows(self, scope: Scope) -> bool:  # noqa: ARG002 (the port's)
        """Nobody has a credential."""
        return False

    async def still(self, principal: Principal) -> Principal | None:  # noqa: ARG002 (the port's)
        """Whom the test says."""
        return self.principal

    def look_again(self) -> None:
        """Nothing is kept that could be too old."""


@dataclass
class Web:
    """A client of the application, and the gate that says whom it asks as."""

    client: TestClient
    gate: OpenGate
    means: Means


@contextmanager
def open_app(service: Service, desk: Desk, settings: Settings, clock: Callable[[], datetime]) -> Iterator[Web]:
    """The application on a service, asked as an administrator until the test says otherwise."""
    gate = OpenGate()
    means = Means(service, desk, gate, clock, settings)
    with TestClient(make_app(means), raise_server_exceptions=True) as client:
        yield Web(client, gate, means)
