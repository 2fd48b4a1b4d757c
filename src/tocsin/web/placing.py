"""Routers' routes, placed in the application one by one."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from fastapi.routing import APIRoute
from fastapi.utils import generate_unique_id
from starlette.routing import compile_path

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI


def place(app: FastAPI, router: APIRouter, prefix: str = "") -> None:
    """Add a router's routes under a prefix; RuntimeError where it includes others or mounts something.

    `include_router` keeps the routers nested and asks one after the other: with as few as two of them, finding the
    route took twice the time of an empty endpoint. Here each route stands for itself, and is asked in the order of
    placing; so what is asked most often is placed first.
    """
    for route in router.routes:
        if not isinstance(route, APIRoute):
            msg = f"{route!r} cannot be placed: a router here has routes of its own, and no other routers in it"
            raise RuntimeError(msg)  # noqa: TRY004 (a slip in our own code, told of as the other ones are)
        placed = copy(route)
        placed.path = prefix + route.path
        placed.path_regex, placed.path_format, placed.param_convertors = compile_path(placed.path)
        placed.unique_id = route.operation_id or generate_unique_id(placed)
        app.router.routes.append(placed)
