"""What all tests share: the compile cache in a folder of the project, and one fit of the Tunisia theater."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tocsin.inference.compiler import prepare_compiler

# Machines are shared, so no example has a deadline; in CI the examples are the same each time.
settings.register_profile("tocsin", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tocsin")

_CACHE = Path(__file__).parents[1] / ".cache" / "compile"
prepare_compiler(_CACHE)  # before any import below brings PyTensor in
os.environ["TOCSIN_COMPILE_CACHE"] = str(_CACHE)

from support.kit import Kit, open_kit  # noqa: E402 - after the compile cache is set
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
def kit(tmp_path_factory: pytest.TempPathFactory, sampler: Sampler) -> Iterator[Kit]:
    """A store with the Tunisia kit and all its shipped observations."""
    with open_kit(tmp_path_factory.mktemp("kit"), sampler, NOW) as opened:
        yield opened


@pytest.fixture(scope="session")
def tunisia_fit(kit: Kit) -> Fit:
    """The fit of the Tunisia theater as of 8 March 2016, with the seed that the command line uses."""
    return kit.fit(AS_OF_DAY)
