"""GDELT 2.0 as it lies on its server: the list and zipped files; rows are made up in the real 61 columns."""

from __future__ import annotations

import hashlib
import io
import zipfile

from support.upstream_server import Ask, Reply, Upstream


def row(number: int, *, country: str = "TS", code: str = "190", day: str = "20160307", added: str = "") -> str:
    """One event in GDELT's columns."""
    cells = [""] * 61
    cells[0:5] = [str(number), day, day[:6], day[:4], "2016.1836"]
    cells[5:8] = ["TUN", "TUNISIA", "TUN"]
    cells[15:17] = ["REB", "MILITANT"]
    cells[25:35] = ["1", code, code[:3], code[:2], "4", "-10.0", "6", "2", "6", "-5.1"]
    cells[51:59] = [
        "4",
        "Ben Gardane, Madanin, Tunisia",
        country,
        f"{country}28",
        "6723",
        "33.1378",
        "11.2197",
        "-724316",
    ]
    cells[59:61] = [added or f"{day}120000", f"https://example.org/{number}"]
    return "\t".join(cells)


def packed(rows: list[str], name: str = "20160307120000.export.CSV") -> bytes:
    """A zip as GDELT packs it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "".join(f"{line}\n" for line in rows))
    return buffer.getvalue()


class Gdelt:
    """The upstream's state: files by stamp, and what the list says of them."""

    def __init__(self, *, ranges: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.lines: list[str] = []
        self.ranges = ranges
        self.server = Upstream(self.answer)

    def publish(self, stamp: str, rows: list[str]) -> None:
        """A file, with its two companions that are not events, in the list."""
        content = packed(rows, f"{stamp}.export.CSV")
        self.files[stamp] = content
        base = f"{self.server.base}/gdeltv2/{stamp}"
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.lines += [
            f"{len(content)} {md5} {base}.export.CSV.zip",
            f"321 {'0' * 32} {base}.mentions.CSV.zip",
            f"654 {'f' * 32} {base}.gkg.csv.zip",
        ]

    def answer(self, ask: Ask) -> Reply:
        if ask.path == "/gdeltv2/masterfilelist.txt":
            return self._list(ask.headers.get("range"))
        stamp = ask.path.removeprefix("/gdeltv2/").removesuffix(".export.CSV.zip")
        if stamp not in self.files:
            return Reply(b"<html>Not Found</html>", 404, media="text/html")
        return Reply(self.files[stamp], media="application/zip")

    def _list(self, span: str | None) -> Reply:
        whole = "".join(f"{line}\n" for line in self.lines).encode()
        if span is None or not self.ranges:
            return Reply(whole, media="text/plain")
        begin, _, end = span.removeprefix("bytes=").partition("-")
        first = max(len(whole) - int(end), 0) if not begin else int(begin)
        last = len(whole) - 1 if not begin else min(int(end), len(whole) - 1)
        headers = {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}
        return Reply(whole[first : last + 1], 206, media="text/plain", headers=headers)
