"""Writing the figures of a study into docs/studies, with when and where they came from."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def origin() -> str:
    """When, where and of which commit figures are."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - whichever git the machine has
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, commit {commit}"


def write_study(name: str, title: str, body: str) -> None:
    """Replace `docs/studies/<name>.md`."""
    folder = _ROOT / "docs" / "studies"
    folder.mkdir(exist_ok=True)
    text = f"# {title}\n\nMade by `make verify` on {origin()}.\n\n{body.rstrip()}\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
