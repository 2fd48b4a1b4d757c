"""One number for one thing: the board, the page of a scenario, the API and the command line say the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from support.kit import FittedStore  # noqa: TC001 (pytest reads it)
from support.serving import running

if TYPE_CHECKING:
    from pathlib import Path

_AS_OF = "2016-03-08T23:30:00+00:00"


def _on_page(text: str) -> dict[tuple[str, int], float]:
    found = re.findall(r'data-odds="(\S+) (\d+)" data-value="([^"]+)"', text)
    return {(scenario, int(days)): float(value) for scenario, days, value in found}


def test_the_same_numbers_stand_everywhere_for_the_same_instant(fitted_store: FittedStore, tmp_path: Path) -> None:
    """Each scenario and horizon to the last bit, by a server and by a command on one store."""
    fitted_store.copy(tmp_path)
    with running(tmp_path) as server:
        asked = "as_of=2016-03-08T23:30:00%2B00:00"
        told = server.get(f"/api/v1/theaters/tunisia/odds?{asked}").json()["odds"]
        api = {(item["scenario"], item["horizon_days"]): item["probability"] for item in told}
        board = _on_page(server.get(f"/theaters/tunisia?{asked}").text)
        beside = _on_page(server.get(f"/theaters/tunisia/observations?{asked}").text)
        scenarios: dict[tuple[str, int], float] = {}
        for name in {scenario for scenario, _ in api}:
            scenarios |= _on_page(server.get(f"/theaters/tunisia/scenarios/{name}?{asked}").text)
    command = [sys.executable, "-m", "tocsin", "odds", "tunisia", "--as-of", _AS_OF, "--json"]
    done = subprocess.run(
        command, env=os.environ | {"TOCSIN_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    terminal = {(item["scenario"], item["horizon_days"]): item["probability"] for item in json.loads(done.stdout)}
    assert len(api) == 13
    assert board == beside == scenarios == terminal == api
