"""A worker killed while it takes in a feed: the watermark and the rows are of one moment."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.feeds import ATTACK, FEED, event, open_world
from tocsin.usecases.feed_ports import Page
from tocsin.usecases.take_page import Taken

if TYPE_CHECKING:
    import subprocess

Start = Callable[[str], "subprocess.Popen[str]"]

_PRELUDE = """
import time
from pathlib import Path
from sqlalchemy import event as events
from support.feeds import event, open_world
from tocsin.usecases.feed_ports import Page

def pages():
    return [Page((event("a", 1), event("b", 1)), "1"), Page((event("a", 2, day="2016-02-10"), event("c", 1)), "2")]

def stop_at(engine, table, times):
    seen = []
    @events.listens_for(engine, "after_cursor_execute")
    def stop(connection, cursor, statement, *rest):
        if statement.startswith(table):
            seen.append(statement)
            if len(seen) == times:
                print("here", flush=True)
                time.sleep(600)
"""


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("statement", "times", "watermark", "standing"),
    [
        ("INSERT INTO feed_record", 1, None, 0),  # in the first page
        ("UPDATE feed SET watermark", 1, None, 0),  # at the end of it
        ("INSERT INTO observation", 3, "1", 2),  # in the second: the correction is written, nothing else
        ("UPDATE feed SET watermark", 2, "1", 2),
    ],
)
def test_a_worker_killed_in_a_page_leaves_watermark_and_rows_together(
    tmp_path: Path, start: Start, statement: str, times: int, watermark: str | None, standing: int
) -> None:
    """Pages before stand with their watermark; of the one being written there is nothing. Again: everything."""
    worker = start(f"""{_PRELUDE}
with open_world(Path({str(tmp_path)!r})) as world:
    world.sent.extend(pages())
    stop_at(world.engine, {statement!r}, {times})
    world.take()
""")
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "here"
    worker.kill()
    assert worker.wait() == -signal.SIGKILL

    with open_world(tmp_path) as world:
        world.now += timedelta(hours=1)  # later than the worker's clock
        assert world.book.state(FEED.id).watermark == watermark
        assert len(world.says()) == standing
        world.sent.extend(
            [Page((event("a", 1), event("b", 1)), "1"), Page((event("a", 2, day="2016-02-10"), event("c", 1)), "2")]
        )
        again = world.take()
        assert again.records == (4 if watermark is None else 2)
        assert world.book.state(FEED.id).watermark == "2"
        assert sorted(row[1:] for row in world.says()) == [
            ("2016-02-10", 1.0, "tunisia/wire/a"),
            ("2016-02-20", 1.0, "tunisia/wire/b"),
            ("2016-02-20", 1.0, "tunisia/wire/c"),
        ]
        assert len(world.ledger.observations([ATTACK], world.now)) == 4
        assert world.take() == Taken()
