"""Other processes: one that writes at the same time, and ones that are killed half way."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from tocsin.store.engine import reading
from tocsin.store.fit import FitShelf
from tocsin.store.observation import ObservationLedger

if TYPE_CHECKING:
    import subprocess

Start = Callable[[str], "subprocess.Popen[str]"]

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_ATTACK = "violence/border-attack"

_PRELUDE = """
import sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from sqlalchemy import event
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.store.engine import open_engine, writing
from tocsin.store.observation import ObservationLedger

def report(name):
    return Observation(name, "violence/border-attack", date(2016, 3, 7), 1.0, Grade("B", "2"), name, "", "",
                       "x", datetime(2016, 3, 8, tzinfo=UTC))

def say(word):
    print(word, flush=True)

def stop_at(engine, moment, table):
    @event.listens_for(engine, moment)
    def stop(connection, cursor, statement, *rest):
        if statement.startswith("INSERT INTO " + table):
            say("here")
            time.sleep(600)
"""


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_a_second_writer_waits_instead_of_failing(engine: Engine, url: str, start: Start) -> None:
    """Two processes record at the same time; both records stand."""
    holder = start(f"""{_PRELUDE}
engine = open_engine({url!r})
with writing(engine):
    say("holding")
    time.sleep(1.5)
say("let go")
""")
    assert _heard(holder) == "holding"
    began = time.monotonic()
    ledger = ObservationLedger(engine)
    second = start(f"""{_PRELUDE}
say(ObservationLedger(open_engine({url!r})).record([report("second")]).added)
""")
    assert _heard(second) == "('second',)"
    assert _heard(holder) == "let go"
    assert time.monotonic() - began > 1
    assert [item.id for item in ledger.observations([_ATTACK], _LATE)] == ["second"]


def test_many_writers_at_once_lose_nothing_and_repeat_nothing(engine: Engine, url: str, start: Start) -> None:
    """Three processes record overlapping batches one observation at a time."""
    writers = [
        start(f"""{_PRELUDE}
ledger = ObservationLedger(open_engine({url!r}))
say(sum(len(ledger.record([report(str(number))]).added) for number in range({first}, {first} + 20)))
""")
        for first in (0, 10, 20)
    ]
    assert sum(int(_heard(writer)) for writer in writers) == 40
    assert len(ObservationLedger(engine).observations([_ATTACK], _LATE)) == 40


def test_a_writer_killed_before_its_commit_leaves_nothing_half_written(engine: Engine, url: str, start: Start) -> None:
    """Its rows were inserted, and nobody was told that they were recorded."""
    writer = start(f"""{_PRELUDE}
engine = open_engine({url!r})
ledger = ObservationLedger(engine)
ledger.record([report("before")])
stop_at(engine, "after_cursor_execute", "observation")
ledger.record([report(str(number)) for number in range(5000)])
""")
    assert _heard(writer) == "here"
    _kill(writer)
    ledger = ObservationLedger(engine)
    assert [item.id for item in ledger.observations([_ATTACK], _LATE)] == ["before"]
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert ledger.record(ledger.observations([_ATTACK], _LATE)).known_already == 1


@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute"])
def test_a_fit_killed_between_its_draws_and_its_row_is_no_fit(
    engine: Engine, url: str, tmp_path: Path, start: Start, moment: str
) -> None:
    """The draws are whole and nothing names them; the same fit can be saved afterwards."""
    writer = start(f"""{_PRELUDE}
import hashlib
from tocsin.domain.fit import Fit
from tocsin.store.fit import FitShelf
engine = open_engine({url!r})
at = datetime(2016, 3, 8, tzinfo=UTC)
stop_at(engine, {moment!r}, "fit")
draws = b"draws" * 100_000
fit = Fit("f", "tunisia", at, at, "r", "d", "c", 1, None, (), (), hashlib.sha256(draws).hexdigest(), 0.0, 0.0)
FitShelf(engine, Path({str(tmp_path / "draws")!r})).save(fit, draws, "test")
""")
    assert _heard(writer) == "here"
    _kill(writer)
    files = list((tmp_path / "draws").iterdir())
    assert [file.read_bytes() for file in files] == [b"draws" * 100_000]
    shelf = FitShelf(engine, tmp_path / "draws")
    assert shelf.find("f") is None
    assert shelf.accepted("tunisia", _LATE) == []
