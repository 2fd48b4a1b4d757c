"""Backups at the command line: a store is lost, and comes back as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def _run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        env=os.environ | {"TOCSIN_HOME": str(home), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.fault(20)
def test_a_lost_store_comes_back_from_its_backup_as_it_was(tmp_path: Path) -> None:
    """And a restore over a store that holds something is refused with what it holds."""
    home, safe = tmp_path / "home", tmp_path / "safe"
    assert _run(home, "db", "upgrade").returncode == 0
    observed = _run(home, "observe", "tunisia", "violence/border-attack", "2", "--on", "2016-03-07", "--grade", "C3")
    assert observed.returncode == 0, observed.stderr
    before = _run(home, "ledger", "tunisia", "--json", "--as-of", "2100-01-01").stdout
    saved = _run(home, "backup")
    assert saved.returncode == 0, saved.stderr
    (path,) = (home / "backups").iterdir()
    assert saved.stdout.startswith(f"{path} (")
    shutil.move(path, safe)
    shutil.rmtree(home)

    checked = _run(home, "restore", str(safe), "--check")
    assert (checked.returncode, home.exists()) == (0, False), checked.stderr
    assert "(1 event, 1 observation): every hash is right" in checked.stdout
    restored = _run(home, "restore", str(safe))
    assert restored.returncode == 0, restored.stderr
    assert _run(home, "ledger", "tunisia", "--json", "--as-of", "2100-01-01").stdout == before
    refused = _run(home, "restore", str(safe))
    assert refused.returncode == 1
    assert f"the store at sqlite:///{home}/tocsin.db is not empty (1 observation): give a new" in refused.stderr
    assert "verifying" not in refused.stderr
