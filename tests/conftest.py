"""What all tests share: the compile cache in a folder of the project, one fit of the Tunisia theater, and stores."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock  # PyTensor brings it
from hypothesis import settings

from tocsin.inference.compiler import prepare_compiler

# Machines are shared, so no example has a deadline; in CI the examples are the same each time.
settings.register_profile("tocsin", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tocsin")

# Thousands of stores are made and thrown away, and a disk would be waited for at each commit. What a commit is worth is
# tested by killing processes, which memory survives as well as a disk does.
_MEMORY, _ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 - pytest makes a folder of its own in it
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# Commands are started by the hundred, each of which would read every file of ours anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell that starts the tests in its background has them ignore what a terminal's control-C sends, and all that they
# start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_CACHE = Path(__file__).parents[1] / ".cache" / "compile"
prepare_compiler(_CACHE)  # before any import below brings PyTensor in
os.environ["TOCSIN_COMPILE_CACHE"] = str(_CACHE)

from support.databases import database, engine, postgresql, url  # noqa: E402, F401 - fixtures for all
from support.kit import FittedStore, Kit, open_kit, reopen_kit  # noqa: E402 - after the compile cache is set
from tocsin.inference.sample import NutsSampler, SamplerSettings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.domain.fit import Fit
    from tocsin.usecases.ports import Sampler

AS_OF_DAY = date(2016, 3, 8)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def sampler() -> Sampler:
    """One sampler, so that each structure is compiled once."""
    return NutsSampler(SamplerSettings())


@pytest.fixture(scope="session")
def fitted_store(tmp_path_factory: pytest.TempPathFactory, sampler: Sampler) -> FittedStore:
    """The Tunisia kit with all its shipped observations and the fit of 8 March 2016, by the command line's own seed.

    It is made once for all processes that share the tests, and nothing writes to it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    home, done = shared / "fitted-store", shared / "fitted-store.done"
    with FileLock(shared / "fitted-store.lock"):
        if not done.exists():
            home.mkdir()
            with open_kit(home, sampler, NOW) as made:
                done.write_text(made.fit(AS_OF_DAY).id, encoding="utf-8")
    return FittedStore(home, done.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory, fitted_store: FittedStore, sampler: Sampler) -> Iterator[Kit]:
    """A copy of that store, open, to which tests may add fits and publications; what they find is not for sure."""
    home = tmp_path_factory.mktemp("kit")
    fitted_store.copy(home)
    with reopen_kit(home, sampler, NOW) as opened:
        yield opened


@pytest.fixture(scope="session")
def tunisia_fit(kit: Kit, fitted_store: FittedStore) -> Fit:
    """The fit of the Tunisia theater as of 8 March 2016."""
    fit = kit.service.fits.find(fitted_store.fit_id)
    assert fit is not None
    return fit
