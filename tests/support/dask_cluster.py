"""A Dask cluster on this machine: a scheduler and workers, each a process of its own, on the loopback address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_STARTING = 120.0
_OURS = ["--host", "127.0.0.1", "--no-dashboard"]


@dataclass(eq=False)
class DaskCluster:
    """A scheduler, and the workers that were started so far."""

    folder: Path
    environment: Mapping[str, str]
    certificates: tuple[str, ...] = ()
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads((self.folder / "scheduler.json").read_text(encoding="utf-8"))["address"])

    def start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        """A scheduler or a worker; what it says is in the folder."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *_OURS, *self.certificates, *words]
        with (self.folder / f"{what}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=dict(self.environment), stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One that nobody starts again."""
        where = ["--scheduler-file", str(self.folder / "scheduler.json")]
        return self.start("worker", *where, "--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))


@contextmanager
def dask_cluster(
    folder: Path, workers: int, environment: Mapping[str, str] | None = None, certificates: tuple[str, ...] = ()
) -> Iterator[DaskCluster]:
    """A cluster with so many workers, which look for our modules where this process does."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    cluster = DaskCluster(folder, os.environ | {"PYTHONPATH": path} | dict(environment or {}), certificates)
    try:
        protocol = ["--protocol", "tls"] if certificates else []
        cluster.start("scheduler", "--port", "0", "--scheduler-file", str(folder / "scheduler.json"), *protocol)
        wait_until((folder / "scheduler.json").exists, _STARTING, "the scheduler listens")
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()
