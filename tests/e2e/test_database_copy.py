"""A store with a fit, moved to PostgreSQL and back by the command, which proves what it did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tocsin.catalog.kit import find_kit
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import PostgresDatabase
    from support.kit import FittedStore


def _tocsin(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        env=os.environ | {"TOCSIN_HOME": str(home), "COLUMNS": "160"} | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_store_moved_to_postgresql_and_back_gives_the_same_odds(
    fitted_store: FittedStore, postgresql: PostgresDatabase, tmp_path: Path
) -> None:
    """Bit for bit, by the command's own proof and by what it prints; a second time it refuses."""
    home = tmp_path / "home"
    fitted_store.copy(home)
    with postgresql.fresh(upgraded=False) as url:
        there = _tocsin(home, "db", "copy", f"sqlite:///{home / 'tocsin.db'}", url, "--json")
        assert there.returncode == 0, there.stderr
        told = json.loads(there.stdout)
        rows = {table["name"]: table["rows"] for table in told["copied"]["tables"]}
        assert rows["observation"] > 100
        assert told["draws"] == 1
        assert [(same["theater"], same["fit"]) for same in told["odds"]] == [("tunisia", fitted_store.fit_id)]
        assert told["odds"][0]["numbers"] > 10
        assert "checking observation" in there.stderr

        asked = ("odds", "tunisia", "--as-of", "2016-03-08", "--json")
        on_sqlite, on_postgresql = _tocsin(home, *asked), _tocsin(home, *asked, TOCSIN_DATABASE_URL=url)
        assert on_sqlite.stdout == on_postgresql.stdout != ""

        back = _tocsin(home, "db", "copy", url, f"sqlite:///{tmp_path / 'back.db'}")
        assert back.returncode == 0, back.stderr
        for table in told["copied"]["tables"]:
            rows = counted(table["rows"], "row")
            assert f"{table['name']}: {rows}, SHA-256 {table['sha256']}" in back.stdout
        assert "odds equal to the last bit:" in back.stdout

        again = _tocsin(home, "db", "copy", f"sqlite:///{home / 'tocsin.db'}", url)
        assert (again.returncode, again.stdout) == (1, "")
        assert "is not empty (" in again.stderr

    draws = tmp_path / "fits"
    shutil.copytree(home / "fits", draws)
    next(draws.iterdir()).write_bytes(b"rot")
    target = f"sqlite:///{tmp_path / 'third.db'}"
    rotten = _tocsin(home, "db", "copy", f"sqlite:///{home / 'tocsin.db'}", target, "--fits", str(draws))
    assert rotten.returncode == 1
    assert "cannot be trusted" in rotten.stderr
    assert not (tmp_path / "third.db").exists()  # so that it can be copied to once the draws are mended

    bare = tmp_path / "bare"
    shutil.copytree(find_kit() / "indicators", bare / "indicators")
    shutil.copytree(find_kit() / "models" / "tunisia", bare / "models" / "elsewhere")
    unknown = _tocsin(home, "db", "copy", f"sqlite:///{home / 'tocsin.db'}", target, TOCSIN_CATALOG=str(bare))
    assert unknown.returncode == 1
    assert "has fits of tunisia, which the catalog does not declare" in unknown.stderr
    assert not (tmp_path / "third.db").exists()

    typo = tmp_path / "typo.db"
    missing = _tocsin(home, "db", "copy", f"sqlite:///{typo}", target)
    assert missing.returncode == 1
    assert f"there is no store at {typo}" in missing.stderr
    assert not typo.exists()
