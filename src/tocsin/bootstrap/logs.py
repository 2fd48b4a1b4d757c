"""Logs: events with a run id, for people or as JSON lines, on standard error.

Whoever logs does `structlog.get_logger()` and names an event and its fields: `log.info("fit accepted", fit=…)`. What
libraries log by the standard module comes out the same way. A thread does not inherit the run id: hand work to one by
`contextvars.copy_context().run`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, override
from urllib.parse import quote

import structlog

from tocsin.domain.instants import write_instant
from tocsin.settings import Settings
from tocsin.store.address import secrets_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import TracebackType

    from structlog.typing import Processor

_RUN_DIGITS = 12
_HIDDEN = "***"
_AS_JSON = json.JSONEncoder(default=str).encode  # made once: `json.dumps` would make one for each line
ACCESS = "tocsin.access"
"""Name of the logger of requests, each of whose events is a mapping."""
# At info they tell of every request, tick or statement, some with addresses that hold a key.
_TALKATIVE = ("alembic", "apscheduler", "httpcore2", "httpx2", "numba", "sqlalchemy")


def set_up_logs(settings: Settings, *, quiet: bool) -> None:
    """Send all logs to standard error, in the form and from the level on that the settings say.

    `quiet` is for commands whose output people read: only warnings and worse are logged, unless a level was set.
    """
    asked = "log_level" in settings.model_fields_set
    level = "warning" if quiet and not asked else settings.log_level
    _configure(settings.log_format, level, _secrets(settings))


def set_up_default_logs() -> None:
    """Logs where the settings cannot be read: warnings, for people, and without what may be meant as a secret."""
    given = {name: os.environ.get(f"TOCSIN_{name.upper()}", "") for name in _secret_names()}
    _configure("console", "warning", set(given.values()) | secrets_in(given["database_url"]))


@contextmanager
def logged_run(**names: str) -> Iterator[str]:
    """A run id, bound to every event that is logged inside, with what is run: `logged_run(job="publish tunisia")`."""
    run = uuid.uuid4().hex[:_RUN_DIGITS]
    with structlog.contextvars.bound_contextvars(run=run, **names):
        yield run


def _configure(form: Literal["console", "json"], level: str, secrets: Collection[str]) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Discreet(shared, _rendering(form), secrets))
    _configure_access(form)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    least = logging.DEBUG if level == "debug" else logging.WARNING
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    # In either form: a traceback that Python prints itself would tell the secrets in it.
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _configure_access(form: Literal["console", "json"]) -> None:
    """The log of requests, which has a line for each: a tenth of what an event through all processors costs.

    Its events hold route templates and names of accounts, never addresses or bodies, so there is no secret to hide.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Quick(form))
    access = logging.getLogger(ACCESS)
    access.handlers = [handler]
    access.propagate = False


class _Quick(logging.Formatter):
    """Renders an event that is a flat mapping; the names are those of other events."""

    def __init__(self, form: Literal["console", "json"]) -> None:
        super().__init__()
        self._json = form == "json"

    @override
    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, dict):
            return record.getMessage()
        level = record.levelname.lower()
        moment = write_instant(datetime.fromtimestamp(record.created, UTC))
        if self._json:
            return _AS_JSON({**record.msg, "logger": record.name, "level": level, "timestamp": moment})
        event, *rest = record.msg.items()
        said = " ".join(f"{name}={value}" for name, value in rest)
        return f"{moment} [{level}] {event[1]} {said} [{record.name}]"


def _rendering(form: Literal["console", "json"]) -> list[Processor]:
    if form == "json":
        # Tracebacks as text and without the values of variables, among which secrets may be.
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


class _Discreet(structlog.stdlib.ProcessorFormatter):
    """Renders an event, and hides secrets in whatever came of it: fields, messages of libraries and tracebacks."""

    def __init__(self, shared: list[Processor], rendering: list[Processor], secrets: Collection[str]) -> None:
        clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(foreign_pre_chain=shared, processors=[clean, *rendering])
        self._secrets = sorted(_spellings(secrets), key=len, reverse=True)

    @override
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def _secrets(settings: Settings) -> set[str]:
    return {settings.credential(name) for name in _secret_names() if name != "database_url"} | secrets_in(
        settings.store_url
    )


def _secret_names() -> list[str]:
    """The settings that are declared as secrets."""
    return [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


def _spellings(secrets: Collection[str]) -> set[str]:
    """Secrets as they are, as JSON escapes them, as Python shows them, and as addresses hold them."""
    return {
        spelling
        for secret in secrets
        if secret
        for spelling in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret), quote(secret, safe=""))
    }


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    structlog.get_logger("tocsin").critical("stopped by an error", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is None or issubclass(told.exc_type, SystemExit):
        return
    thread = None if told.thread is None else told.thread.name
    cause = (told.exc_type, told.exc_value, told.exc_traceback)
    structlog.get_logger("tocsin").critical("a thread was stopped by an error", thread=thread, exc_info=cause)
