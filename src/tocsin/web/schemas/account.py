"""Accounts as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tocsin.domain.access import Role

if TYPE_CHECKING:
    from tocsin.domain.account import Account

Theaters = Annotated[list[str] | None, Field(max_length=1000, description="The theaters that are seen; null for all.")]
Password = Annotated[SecretStr, Field(max_length=1000, description="12 to 256 characters.")]


class AccountBody(BaseModel):
    """An account, without its password."""

    name: str
    role: Role
    theaters: Theaters
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    has_identity: bool

    @classmethod
    def of(cls, account: Account) -> Self:
        """The body of an account."""
        return cls(
            name=account.name,
            role=account.role,
            theaters=None if account.theaters is None else sorted(account.theaters),
            created_at=account.created_at,
            disabled_at=account.disabled_at,
            has_password=account.password is not None,
            has_identity=account.identity is not None,
        )


class NewAccount(BaseModel):
    """An account that is wanted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ada", "role": "analyst"}]})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password
    role: Role
    theaters: Theaters = None


class AccountChanges(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "officer"}]})

    role: Role | None = None
    theaters: Theaters = None
    disabled: bool | None = None


class NewPassword(BaseModel):
    """A password that is wanted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"password": "four other short words", "present": "three short words"}]},
    )

    password: Password
    present: Annotated[
        SecretStr | None, Field(max_length=1000, description="The present password, where it is one's own.")
    ] = None
