"""What pages load: styles, scripts and the libraries that they need, from memory, under addresses that never change."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Response
from starlette.exceptions import HTTPException

from tocsin.web.access import Allow

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

router = APIRouter(tags=["board"], include_in_schema=False)
_KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_FOREVER = "public, max-age=31536000, immutable"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class _File:
    kind: str
    packed: bytes


@router.get("/static/{version}/{name:path}", dependencies=[Depends(Allow(None))], response_class=Response)
async def give_file(version: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """One file. Its address holds the version of all of them, so that browsers keep it and never keep an old one."""
    found = _files().get(name)
    if found is None or version != static_version():
        raise HTTPException(
            404, f"there is no such file; the pages name those there are, of version {static_version()}"
        )
    headers = {"cache-control": _FOREVER, "vary": "accept-encoding"}
    if "gzip" not in accept_encoding:
        return Response(gzip.decompress(found.packed), media_type=found.kind, headers=headers)
    return Response(found.packed, media_type=found.kind, headers=headers | {"content-encoding": "gzip"})


@cache
def static_version() -> str:
    """A name for the files as they are: another as soon as one of them changes."""
    whole = hashlib.sha256()
    for name, item in sorted(_files().items()):
        whole.update(name.encode() + b"\0" + item.packed)
    return whole.hexdigest()[:_DIGITS]


@cache
def _files() -> dict[str, _File]:
    return dict(_found(files("tocsin.web").joinpath("static"), ""))


def _found(folder: Traversable, prefix: str) -> list[tuple[str, _File]]:
    found: list[tuple[str, _File]] = []
    for item in folder.iterdir():
        kind = _KINDS.get(item.name.rpartition(".")[2])
        if item.is_dir():
            found += _found(item, f"{prefix}{item.name}/")
        elif kind is not None:
            found.append((prefix + item.name, _File(kind, gzip.compress(item.read_bytes(), 9, mtime=0))))
    return found
