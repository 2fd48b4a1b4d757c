"""Whoever has the machine, as somebody who administers, and what they type."""

from __future__ import annotations

import sys
from collections.abc import Collection

import typer

from tocsin.cli.author import author
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.usecases.add_account import declared_theaters


def operator() -> Principal:
    """The user of this machine: who can read the store can change it by other means as well."""
    return Principal(author(), Role.ADMIN, theaters=None)


def read_new_password() -> str:
    """A password from the terminal, typed twice and not shown, or the first line of standard input."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def named_theaters(
    theaters: list[str] | None, declared: Collection[str], *, every: bool = False
) -> frozenset[str] | None:
    """The theaters of an option that may be given several times; None for all, which is also what none given means."""
    if theaters and every:
        accepted = "--theater or --all-theaters, not both"
        raise InvalidInputError([Problem("", None, "--all-theaters", "", accepted)])
    return declared_theaters(theaters or None, declared)
