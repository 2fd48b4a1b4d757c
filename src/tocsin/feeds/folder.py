"""A watched folder: files of observations that somebody puts there, in the form that is imported."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError, InvalidObservationError, Problem
from tocsin.domain.feed import SETTLED_SECONDS
from tocsin.domain.observation import Draft
from tocsin.feeds.csv_records import MAX_BYTES
from tocsin.feeds.observation_csv import read_observation_csv
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from os import stat_result
    from pathlib import Path

MOST_COMPLETE_ROWS = 20_000
"""Rows of a file that always holds everything: the watermark names each of them. Of other files, rows of all."""

_PAGE_ROWS = 500
_UNFINISHED = (".part", ".tmp", ".crdownload", "~")
_KEY_DIGITS = 16
_FEW_GONE = 10
_SHOWN_PROBLEMS = 40
_GONE = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class FolderFeed:
    """The connector. A file is taken whole or, with a problem for each bad line, not at all; others go on.

    Only names that end in `.csv` and do not begin with a dot are looked at. A half-written file is not read: it must
    have rested for `SETTLED_SECONDS`, and be the same before and after it was read. Whoever writes slowly writes under
    another name (`report.csv.part`) and renames.

    A row is known by its file, day, indicator and origin (or source), the number among those that are alike in all
    that included. So other text, value or grade there is a revision of it; a row with another day is another row. Rows
    that are gone from a file that has changed are withdrawn where files are declared `complete`. Elsewhere a person is
    asked, since a day that was mended would count twice; but not where no row of many is left, as then the name was
    used again for another file. A file that is gone says nothing, as people tidy up.

    Attributes:
        feed: Name of the feed.
        folder: Where files are put.
        complete: A file always holds everything.
        check: Every problem of the drafts of a file, by the theater's indicators.
        now: The present instant, which file times are compared with.
    """

    feed: str
    folder: Path
    complete: bool
    check: Callable[[Sequence[Draft]], Sequence[Problem]]
    now: Callable[[], datetime]

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """The rows of each file that is new or changed, oldest file first; at the end FeedFormatError for bad files.

        The watermark names each file that was taken, with its SHA-256 and its rows; of files that are not complete,
        those of the last `MOST_COMPLETE_ROWS`.
        """
        taken: dict[str, _Taken] = _read_watermark(watermark)
        problems: list[Problem] = []
        for path in self._files():
            content = self._content(path)
            if content is None:
                continue
            mark = hashlib.sha256(content).hexdigest()
            before = taken.get(path.name)
            if before is not None and before.sha256 == mark:
                continue
            try:
                rows = self._rows(content, path.name)
            except InvalidObservationError as error:
                problems.extend(error.problems)
                continue
            gone = () if before is None else self._gone(before, rows)
            others = {name: item for name, item in taken.items() if name != path.name}
            after = self._remembered({**others, path.name: _Taken(mark, self._names(rows))})
            yield from _pages([*rows.values(), *gone], taken, after)
            taken = after
        if problems:
            raise FeedFormatError(self.feed, _told(problems))

    def read(self, record: RawRecord) -> Draft:
        """The observation that a row drafts."""
        try:
            return Draft(**json.loads(record.content))
        except (ValueError, TypeError) as error:
            raise FeedFormatError(self.feed, f"row {record.upstream_id} is no observation: {error}") from error

    def _files(self) -> list[Path]:
        """What is to be read, in the order in which it was put there, so that the later of two corrections holds."""
        try:
            found = [path for path in self.folder.iterdir() if _is_wanted(path)]
            return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
        except OSError as error:
            detail = f"the folder {self.folder} cannot be read ({error.strerror}); make it, or mend its permissions"
            raise FeedUnavailableError(self.feed, detail) from error

    def _content(self, path: Path) -> bytes | None:
        """What a file holds; None where it is still being written or has just been taken away."""
        try:
            before = path.stat()
            if _still_to_rest(before, self.now()):
                return None
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)  # one more than is allowed, so that it is refused in words
            after = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FeedUnavailableError(self.feed, f"{path.name} cannot be read ({error.strerror})") from error
        same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        return content if same else None

    def _gone(self, before: _Taken, rows: Mapping[str, RawRecord]) -> list[RawRecord]:
        """What a file had and has not any more."""
        gone = [name for name in before.rows if name not in rows]
        if not self.complete and len(gone) == len(before.rows) > _FEW_GONE:
            return []
        return [_deletion(name, doubtful=not self.complete) for name in gone]

    def _names(self, rows: Mapping[str, RawRecord]) -> tuple[str, ...]:
        return tuple(rows) if self.complete or len(rows) <= MOST_COMPLETE_ROWS else ()

    def _remembered(self, taken: Mapping[str, _Taken]) -> dict[str, _Taken]:
        """The files without the rows of those taken first, where there are too many; complete files keep theirs."""
        rows = sum(len(item.rows) for item in taken.values())
        kept = dict(taken)
        for name, item in taken.items():
            if self.complete or rows <= MOST_COMPLETE_ROWS:
                break
            rows -= len(item.rows)
            kept[name] = replace(item, rows=())
        return kept

    def _rows(self, content: bytes, place: str) -> dict[str, RawRecord]:
        """Every row by its upstream id, or InvalidObservationError with everything wrong with the file."""
        drafts = read_observation_csv(content, place)
        problems = list(self.check(drafts))
        if self.complete and len(drafts) > MOST_COMPLETE_ROWS:
            accepted = f"at most {MOST_COMPLETE_ROWS:,} rows in a file that is complete; split it"
            problems.append(Problem(place, None, "size", f"{len(drafts):,} rows", accepted))
        if problems:
            raise InvalidObservationError(problems)
        alike: Counter[str] = Counter()
        rows: dict[str, RawRecord] = {}
        for draft in drafts:
            key = "\0".join((draft.observed_on, draft.indicator, draft.origin or draft.source))
            alike[key] += 1
            digits = hashlib.sha256(f"{key}\0{alike[key]}".encode()).hexdigest()[:_KEY_DIGITS]
            # Without the line: a row that moves is the same row.
            said = json.dumps(asdict(replace(draft, line=None)), ensure_ascii=False).encode()
            name = f"{place}#{digits}"
            rows[name] = RawRecord(name, hashlib.sha256(said).hexdigest(), said)
        return rows


def unsettled(folder: Path, now: datetime) -> dict[str, float]:
    """The files that were saved so lately that they would be left, by name, with the seconds that each must still rest.

    Empty where the folder cannot be read: whoever takes it in is told so.
    """
    try:
        seconds = {path.name: _still_to_rest(path.stat(), now) for path in folder.iterdir() if _is_wanted(path)}
    except OSError:
        return {}
    return {name: left for name, left in sorted(seconds.items()) if left}


def _still_to_rest(state: stat_result, now: datetime) -> float:
    """Seconds until a file has rested; 0 where it has. One that is of the future says nothing of when it was saved."""
    rested = now.timestamp() - state.st_mtime
    return SETTLED_SECONDS - rested if 0 <= rested < SETTLED_SECONDS else 0.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file that was taken, and the rows that it then had, where they are remembered."""

    sha256: str
    rows: tuple[str, ...]


def _is_wanted(path: Path) -> bool:
    name = path.name.casefold()
    return (
        name.endswith(".csv") and not name.startswith((".", "~")) and not name.endswith(_UNFINISHED) and path.is_file()
    )


def _deletion(name: str, *, doubtful: bool) -> RawRecord:
    return RawRecord(name, _GONE, b"", deleted=True, doubtful=doubtful)


def _pages(records: Sequence[RawRecord], before: Mapping[str, _Taken], after: Mapping[str, _Taken]) -> Iterator[Page]:
    """Only the last page says that the file was taken: after a crash the rest is sent again, and known again."""
    parts = list(batched(records, _PAGE_ROWS))
    for number, part in enumerate(parts, start=1):
        yield Page(part, _write_watermark(after if number == len(parts) else before))


def _read_watermark(text: str | None) -> dict[str, _Taken]:
    files = {} if text is None else json.loads(text)
    return {
        name: _Taken(item["sha256"], tuple(f"{name}#{digits}" for digits in item["rows"]))
        for name, item in files.items()
    }


def _write_watermark(taken: Mapping[str, _Taken]) -> str:
    return json.dumps(
        {
            name: {"sha256": item.sha256, "rows": [row.removeprefix(f"{name}#") for row in item.rows]}
            for name, item in taken.items()
        }
    )


def _told(problems: Sequence[Problem]) -> str:
    lines = [str(problem) for problem in problems[:_SHOWN_PROBLEMS]]
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"… and {len(problems) - _SHOWN_PROBLEMS} more")
    return "\n  ".join(["nothing was taken of files with a bad line, others were:", *lines])
