"""A way to run code in another process that can be killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code elsewhere; whatever still runs at the end of the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def run(code: str) -> "subprocess.Popen[str]":
        path = os.pathsep.join(entry for entry in sys.path if entry)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
