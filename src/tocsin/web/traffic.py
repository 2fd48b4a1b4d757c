"""What requests came and how they were answered: counted for Prometheus, and one line each in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tocsin.bootstrap.logs import ACCESS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from prometheus_client.metrics import Histogram as Child

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_NO_ROUTE = "(none)"  # what was asked for is not shown: whoever tries addresses would make a row of each
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Traffic:
    """Counts of one process."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "tocsin_http_request_seconds",
            "Time from a request to the end of its answer, by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.streams = Gauge("tocsin_http_streams_open", "Event streams that are open.", registry=self.registry)
        self.cut = Counter(
            "tocsin_http_streams_cut", "Event streams cut off as their reader was too slow.", registry=self.registry
        )
        self._children: dict[tuple[str, str, int], Child] = {}
        self._log = logging.getLogger(ACCESS)

    def note(self, scope: Mapping[str, Any], status: int, seconds: float, principal: str | None) -> None:
        """Count one request, and log it."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_of(scope)
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._seconds.labels(method, route, str(status))
        # An open stream is no slow answer.
        if not route.endswith("/events"):
            child.observe(seconds)
        if self._log.isEnabledFor(logging.INFO):
            told = {"event": "request", "method": method, "route": route, "status": status}
            told |= {"ms": round(seconds * 1000, 2), "principal": principal, **structlog.contextvars.get_contextvars()}
            # Made here, as `Logger.info` would first look through the stack for a place that is always this one.
            self._log.handle(logging.LogRecord(ACCESS, logging.INFO, __file__, 0, told, None, None))


def route_of(scope: Mapping[str, Any]) -> str:
    """The template of the route that answered, such as /api/v1/theaters/{theater}."""
    # An included router's routes know only their own part of the path; the whole of it is in FastAPI's own scope.
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    template: str | None = getattr(found, "path_format", None)
    return _NO_ROUTE if template is None else template
