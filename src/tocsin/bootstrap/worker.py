"""The sampler, put together. Importing it costs seconds, so only what fits does so, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.inference.compiler import prepare_compiler

if TYPE_CHECKING:
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Sampler


def make_sampler(settings: Settings) -> Sampler:
    """The sampler, with its compile cache in the data folder."""
    prepare_compiler(settings.cache_folder)
    # Imported here and not above: it takes seconds and 300 MiB, which commands that only read must not pay.
    from tocsin.inference.sample import NutsSampler, SamplerSettings  # noqa: PLC0415

    return NutsSampler(SamplerSettings(cores=settings.cores))
