"""A zip is read line by line within its caps, and a hostile or damaged one costs an error."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.feeds.archive import Caps, member_lines

_TABLE = b"".join(b"%d\t2016-03-07\tTunisia\r\n" % number for number in range(5_000))


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return whole.getvalue()


@given(st.binary(max_size=300), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_the_lines_of_the_member_come_back(data: bytes, method: int) -> None:
    """Joined, they are the member, whatever its bytes; each but the last ends with a line's end."""
    lines = list(member_lines("f", _zip({"notes.txt": b"no", "A.CSV": data}, method), ".csv"))
    assert b"".join(lines) == data
    assert all(line.index(b"\n") == len(line) - 1 for line in lines[:-1])


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("data", "caps", "said"),
    [
        (b"id,day\n", Caps(), "not a zip"),
        (_zip({"a.csv": bytes(50_000_000)}), Caps(), "unpacks from .* accepted: .* 200 times"),
        (_zip({"a.csv": _TABLE}), Caps(total_bytes=1_000), "accepted: at most 1,000 bytes"),
        (_zip({f"{number}.csv": b"" for number in range(17)}), Caps(), "lists 17 members"),
        (_zip({"n" * 60_000: b"", "a.csv": b""}), Caps(directory_bytes=50_000), "in 60,"),
        (_zip({"a.csv": b"", "b.CSV": b""}), Caps(), "holds 'a.csv', 'b.CSV'; accepted: one member"),
        (_zip({"a.txt": b""}), Caps(), "holds 'a.txt'; accepted: one member"),
        (_zip({}), Caps(), "holds nothing"),
        (_zip({"a.csv": _TABLE}, zipfile.ZIP_LZMA), Caps(), "packed in an unknown way"),
        (_zip({"a.csv": b"x" * 70_000}, zipfile.ZIP_STORED), Caps(line_bytes=1_000), "a line in the zip is longer"),
    ],
    ids=["no zip", "bomb", "size", "members", "directory", "two", "none", "empty", "method", "line"],
)
def test_a_zip_that_holds_what_it_should_not_is_refused(data: bytes, caps: Caps, said: str) -> None:
    """By what it claims, before anything is unpacked; a line, as it unpacks."""
    with pytest.raises(FeedFormatError, match=said):
        list(member_lines("f", data, ".csv", caps))


@pytest.mark.fault(12)
def test_a_second_list_of_members_behind_the_checked_one_is_refused() -> None:
    """The record of a larger zip stands before the usual one, claims 100,000 members, and would be believed instead."""
    whole = _zip({"a.csv": _TABLE})
    place = whole.rindex(b"PK\x05\x06")
    larger = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 100_000, 100_000, place, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    with pytest.raises(FeedFormatError, match="zip64"):
        list(member_lines("f", whole[:place] + larger + locator + whole[place:], ".csv"))


def test_an_archive_in_an_archive_is_not_opened() -> None:
    """Bombs are nested so."""
    with pytest.raises(FeedFormatError, match="holds another archive"):
        list(member_lines("f", _zip({"a.zip": _zip({"a.csv": b""})}), ".zip"))


def _claiming(data: bytes, packed: int, unpacked: int) -> bytes:
    """The same zip of one member, its sizes in the directory as claimed."""
    place = data.index(b"PK\x01\x02") + 20
    return data[:place] + struct.pack("<2L", packed, unpacked) + data[place + 8 :]


@pytest.mark.fault(12)
def test_a_bomb_that_lies_about_its_size_takes_little_memory() -> None:
    """It claims to be small: no more than the claim is unpacked, and the checksum does not fit."""
    bomb = _zip({"a.csv": bytes(80_000_000)})
    packed = len(bomb) - 200
    lying = _claiming(bomb, packed, 1_000)
    tracemalloc.start()
    try:
        with pytest.raises(FeedUnavailableError, match="damaged"):
            list(member_lines("f", lying, ".csv"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.fault(12)
def test_much_text_takes_little_memory() -> None:
    """Twenty-five million bytes, line by line."""
    data = _zip({"a.csv": b"".join(b"%d,%s\n" % (number**9, b"name" * 20) for number in range(200_000))})
    tracemalloc.start()
    try:
        lines = sum(1 for _ in member_lines("f", data, ".csv"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == 200_000
    assert peak < 5_000_000


@pytest.mark.fault(12)
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_zip_is_damaged(kept: float) -> None:
    """It may be whole the next time."""
    data = _zip({"a.csv": _TABLE})
    with pytest.raises(FeedUnavailableError, match="breaks off before its list"):
        list(member_lines("f", data[: int(len(data) * kept)], ".csv"))


@pytest.mark.fault(12)
def test_a_wrong_checksum_is_damage() -> None:
    """One byte of the member differs from what was packed."""
    data = bytearray(_zip({"a.csv": _TABLE}, zipfile.ZIP_STORED))
    data[len(data) // 2] ^= 0x01
    with pytest.raises(FeedUnavailableError, match=r"damaged \(Bad CRC-32"):
        list(member_lines("f", bytes(data), ".csv"))


@pytest.mark.fault(12)
@settings(max_examples=300)
@given(st.data())
def test_any_damage_is_an_error_or_harmless(data: st.DataObject) -> None:
    """Bytes that changed on the way give the table as it was or an error of ours: never other rows."""
    whole = bytearray(_zip({"a.csv": _TABLE[:2_000]}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = b"".join(member_lines("f", bytes(whole), ".csv"))
    except (FeedFormatError, FeedUnavailableError):
        return
    assert found == _TABLE[:2_000]
