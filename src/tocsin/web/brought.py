"""Files that a request brings, kept in temporary files and not in memory."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile as Uploaded

from tocsin.bootstrap.incoming import Brought, MappingFile
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.feeds.observation_file import Form, form_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request
    from starlette.datastructures import FormData

BY_TYPE = {
    "text/csv": Form.CSV,
    "text/tab-separated-values": Form.CSV,
    "application/x-ndjson": Form.JSONL,
    "application/jsonl": Form.JSONL,
    "application/json-lines": Form.JSONL,
}
"""The form of a body by its type."""
MULTIPART = "multipart/form-data"
_UNKNOWN_TYPE = 415
_MOST_BYTES_OF_MAPPING = 1024 * 1024
_IN_MEMORY = 1024 * 1024
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Files:
    """The file of observations, and the mapping that says how it is read."""

    file: Brought
    mapping: MappingFile | None


@asynccontextmanager
async def brought_files(request: Request, form: Form | None) -> AsyncIterator[Files]:
    """The files of a request, whose body is one of `BY_TYPE` or has parts `file` and, as wanted, `mapping`.

    HTTPException 415 where it is of another type; InvalidInputError where a part is missing or unknown. `form` is what
    the file is, where the request says so itself.
    """
    kind = _type(request.headers.get("content-type", ""))
    if kind == MULTIPART:
        async with request.form(max_files=2, max_fields=0) as parts:
            yield await _of_parts(parts, form)
    elif kind in BY_TYPE:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
            body = cast("BinaryIO", kept)
            async for piece in request.stream():
                await run_in_threadpool(body.write, piece)
            yield Files(Brought("", form or BY_TYPE[kind], lambda: _whole(body)), None)
    else:
        accepted = ", ".join([*BY_TYPE, MULTIPART])
        raise HTTPException(_UNKNOWN_TYPE, f"Content-Type is {kind[:_SHOWN]!r}; accepted: {accepted}")


async def _of_parts(parts: FormData, form: Form | None) -> Files:
    names = [name for name, _ in parts.multi_items()]
    problems = [
        Problem("", None, name[:_SHOWN], "a part of the body", "the parts 'file' and, as wanted, 'mapping', once each")
        for place, name in enumerate(names)
        if name not in {"file", "mapping"} or name in names[:place]
    ]
    file, mapping = parts.get("file"), parts.get("mapping")
    if not isinstance(file, Uploaded):
        problems.append(Problem("", None, "file", "missing", "a part 'file' with a file name, such as chronicle.csv"))
    if problems or not isinstance(file, Uploaded):
        raise InvalidInputError(problems)
    name = (file.filename or "")[:_SHOWN]
    found = form or form_of(PurePath(name).suffix) or BY_TYPE.get(_type(file.content_type or ""))
    # A form whose field for a mapping was left empty sends a part without a name.
    declares = await _mapping(mapping) if isinstance(mapping, Uploaded) and mapping.filename else None
    return Files(Brought(name, found, lambda: _whole(file.file)), declares)


async def _mapping(part: Uploaded) -> MappingFile:
    name = (part.filename or "mapping")[:_SHOWN]
    content = await part.read(_MOST_BYTES_OF_MAPPING + 1)
    if len(content) > _MOST_BYTES_OF_MAPPING:
        accepted = f"at most {_MOST_BYTES_OF_MAPPING:,} bytes"
        raise InvalidInputError([Problem(name, None, "size", "larger", accepted)])
    return MappingFile(content, name)


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _type(text: str) -> str:
    message = Message()
    message["content-type"] = text
    return message.get_content_type() if text else "missing"
