"""The port `Sampler` by `pm.sample` on the plain model, so that a refit with it is a refit in all else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm

from benchmarks.plain_model import build_plain_model
from tocsin.ensemble.draws import gather
from tocsin.inference.diagnose import diagnose
from tocsin.inference.kernel import log_likelihood
from tocsin.inference.model import model_data, model_structure
from tocsin.inference.sample import SamplerSettings, strip_priors
from tocsin.usecases.ports import Limits, Progress, Sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytensor.compile.mode import Mode

    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design


@dataclass
class PlainSampler:
    """Builds and compiles anew each time, as `pm.sample` does; the sampler is whichever it takes of itself."""

    run: SamplerSettings = field(default_factory=SamplerSettings)

    @property
    def settings(self) -> Mapping[str, object]:
        """Nothing else than this gives the same recipe."""
        return {"sampler": "pm.sample", "version": version("pymc"), "draws": self.run.draws, "tune": self.run.tune}

    def sample(
        self,
        design: Design,
        cells: CellArrays,
        window: WindowArrays,
        *,
        seed: int,
        limits: Limits,
        report: Callable[[Progress], None],  # noqa: ARG002 - `pm.sample` reports to nobody but a terminal
    ) -> Sampled:
        """Draw as the port asks; it cannot be stopped."""
        limits.check()
        began = time.monotonic()
        model = build_plain_model(design, cells, window)
        trace = pm.sample(
            draws=self.run.draws,
            tune=self.run.tune,
            chains=self.run.chains,
            cores=self.run.cores,
            random_seed=seed,
            model=model,
            progressbar=False,
            quiet=True,
            compute_convergence_checks=False,  # `diagnose` does
            nuts={"target_accept": self.run.target_accept},
        )
        spent = time.monotonic() - began
        sampling = float(trace["posterior"].attrs["sampling_time"])
        standard, innovation = (_drawn(trace, name) for name in ("standard", "innovation"))
        draws = gather(design, standard, innovation, window.occurred, chains=self.run.chains)
        stats = trace["sample_stats"]
        likelihood = strip_priors(stats["logp"].to_numpy().ravel(), standard, innovation)
        diagnosis = diagnose(design, draws, stats["energy"].to_numpy(), stats["diverging"].to_numpy())
        return Sampled(draws, likelihood, diagnosis, spent - sampling, time.monotonic() - began - (spent - sampling))


def _drawn(trace: Any, name: str) -> np.ndarray:  # noqa: ANN401
    values = trace["posterior"][name].to_numpy()
    return values.reshape(-1, *values.shape[2:])


def largest_difference(
    design: Design, cells: CellArrays, window: WindowArrays, points: int, mode: Mode | None = None
) -> float:
    """The largest difference of log-densities between the plain model and the prior with our Op, at random points.

    `mode` is how PyTensor evaluates the plain one: as `pm.sample` would, where none is given.
    """
    density = build_plain_model(design, cells, window).compile_logp(mode=mode)
    structure, data = model_structure(design), model_data(cells, window)
    random = np.random.default_rng(points)
    differences = []
    for _ in range(points):
        standard = random.normal(size=design.parameters)
        innovation = random.normal(size=(design.parts, design.steps))
        free = np.concatenate([standard, innovation.ravel()])
        prior = -0.5 * float(np.sum(free**2)) - 0.5 * len(free) * np.log(2 * np.pi)
        ours = prior + log_likelihood(standard, innovation, structure, data)[0]
        differences.append(abs(float(density({"standard": standard, "innovation": innovation})) - ours))
    return max(differences)
