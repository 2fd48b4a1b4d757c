"""A zipped file in GED's columns, as long as one likes, and what reading it costs."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

from support.upstream_server import Direct, Reply, Upstream
from tocsin.feeds.ucdp_csv import UcdpCsv

SOURCE = Path(__file__).parents[2] / "indicators/violence/observations/ucdp-ged-21.1.source.csv"
NOWHERE = Direct(Upstream(lambda ask: Reply(b"", 404)))  # noqa: ARG005 (a file needs no answer)


@dataclass(frozen=True)
class Cost:
    """Rows read, the largest page, and the bytes held at most beyond the file itself."""

    rows: int
    largest_page: int
    extra_bytes: int


def read_long_file(path: Path, rows: int) -> Cost:
    """Write a file of so many rows, each with an id and a conflict of its own, and read it page by page."""
    header, first, *_ = SOURCE.read_text(encoding="utf-8").splitlines()
    cells, random = first.split(","), Random(1)  # noqa: S311 (no secret)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("ged.csv", "w") as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
    ):
        file.write(f"{header}\n")
        for number in range(rows):
            file.write(",".join([str(number), *cells[1:4], f"{random.getrandbits(64):x}", *cells[5:]]) + "\n")
    read = largest = 0
    tracemalloc.start()
    try:
        for page in UcdpCsv(NOWHERE, "ged", source=str(path)).pages(None):
            read, largest = read + len(page.records), max(largest, len(page.records))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Cost(read, largest, peak - path.stat().st_size)
