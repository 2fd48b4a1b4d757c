"""The body of an answer, unpacked in bounded pieces, so that no body takes more memory than its cap."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACCEPTED_CODINGS = "gzip, deflate"
"""What is asked for; whoever sends another coding is refused."""

_PIECE = 64 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # the header of the data tells which
_RAW = -zlib.MAX_WBITS
_GZIP_MARK = 0x1F
_ZLIB_METHOD = 0x08


def read_body(feed: str, chunks: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    """The whole body without its content coding.

    FeedFormatError where it is longer than `max_bytes` before or after unpacking, or packed in an unknown way;
    FeedUnavailableError where it ends too early.
    """
    match coding.strip().lower():
        case "" | "identity":
            pieces = iter(chunks)
        case "gzip" | "x-gzip" | "deflate":
            pieces = _unpacked(feed, chunks)
        case other:
            accepted = f"accepted: {ACCEPTED_CODINGS}"
            raise FeedFormatError(feed, f"the answer has the content coding {other[:40]!r}; {accepted}")
    whole = io.BytesIO()
    for piece in pieces:
        if whole.tell() + len(piece) > max_bytes:
            raise too_long(feed, max_bytes)
        whole.write(piece)
    return whole.getvalue()


def too_long(feed: str, max_bytes: int) -> FeedFormatError:
    """The error for a body beyond the cap."""
    return FeedFormatError(feed, f"the answer is longer than {max_bytes:,} bytes, which is the most that is taken in")


def _unpacked(feed: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a gzip or deflate body; each is small, however much a chunk holds."""
    unpack, whole = None, True
    for chunk in chunks:
        data, full = chunk, False
        while data or full:
            if unpack is None:
                unpack = zlib.decompressobj(_window(data[0]))
            try:
                piece = unpack.decompress(data, _PIECE)
            except zlib.error as error:
                raise FeedFormatError(feed, "the answer says that it is packed, but cannot be unpacked") from error
            yield piece
            whole, full = unpack.eof, len(piece) == _PIECE and not unpack.eof  # a full piece may have left some behind
            data = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            if unpack.eof:
                unpack = None  # gzip may hold several members, one after the other
    if not whole:
        raise FeedUnavailableError(feed, "the answer broke off inside its packed body")


def _window(first: int) -> int:
    """How to unpack, by the first byte: some servers send `deflate` without the header that belongs to it."""
    return _GZIP_OR_ZLIB if first == _GZIP_MARK or first & 0x0F == _ZLIB_METHOD else _RAW
