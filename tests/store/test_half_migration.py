"""Migrations that die half way: the store stays at the old revision, in use, and the upgrade runs again."""

import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from support.ledgers import FIRST_REPORT
from tocsin.domain.errors import StoreError
from tocsin.store import migrate
from tocsin.store.engine import reading
from tocsin.store.migrate import require_current, revision, upgrade
from tocsin.store.observation import ObservationLedger

if TYPE_CHECKING:
    import subprocess

Start = Callable[[str], "subprocess.Popen[str]"]

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_NEXT = """
import time
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {down!r}

def upgrade():
    op.create_table("half", sa.Column("written", sa.Integer))
    op.execute("INSERT INTO half VALUES (1)")
    op.add_column("fit", sa.Column("added", sa.Text))
    {between}
    op.create_table("other_half", sa.Column("written", sa.Integer))
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The migrations there are, in a folder where one more can be put."""
    return Path(shutil.copytree(migrate._SCRIPTS, tmp_path / "migrations"))


def _put_next(scripts: Path, between: str) -> None:
    down = ScriptDirectory(str(migrate._SCRIPTS)).get_current_head()
    (scripts / "versions" / "next.py").write_text(_NEXT.format(down=down, between=between))


def _assert_as_before(engine: Engine) -> None:
    """At the old revision, without a trace of the new one, and in use."""
    require_current(engine)
    found = inspect(engine)
    assert not found.has_table("half")
    assert "added" not in [column["name"] for column in found.get_columns("fit")]
    ledger = ObservationLedger(engine)
    assert ledger.observations([FIRST_REPORT.indicator], _LATE) == [FIRST_REPORT]


def _assert_upgrades(engine: Engine, scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the migration mended; nothing of the first attempt is in the way."""
    _put_next(scripts, "pass")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_SCRIPTS", scripts)
        assert upgrade(engine).current == "next"
        assert revision(engine).up_to_date
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM half")).scalar() == 1
        assert inspect(connection).has_table("other_half")


@pytest.fixture
def used(engine: Engine) -> Engine:
    ObservationLedger(engine).record([FIRST_REPORT])
    return engine


@pytest.mark.fault(20)
def test_a_migration_that_fails_half_way_changes_nothing_and_can_run_again(
    used: Engine, scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an exception of its own, and by a statement that the database refuses."""
    for between, raised in (("raise ZeroDivisionError", ZeroDivisionError), ("op.drop_table('nothing')", StoreError)):
        _put_next(scripts, between)
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "_SCRIPTS", scripts)
            with pytest.raises(raised):
                upgrade(used)
        _assert_as_before(used)
    _assert_upgrades(used, scripts, monkeypatch)


@pytest.mark.fault(20)
def test_a_migration_that_is_killed_half_way_changes_nothing_and_can_run_again(
    used: Engine, url: str, scripts: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a signal that it cannot hear, between two of its statements."""
    _put_next(scripts, "print('here', flush=True); time.sleep(600)")
    killed = start(f"""
from pathlib import Path
from tocsin.store import migrate
migrate._SCRIPTS = Path({str(scripts)!r})
migrate.upgrade({url!r})
""")
    assert killed.stdout is not None
    assert killed.stdout.readline().strip() == "here"
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    _assert_as_before(used)
    _assert_upgrades(used, scripts, monkeypatch)


@pytest.mark.fault(20)
def test_two_who_upgrade_at_once_do_it_once(used: Engine, url: str, scripts: Path, start: Start) -> None:
    """As two containers that are started together: the second waits, and finds it done."""
    _put_next(scripts, "time.sleep(0.5)")
    both = [
        start(f"""
from pathlib import Path
from tocsin.store import migrate
migrate._SCRIPTS = Path({str(scripts)!r})
print(migrate.upgrade({url!r}).current, flush=True)
""")
        for _ in range(2)
    ]
    assert [process.stdout.readline().strip() for process in both if process.stdout] == ["next", "next"]
    assert ObservationLedger(used).record([replace(FIRST_REPORT, id="after", origin="after")]).added
