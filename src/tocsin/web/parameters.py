"""Parameters in addresses that a route does not know: refused, as what is passed over looks like an answer to them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.web.refusals import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi import Request
    from fastapi.dependencies.models import Dependant

_MOST = 20
_LONGEST = 80


def refuse_unknown(request: Request) -> None:
    """InvalidInputError that names each parameter of a request's address that its route does not know."""
    if not request.scope["query_string"]:
        return
    known = sorted(_names(request.scope["route"].dependant))
    unknown = [(name, value) for name, value in request.query_params.items() if name not in known]
    if unknown:
        problems = [
            Problem("", None, shown(name)[1:-1], shown(value), _accepted(name, known))
            for name, value in unknown[:_MOST]
        ]
        raise InvalidInputError(problems, len(unknown) - len(problems))


def _names(dependant: Dependant) -> set[str]:
    """The parameters of a route and of all that it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_names(item) for item in dependant.dependencies))


def _accepted(name: str, known: Collection[str]) -> str:
    if not known:
        return "no parameters here"
    near = get_close_matches(name[:_LONGEST], known, n=1)
    return f"only the parameters {', '.join(known)}" + (f"; did you mean {near[0]}?" if near else "")
