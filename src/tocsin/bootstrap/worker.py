"""The sampler, put together. Importing it costs seconds, so only what fits does so, and only then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Sampler


def make_sampler(settings: Settings) -> Sampler:
    """The sampler, with its compile cache in the data folder."""
    settings.cache_folder.mkdir(parents=True, exist_ok=True)
    # PyTensor reads this once, when it is imported.
    os.environ.setdefault("PYTENSOR_FLAGS", f"base_compiledir={settings.cache_folder}")
    # Imported here and not above: it takes seconds and 300 MiB, which commands that only read must not pay.
    from tocsin.inference.sample import NutsSampler, SamplerSettings  # noqa: PLC0415

    return NutsSampler(SamplerSettings(cores=settings.cores))
