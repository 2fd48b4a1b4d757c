"""Where fits run, put together: processes of this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem, StoreError
from tocsin.executor.pool import ProcessPool
from tocsin.inference.compiler import prepare_compiler
from tocsin.settings import read_settings
from tocsin.store.address import read_address, shown

if TYPE_CHECKING:
    from tocsin.executor.dask import Certificates, DaskPool
    from tocsin.settings import Settings

PRELOADED = ("tocsin.inference.sample", "tocsin.bootstrap.fitting")
"""What the fork server imports, once for all workers."""
_ANSWER_SECONDS = 5.0


def open_executor(settings: Settings, processes: int) -> ProcessPool | DaskPool:
    """Where the settings say that fits run; so many processes where they are this machine's own.

    InvalidInputError where Dask is wanted and is not installed, or its certificates are not all named.
    """
    if settings.dask_scheduler is not None:
        return _open_dask(settings, settings.dask_scheduler)
    prepare_compiler(settings.cache_folder)  # the fork server imports PyTensor, which reads it then
    calm_fork_server()
    return ProcessPool(processes, preloaded=PRELOADED)


def calm_fork_server() -> None:
    """Keep the fork server to one thread, as a fork copies one only and whatever lock another holds stays locked.

    Of what it imports two libraries start threads. OpenBLAS ends its own before a fork; Arrow's allocator does not, and
    reads this variable when it is loaded.
    """
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")


def settings_there(settings: Settings) -> Settings | None:
    """The settings that go with work: ours to a process of this machine, and none to a Dask worker.

    That one has its own from its environment, so that no secret crosses the network; see `settings_here`.
    """
    return settings if settings.dask_scheduler is None else None


def settings_here(sent: Settings | None, store: str) -> Settings:
    """The settings for work that came in; StoreError where it is about another store than theirs.

    Args:
        sent: What came with it; None where this process has its own.
        store: The address of the store that it is about, as `store_name` gives it.
    """
    settings = read_settings() if sent is None else sent
    here = store_name(settings)
    if here != store:
        raise StoreError(f"the work is about the store {store}, and this worker's settings name {here}")
    return settings


def store_name(settings: Settings) -> str:
    """The address of a store, without what is secret in it."""
    return shown(read_address(settings.store_url))


def where_fits_run(settings: Settings) -> str:
    """In words; as `open_executor` refuses, and OSError, with what to do, where no scheduler answers."""
    address = settings.dask_scheduler
    if address is None:
        return f"in processes of this machine, {settings.fit_processes} at once"
    _require_dask(address)
    _certificates(settings, address)
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
    except OSError as error:
        message = f"no Dask scheduler answers at {address} ({error}); start it, or unset TOCSIN_DASK_SCHEDULER"
        raise OSError(message) from error
    return f"on the workers of the Dask scheduler at {address}"


def _require_dask(address: str) -> None:
    if find_spec("distributed") is None:
        accepted = "an installation with Dask: pip install 'tocsin[dask]'"
        raise InvalidInputError([Problem("environment", None, "TOCSIN_DASK_SCHEDULER", repr(address), accepted)])


def _open_dask(settings: Settings, address: str) -> DaskPool:
    _require_dask(address)
    certificates = _certificates(settings, address)
    from tocsin.executor.dask import DaskPool  # noqa: PLC0415 - it loads for a second, and few have it

    return DaskPool(address, certificates=certificates)


def _certificates(settings: Settings, address: str) -> Certificates | None:
    if not address.startswith("tls://"):
        return None
    named = {"DASK_CA": settings.dask_ca, "DASK_CERT": settings.dask_cert, "DASK_KEY": settings.dask_key}
    problems = [
        Problem("environment", None, f"TOCSIN_{name}", "not set" if path is None else repr(str(path)), "a PEM file")
        for name, path in named.items()
        if path is None or not path.is_file()
    ]
    if settings.dask_ca is None or settings.dask_cert is None or settings.dask_key is None or problems:
        raise InvalidInputError(problems)
    from tocsin.executor.dask import Certificates  # noqa: PLC0415 (as above)

    return Certificates(settings.dask_ca, settings.dask_cert, settings.dask_key)
