"""The programs of docs/api.md, as somebody would copy them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

_PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_who_follows_what_changes_ends_it_by_control_c_without_a_traceback(tmp_path: Path) -> None:
    """Usually while it waits: here for a server that is not there."""
    (program,) = (
        text for text in re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL) if "Follow what changes" in text
    )
    file = tmp_path / "follow.py"
    file.write_text(program.replace("127.0.0.1:8626", "127.0.0.1:9"), encoding="utf-8")
    with subprocess.Popen([sys.executable, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.readline().startswith("again after None")
        started.send_signal(signal.SIGINT)
        assert (started.wait(10), started.stderr.read()) == (-signal.SIGINT, "")
