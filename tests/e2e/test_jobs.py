"""`tocsin jobs run`: a job that is done, one that fails and one that is busy."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.settings import Settings
from tocsin.store.engine import open_engine
from tocsin.store.job import JobRecord
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from pathlib import Path


def _run(home: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "jobs", *words],
        env=os.environ | {"TOCSIN_HOME": str(home), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_job_is_run_by_name_and_says_what_came_of_it(tmp_path: Path) -> None:
    """Exit 0 only where it is done; what is wrong is said in words, and stands in the listing."""
    address = Settings(home=tmp_path).store_url
    upgrade(address)
    code, said = _run(tmp_path, "run", "forget-runs")
    assert (code, "forget-runs done: 0 runs removed" in said) == (0, True), said
    code, said = _run(tmp_path, "run", "publish/tunisia")
    assert code == 1
    assert "publish/tunisia failed, will be attempted again: NoFitError" in said
    engine = open_engine(address)
    now = datetime.now(UTC)
    run = JobRecord(engine).claim("backup", now, owner="w1", now=now, until=now + timedelta(minutes=5))
    engine.dispose()
    assert run is not None
    code, said = _run(tmp_path, "run", "backup")
    assert code == 1
    assert "job 'backup' is running already, by worker w1" in said
    code, said = _run(tmp_path, "run", "bakcup")
    assert code == 1
    assert "no job named 'bakcup'" in said
    code, said = _run(tmp_path)
    assert code == 0
    assert "running by w1" in said
