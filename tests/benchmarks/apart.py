"""Work in a process of its own with an empty compile cache: `python -m benchmarks.apart ours|plain FOLDER`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tocsin.inference.compiler import prepare_compiler

if TYPE_CHECKING:
    from benchmarks.world import World


def run_apart(task: Literal["ours", "plain"]) -> dict[str, float]:
    """What a task measures; see `_ours` and `_plain`. PyTensor's flags are of one process, and so is its cache."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.apart", task, folder],
            env={name: value for name, value in os.environ.items() if name != "PYTENSOR_FLAGS"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _ours(world: World) -> dict[str, float]:
    """`cold`: seconds to compile our model, imports not counted."""
    import nutpie  # noqa: PLC0415 - after the compiler is prepared

    from benchmarks.world import DAY, model_inputs  # noqa: PLC0415 - as above
    from tocsin.inference.model import build_model  # noqa: PLC0415 - as above

    inputs = model_inputs(world.kit, DAY)
    began = time.perf_counter()
    nutpie.compile_pymc_model(build_model(*inputs))
    return {"cold": time.perf_counter() - began}


def _plain(world: World) -> dict[str, float]:
    """`cold`: seconds to compile the plain model of the day before; then a whole refit with `pm.sample`.

    `seconds` of the refit, `compiling` of these, and `effective` draws. The evidence of another day has other shapes,
    so that the cache serves it in part: as it would any nightly refit.
    """
    import nutpie  # noqa: PLC0415 - after the compiler is prepared

    from benchmarks.plain_model import build_plain_model  # noqa: PLC0415 - as above
    from benchmarks.plain_sampler import PlainSampler  # noqa: PLC0415 - as above
    from benchmarks.world import DAY, effective, model_inputs  # noqa: PLC0415 - as above

    inputs = model_inputs(world.kit, DAY - timedelta(days=1))
    began = time.perf_counter()
    nutpie.compile_pymc_model(build_plain_model(*inputs))
    compiled = time.perf_counter()
    fit = replace(world.kit, sampler=PlainSampler()).fit(DAY)
    seconds = time.perf_counter() - compiled
    return {
        "cold": compiled - began,
        "seconds": seconds,
        "compiling": fit.compile_seconds,
        "effective": effective(fit),
    }


def _main() -> None:
    task, folder = sys.argv[1], Path(sys.argv[2])
    prepare_compiler(folder / "compile")
    from benchmarks.world import World  # noqa: PLC0415 - after the compiler is prepared

    with ExitStack() as stack:
        print(json.dumps({"ours": _ours, "plain": _plain}[task](World(folder, stack, lambda _: None))))


if __name__ == "__main__":
    _main()
