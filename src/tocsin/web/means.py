"""What routes act through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Protocol, cast

from fastapi import Depends, Request

from tocsin.web.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.types import Scope

    from tocsin.bootstrap.service import Service
    from tocsin.domain.access import Principal
    from tocsin.settings import Settings
    from tocsin.usecases.desk import Desk


class Gate(Protocol):
    """Tells whom a request comes from."""

    async def identify(self, request: Request) -> Principal | None:
        """The principal, or None where the request bears no credential; NotSignedInError where it bears a bad one."""
        ...

    def knows(self, scope: Scope) -> bool:
        """Whether a request bears a credential that was good when it was last looked at; waits for nothing."""
        ...

    async def still(self, principal: Principal) -> Principal | None:
        """Whom somebody whom a request came from stands for now, for answers that go on; None where they are to go."""
        ...

    def look_again(self) -> None:
        """Have the next request look whether anybody's rights have changed: a request may just have changed them."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Means:
    """The service, and what keeps answers quick.

    Attributes:
        service: The catalog and the adapters of one store.
        desk: Answers about odds, from memory where nothing has changed.
        gate: Tells whom a request comes from.
        clock: The present instant, aware.
        settings: What the environment says.
        turns: Those of writers, by theater.
    """

    service: Service
    desk: Desk
    gate: Gate
    clock: Callable[[], datetime]
    settings: Settings
    turns: Turns = field(default_factory=Turns)


async def means_of(request: Request) -> Means:
    """The means of the application that serves a request."""
    return cast("Means", request.app.state.means)


type Acting = Annotated[Means, Depends(means_of)]
