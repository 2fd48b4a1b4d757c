"""The web process never loads the sampler, whatever it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from support.kit import FittedStore

_HEAVY = {"pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "numba", "scipy"}
_UNASKED = {"opentelemetry.sdk", "opentelemetry.exporter"}

# Every GET route is asked, with what its path needs; streams, which do not end, are closed from the start.
_PROGRAM = """
import json, re, sys
from pathlib import Path
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from support.web import OpenGate
from tocsin.bootstrap.web import now, open_desk
from tocsin.settings import Settings
from tocsin.web.app import make_app
from tocsin.web.means import Means

known = {"theater": "tunisia", "scenario": "border-offensive", "fit": sys.argv[2], "fit_id": sys.argv[2],
         "order": "0" * 32, "notice": "0" * 32, "since": "2016-03-08"}
settings = Settings(home=Path(sys.argv[1]))
asked = {}
with open_desk(settings) as (service, desk):
    app = make_app(Means(service, desk, OpenGate(), now, settings))
    app.state.followers.close()
    described = app.openapi()["paths"]
    with TestClient(app) as client:
        for route in iter_route_contexts(app.routes):
            if "GET" in (route.methods or ()):
                path = re.sub(r"\\{(\\w+)(?::\\w+)?\\}", lambda found: known.get(found[1], "unknown"), route.path)
                takes = described.get(route.path, {}).get("get", {}).get("parameters", [])
                named = [item["name"] for item in takes if item["in"] == "query"]
                of = {name: known[name] for name in named if name in known}
                asked[path] = client.get(path, params=of).status_code
print(json.dumps({"asked": asked, "loaded": sorted(sys.modules)}))
"""


def test_no_route_loads_the_sampler_or_what_traces(tmp_path: Path, fitted_store: FittedStore) -> None:
    """Asked of every route that reads, in a process of its own."""
    home = tmp_path / "home"
    fitted_store.copy(home)
    command = [sys.executable, "-c", _PROGRAM, str(home), fitted_store.fit_id]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"/api/v1/theaters/tunisia", "/metrics", "/readyz", "/api/v1/events"} <= set(told["asked"])
    assert max(told["asked"].values()) < 500, told["asked"]
    assert 422 not in told["asked"].values(), told["asked"]
    assert told["asked"]["/metrics"] == 200
    assert {name.partition(".")[0] for name in told["loaded"]}.isdisjoint(_HEAVY)
    assert not [name for name in told["loaded"] if any(name.startswith(item) for item in _UNASKED)]
