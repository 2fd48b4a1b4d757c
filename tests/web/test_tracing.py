"""Traces, where they are configured."""

from __future__ import annotations

import builtins
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tocsin.domain.errors import InvalidInputError
from tocsin.web.app import make_app
from tocsin.web.tracing import ENDPOINT, traced

if TYPE_CHECKING:
    from support.web import Web


def test_without_an_endpoint_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the SDK is not even loaded then, is seen where all routes are asked."""
    monkeypatch.delenv(ENDPOINT, raising=False)
    assert traced()["tracing"] is False


def test_a_request_is_told_to_the_collector(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its route's name."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        app = make_app(web.means)
        assert TestClient(app).get("/api/v1/theaters/tunisia").status_code == 200
        provider: Any = app._telemetry["tracer_provider"]
        provider.force_flush(10_000)
        provider.shutdown()
        server.shutdown()
    assert any(b"/api/v1/theaters/{theater}" in body for body in received)


def test_an_endpoint_without_what_is_needed_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, with the extra to install."""
    real = builtins.__import__

    def absent(name: str, *more: Any) -> Any:  # noqa: ANN401 (the interpreter's)
        if name.startswith(("opentelemetry.exporter", "opentelemetry.sdk")):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4318")
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InvalidInputError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*tocsin\[otel\]"):
        traced()
