"""Seconds to compile the Tunisia model with an empty cache: run as `python -m benchmarks.compiling ours|plain`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from tocsin.inference.compiler import prepare_compiler

MODELS = ("ours", "plain")


def compile_from_cold(model: Literal["ours", "plain"]) -> float:
    """Seconds that a new process takes to compile one of the models, its imports not counted."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.compiling", model, cache],
            env={name: value for name, value in os.environ.items() if name != "PYTENSOR_FLAGS"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return float(done.stdout)


def compile_model(model: str, inputs: tuple[Any, Any, Any]) -> float:
    """Seconds to compile one of the models here, for nutpie, which `pm.sample` takes of itself."""
    import nutpie  # noqa: PLC0415 - after the compiler is prepared

    from benchmarks.plain_model import build_plain_model  # noqa: PLC0415 - as above
    from tocsin.inference.model import build_model  # noqa: PLC0415 - as above

    build = {"ours": build_model, "plain": build_plain_model}[model]
    began = time.perf_counter()
    nutpie.compile_pymc_model(build(*inputs))
    return time.perf_counter() - began


def _main() -> None:
    model, cache = sys.argv[1:]
    prepare_compiler(Path(cache))
    from benchmarks.world import DAY, World, model_inputs  # noqa: PLC0415 - after the compiler is prepared

    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        world = World(Path(home), stack, lambda _: None)
        print(compile_model(model, model_inputs(world.kit, DAY)))


if __name__ == "__main__":
    _main()
