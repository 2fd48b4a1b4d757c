"""API keys as bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.domain.access import Role
from tocsin.web.schemas.account import Theaters
from tocsin.web.schemas.instants import in_utc

if TYPE_CHECKING:
    from tocsin.domain.api_key import ApiKey
    from tocsin.usecases.make_key import MadeKey


class KeyBody(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    role: Role
    theaters: Theaters
    created_by: str
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    used_at: AwareDatetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """The body of a key."""
        return cls(
            id=key.id,
            name=key.name,
            role=key.role,
            theaters=None if key.theaters is None else sorted(key.theaters),
            created_by=key.created_by,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            used_at=key.used_at,
        )


class MadeKeyBody(KeyBody):
    """A key that was made just now."""

    key: Annotated[str, Field(description="The key itself. It is shown this once and cannot be read again.")]

    @classmethod
    def made(cls, made: MadeKey) -> Self:
        """The body of a key with its text."""
        return cls(**KeyBody.of(made.key).model_dump(), key=made.text)


class NewKey(BaseModel):
    """A key that is wanted."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "collector at the desk", "role": "analyst"}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=200, description="What it is for.")]
    role: Role
    theaters: Theaters = None
    expires_at: Annotated[
        Annotated[AwareDatetime, AfterValidator(in_utc)] | None,
        Field(description="From when it is not taken, in 36,500 days at most; null for never."),
    ] = None
