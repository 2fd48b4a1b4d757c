"""A Dask cluster on this machine: a scheduler and workers, each a process of its own, on the loopback address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.processes import wait_until
from tocsin.executor.dask import Certificates

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
    certificates: Certificates | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads((self.folder / "scheduler.json").read_text(encoding="utf-8"))["address"])

    def start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        """A scheduler or a worker; what it says is in the folder."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *_OURS, *self._encrypted(), *words]
        with (self.folder / f"{what}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=dict(self.environment), stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def _encrypted(self) -> list[str]:
        found = self.certificates
        if found is None:
            return []
        return ["--tls-ca-file", str(found.ca), "--tls-cert", str(found.cert), "--tls-key", str(found.key)]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One that nobody starts again."""
        where = ["--scheduler-file", str(self.folder / "scheduler.json")]
        return self.start("worker", *where, "--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))


@contextmanager
def dask_cluster(
    folder: Path, workers: int, environment: Mapping[str, str] | None = None, certificates: Certificates | None = None
) -> Iterator[DaskCluster]:
    """A cluster with so many workers, which look for our modules where this process does."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    cluster = DaskCluster(folder, os.environ | {"PYTHONPATH": path} | dict(environment or {}), certificates)
    try:
        protocol = [] if certificates is None else ["--protocol", "tls"]
        cluster.start("scheduler", "--port", "0", "--scheduler-file", str(folder / "scheduler.json"), *protocol)
        wait_until((folder / "scheduler.json").exists, _STARTING, "the scheduler listens")
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()


def make_certificates(folder: Path) -> Certificates:
    """A certificate that signs itself, so that it is its own authority, with its key."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tocsin-test")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    for path in (made.ca, made.cert):
        path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return made
