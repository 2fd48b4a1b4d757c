"""Traces by OpenTelemetry, where they are configured; without that, neither its SDK nor its exporter is loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def traced() -> TelemetryConfig:
    """What FastAPI is to trace: each request, where OTEL_EXPORTER_OTLP_ENDPOINT says where to send that.

    InvalidInputError where it does, and what is needed is not installed. The other OTEL_ variables hold as usual.
    """
    if not os.environ.get(ENDPOINT):
        return _OFF
    try:
        # Only who wants traces pays for loading what makes them.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        accepted = "unset, or set with the extra installed: pip install 'tocsin[otel]'"
        raise InvalidInputError([Problem("environment", None, ENDPOINT, "set", accepted)]) from error
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "tocsin")}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return {**_OFF, "tracing": True, "tracer_provider": provider}
