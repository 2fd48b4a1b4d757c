"""What reads and records never loads the sampler: importing it takes longer than answering."""

import json
import subprocess
import sys

import pytest

_HEAVY = ("pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "numba", "scipy")
_PROGRAM = "import importlib, json, sys; importlib.import_module({!r}); print(json.dumps(sorted(sys.modules)))"


def _loaded(module: str) -> set[str]:
    """Top-level names of everything that a fresh interpreter has loaded after importing a module."""
    command = [sys.executable, "-c", _PROGRAM.format(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("module", ["tocsin.bootstrap.service", "tocsin.cli.app"])
def test_what_answers_does_not_load_the_sampler(module: str) -> None:
    """Nor anything that only the sampler needs."""
    loaded = _loaded(module)
    assert {"tocsin", "numpy"} <= loaded
    assert loaded.isdisjoint(_HEAVY)


def test_a_heavy_import_would_be_seen() -> None:
    """The name that is looked for is the name under which it is loaded."""
    assert "scipy" in _loaded("scipy.special")
