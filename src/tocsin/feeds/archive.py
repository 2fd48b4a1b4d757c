"""One member of a zip, line by line: what an archive claims is checked before, and what it holds while it unpacks."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGINS = b"PK"
_END = struct.Struct(
    "<4s4H2LH"
)  # the record that ends a zip: mark, disks (2), entries (2), directory size, offset, note
_END_MARK = b"PK\x05\x06"
_LARGER_MARK = b"PK\x06\x07"  # says where the record of a zip64 is
_LARGER_SIZE = 20
_LONGEST_NOTE = 65_535
_PIECE = 64 * 1024
_ENCRYPTED = 0x1
_ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
# Only these two unpack in pieces of a size that we choose.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises on damaged places, sizes, flags and names, besides the error of its own.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Caps:
    """What an archive may hold.

    Attributes:
        entries: Members, whether they are read or not.
        directory_bytes: The list of members, which is read as a whole.
        total_bytes: The member that is read, unpacked.
        ratio: How many times larger than packed a member may be.
        line_bytes: The longest line.
    """

    entries: int = 16
    directory_bytes: int = 64 * 1024
    total_bytes: int = 1024 * 1024 * 1024
    ratio: float = 200.0
    line_bytes: int = 1024 * 1024


def check_member(feed: str, data: bytes, suffix: str, caps: Caps | None = None) -> None:
    """Read the member through to its checksum and keep nothing; errors as for `member_lines`.

    For whoever uses lines before the last one is read.
    """
    for _ in member_lines(feed, data, suffix, caps):
        pass


def member_lines(feed: str, data: bytes, suffix: str, caps: Caps | None = None) -> Iterator[bytes]:
    """The lines, with their ends, of the one member whose name ends so; little of it is in memory at any time.

    FeedFormatError where it is no zip, or one that claims or holds too much, or lacks that member; FeedUnavailableError
    where it broke off or does not match its checksum, which is known only once the last line is read.

    Args:
        feed: Name of the feed, for errors.
        data: The archive.
        suffix: How the member's name ends, whatever the case of its letters.
        caps: What it may hold; the usual caps where none are given.
    """
    caps = Caps() if caps is None else caps
    _check_directory(feed, data, caps)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _member(feed, archive.infolist(), suffix, caps)
            with archive.open(member) as stream:
                yield from _lines(feed, stream, caps)
    except _DAMAGE as error:
        raise FeedUnavailableError(feed, f"the zip is damaged ({str(error)[:100]})") from error


def _check_directory(feed: str, data: bytes, caps: Caps) -> None:
    """Refuse a directory that is too large before anything reads it."""
    if not data.startswith(_BEGINS):
        raise FeedFormatError(feed, "the file is not a zip")
    place = data.rfind(_END_MARK, max(0, len(data) - _END.size - _LONGEST_NOTE))
    if place < 0 or place + _END.size > len(data):
        raise FeedUnavailableError(feed, "the zip is damaged (it breaks off before its list of members)")
    # Where this mark stands, another record is believed in place of the one that is looked at here.
    if data.startswith(_LARGER_MARK, max(0, place - _LARGER_SIZE)):
        raise FeedFormatError(feed, "the zip is of the form for large ones (zip64); accepted: up to 4 GiB, plain zip")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(data, place)
    if entries > caps.entries or size > caps.directory_bytes:
        detail = f"the zip lists {entries} members in {size:,} bytes"
        raise FeedFormatError(feed, f"{detail}; accepted: {caps.entries} in {caps.directory_bytes:,} bytes")


def _member(feed: str, members: list[zipfile.ZipInfo], suffix: str, caps: Caps) -> zipfile.ZipInfo:
    names = ", ".join(repr(member.filename[:60]) for member in members) or "nothing"
    if len(members) > caps.entries:
        raise FeedFormatError(feed, f"the zip holds {len(members)} members; accepted: {caps.entries}")
    fitting = [member for member in members if member.filename.lower().endswith(suffix.lower())]
    if len(fitting) != 1:
        raise FeedFormatError(feed, f"the zip holds {names}; accepted: one member whose name ends with {suffix!r}")
    member = fitting[0]
    if member.filename.lower().endswith(_ARCHIVES):
        raise FeedFormatError(feed, f"the zip holds another archive, {member.filename[:60]!r}")
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
        raise FeedFormatError(feed, f"{member.filename[:60]!r} in the zip is encrypted, or packed in an unknown way")
    if member.file_size > caps.total_bytes or member.file_size > caps.ratio * max(member.compress_size, 1):
        sizes = f"unpacks from {member.compress_size:,} to {member.file_size:,} bytes"
        most = f"at most {caps.total_bytes:,} bytes and {caps.ratio:g} times the packed size"
        raise FeedFormatError(feed, f"{member.filename[:60]!r} in the zip {sizes}; accepted: {most}")
    return member


def _lines(feed: str, stream: IO[bytes], caps: Caps) -> Iterator[bytes]:
    """Lines of a stream that ends by itself where its declared, and checked, size ends."""
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) > caps.line_bytes:
            raise FeedFormatError(feed, f"a line in the zip is longer than {caps.line_bytes:,} bytes")
    if rest:
        yield rest
