"""Sampling with nutpie: compiled once a structure, with progress, deadline and cancel."""

from __future__ import annotations

import math
import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import nutpie
import pytensor

from tocsin.domain.errors import FitInterruptedError, SamplerFailedError
from tocsin.ensemble.draws import gather
from tocsin.ensemble.recipe import fingerprint
from tocsin.inference.diagnose import diagnose
from tocsin.inference.model import build_model, model_data, model_structure
from tocsin.inference.op import KERNEL_VERSION
from tocsin.usecases.ports import Limits, Progress, Sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.inference.kernel import Data

_POLL_SECONDS = 0.1
_LIBRARIES = ("numba", "numpy", "nutpie", "pymc", "pytensor")


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How long to sample: `tune` and `draws` are per chain; `cores` changes the time taken, never the draws."""

    chains: int = 4
    draws: int = 1000
    tune: int = 500
    target_accept: float = 0.85
    cores: int = 2


@dataclass(slots=True)
class NutsSampler:
    """The no-U-turn sampler on the PyMC model. Compiled models are kept for as long as the process lives."""

    run: SamplerSettings = field(default_factory=SamplerSettings)
    _compiled: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, object]:
        """Settings and versions that decide the draws."""
        return {
            "chains": self.run.chains,
            "draws": self.run.draws,
            "tune": self.run.tune,
            "target_accept": self.run.target_accept,
            "kernel": KERNEL_VERSION,
            "fastmath": bool(pytensor.config.numba__fastmath),
            "machine": platform.machine(),
            "libraries": {name: version(name) for name in _LIBRARIES},
        }

    def sample(
        self,
        design: Design,
        cells: CellArrays,
        window: WindowArrays,
        *,
        seed: int,
        limits: Limits,
        report: Callable[[Progress], None],
    ) -> Sampled:
        """Compile where needed, sample, diagnose; see the port."""
        began = time.monotonic()
        report(Progress("compiling", 0, 1))
        compiled = self._compile(design, cells, window)
        compiled_at = time.monotonic()
        report(Progress("compiling", 1, 1))
        trace = self._run(compiled, model_data(cells, window), seed, limits, report)
        posterior = trace["posterior"]
        standard = posterior["standard"].to_numpy().reshape(-1, design.parameters)
        innovation = posterior["innovation"].to_numpy().reshape(-1, design.parts, design.steps)
        draws = gather(design, standard, innovation, window.occurred, chains=self.run.chains)
        stats = trace["sample_stats"]
        likelihood = strip_priors(stats["logp"].to_numpy().ravel(), standard, innovation)
        diagnosis = diagnose(design, draws, stats["energy"].to_numpy(), stats["diverging"].to_numpy())
        return Sampled(draws, likelihood, diagnosis, compiled_at - began, time.monotonic() - compiled_at)

    def _compile(self, design: Design, cells: CellArrays, window: WindowArrays) -> Any:  # noqa: ANN401
        key = fingerprint(model_structure(design)._asdict() | {"steps": design.steps, "parts": design.parts})
        if key not in self._compiled:
            self._compiled[key] = nutpie.compile_pymc_model(build_model(design, cells, window))
        return self._compiled[key]

    def _run(
        self,
        compiled: Any,  # noqa: ANN401
        data: Data,
        seed: int,
        limits: Limits,
        report: Callable[[Progress], None],
    ) -> Any:  # noqa: ANN401
        total = self.run.chains * (self.run.draws + self.run.tune)

        def tell(chains: Sequence[Any]) -> None:
            report(Progress("sampling", sum(chain.finished_draws for chain in chains), total))

        sampler = nutpie.sample(
            compiled.with_data(**data._asdict()),
            chains=self.run.chains,
            draws=self.run.draws,
            tune=self.run.tune,
            target_accept=self.run.target_accept,
            cores=self.run.cores,
            seed=seed,
            save_warmup=False,
            progress_bar=False,
            progress_callback=tell,
            progress_rate=200,
            blocking=False,
        )
        try:
            trace = _wait(sampler, limits)
        except (FitInterruptedError, KeyboardInterrupt):
            sampler.cancel()
            raise
        report(Progress("sampling", total, total))
        return trace


def strip_priors(log_density: Floats, standard: Floats, innovation: Floats) -> Floats:
    """(D,) what the sampler's log-density holds beside the standard normal priors of its (D, K) and (D, P, T)."""
    flat = np.concatenate([standard, innovation.reshape(len(innovation), -1)], axis=1)
    return np.asarray(log_density + 0.5 * np.sum(flat**2, axis=1) + 0.5 * flat.shape[1] * math.log(2 * math.pi))


def _wait(sampler: Any, limits: Limits) -> Any:  # noqa: ANN401
    while True:
        limits.check()
        try:
            return sampler.wait(timeout=_POLL_SECONDS)
        except TimeoutError:
            continue
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in the sampler's Rust code is a bare BaseException
            raise SamplerFailedError(f"{type(error).__name__}: {error}") from error
