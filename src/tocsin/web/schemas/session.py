"""Sessions as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tocsin.domain.access import RIGHTS, Principal, Right, Role

if TYPE_CHECKING:
    from tocsin.domain.account import Account
    from tocsin.domain.session import Session


class SignIn(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ada", "password": "…"}]})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[SecretStr, Field(max_length=1000)]


class PrincipalBody(BaseModel):
    """Whom a request comes from, and what they may do."""

    name: str
    role: Role
    rights: list[Right]
    theaters: Annotated[list[str] | None, Field(description="The theaters that they may see; null for all.")]
    session: Annotated[str | None, Field(description="Id of the session; null where it is a key.")]

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """The body of a principal."""
        return cls(
            name=principal.name,
            role=principal.role,
            rights=sorted(RIGHTS[principal.role]),
            theaters=None if principal.theaters is None else sorted(principal.theaters),
            session=principal.session,
        )


class SessionBody(BaseModel):
    """A session that is open."""

    id: str
    account: str
    opened_at: datetime
    seen_at: datetime
    agent: Annotated[str, Field(description="What the browser calls itself.")]
    address: Annotated[str, Field(description="Where the sign-in came from.")]
    current: Annotated[bool, Field(description="Whether this request came by it.")]

    @classmethod
    def of(cls, session: Session, account: Account, principal: Principal) -> Self:
        """The body of a session."""
        return cls(
            id=session.id,
            account=account.name,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            agent=session.agent,
            address=session.address,
            current=session.id == principal.session,
        )
