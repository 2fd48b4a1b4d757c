"""Progress of long work: a bar on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from tocsin.usecases.ports import Progress

_LINES_A_PHASE = 10


@contextmanager
def shown_progress() -> Iterator[Callable[[Progress], None]]:
    """A function to report progress to, shown as fits where standard error goes."""
    if sys.stderr.isatty():
        columns = (
            TextColumn("{task.description:20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=Console(stderr=True)) as bars:
            yield _bars(bars)
    else:
        yield _lines()


def _bars(bars: Bars) -> Callable[[Progress], None]:
    tasks: dict[str, TaskID] = {}

    def report(progress: Progress) -> None:
        if progress.phase not in tasks:
            tasks[progress.phase] = bars.add_task(progress.phase, total=progress.total)
        bars.update(tasks[progress.phase], completed=progress.done)

    return report


def _lines() -> Callable[[Progress], None]:
    told: dict[str, int] = {}

    def report(progress: Progress) -> None:
        tenth = _LINES_A_PHASE * progress.done // progress.total
        if told.get(progress.phase) != tenth:
            told[progress.phase] = tenth
            sys.stderr.write(f"{progress.phase}: {progress.done} of {progress.total}\n")
            sys.stderr.flush()

    return report
