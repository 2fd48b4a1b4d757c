"""Logs: one form for everything, a run id on each event, and never a secret."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tocsin.bootstrap.logs import logged_run, set_up_default_logs, set_up_logs
from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSWORD = 'p@ss/"wörd"'  # noqa: S105 (nobody's)
_ADDRESS = "postgresql+psycopg://tocsin:p%40ss%2F%22w%C3%B6rd%22@db.example/tocsin"
_SECRETS = {"database_url": _ADDRESS, "ucdp_token": "token-123", "acled_password": "secret word"}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Whatever a test sets up is taken back."""
    root = logging.getLogger()
    handlers, level, hook, in_threads = root.handlers, root.level, sys.excepthook, threading.excepthook
    yield
    root.handlers, sys.excepthook, threading.excepthook = handlers, hook, in_threads
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _set_up(*, quiet: bool = False, **settings: object) -> None:
    set_up_logs(Settings(**({"log_format": "json"} | settings)), quiet=quiet)  # type: ignore[arg-type]


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_an_event_is_one_line_of_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With instant, level, logger and its fields."""
    _set_up()
    structlog.get_logger("tocsin.jobs").info("fit accepted", fit="f1", seconds=1.5)
    (line,) = _lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "fit accepted", "fit": "f1", "seconds": 1.5, "level": "info", "logger": "tocsin.jobs"}


def test_everything_inside_a_run_carries_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    """What libraries log too; the next run has another, and outside there is none."""
    _set_up()
    with logged_run(job="publish") as first:
        structlog.get_logger().info("one")
        logging.getLogger("somebody.else").warning("two of %s", "them")
    with logged_run(job="settle") as second:
        structlog.get_logger().info("three")
    structlog.get_logger().info("four")
    lines = _lines(capsys)
    assert [line.get("run") for line in lines] == [first, first, second, None]
    assert [line.get("job") for line in lines] == ["publish", "publish", "settle", None]
    assert lines[1]["event"] == "two of them"
    assert first != second


def test_an_exception_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    """With its cause, in one line, and without the values of variables."""
    _set_up()
    inside = "value-of-a-variable"
    try:
        try:
            {}[len(inside)]
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError:
        structlog.get_logger().exception("job failed")
    (line,) = _lines(capsys)
    assert line["level"] == "error"
    for part in ("Traceback", "KeyError: 19", "direct cause", "ValueError: outer", "test_logs.py"):
        assert part in line["exception"]
    assert inside not in line["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_ever_logged(capsys: pytest.CaptureFixture[str], form: str) -> None:
    """Not in fields, not in messages of libraries, not in tracebacks, however it is written."""
    _set_up(log_format=form, **_SECRETS)
    log = structlog.get_logger()
    log.warning("connecting", address=_ADDRESS, password=_PASSWORD, token="token-123")  # noqa: S106 (what is tested)
    logging.getLogger("httpx2").warning("GET https://example.org/?key=%s", "token-123")
    log.warning("nested", fields={"who": ["secret word", _PASSWORD]})
    error = ValueError(f"cannot connect with {_PASSWORD} to {_ADDRESS}")
    log.error("failed", exc_info=error)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("***") >= 7
    for secret in (_PASSWORD, json.dumps(_PASSWORD)[1:-1], "p%40ss", "wörd", "w\\u00f6rd", "token-123", "secret word"):
        assert secret not in err


def test_ordinary_commands_are_quiet_unless_a_level_was_set(capsys: pytest.CaptureFixture[str]) -> None:
    """People read their output; who sets a level wants it."""
    for quiet, settings, heard in (
        (True, {}, ["warning"]),
        (False, {}, ["info", "warning"]),
        (True, {"log_level": "info"}, ["info", "warning"]),
        (True, {"log_level": "debug"}, ["debug", "info", "warning"]),
        (False, {"log_level": "error"}, []),
    ):
        _set_up(quiet=quiet, **settings)
        log = structlog.get_logger()
        log.debug("a")
        log.info("b")
        log.warning("c")
        assert [line["level"] for line in _lines(capsys)] == heard


def test_talkative_libraries_speak_at_debug_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Each tick and each request would bury the rest; their warnings come through."""
    for level, heard in (("info", 1), ("debug", 2)):
        _set_up(log_level=level)
        logging.getLogger("apscheduler.scheduler").info("tick")
        logging.getLogger("alembic.runtime.migration").warning("odd")
        assert len(_lines(capsys)) == heard


def test_warnings_are_logged_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's complaint keeps the form of the rest."""
    _set_up()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old way", UserWarning, stacklevel=1)
    (line,) = _lines(capsys)
    assert "old way" in line["event"]


def test_for_people_an_event_is_a_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Without colors where it does not go to a terminal."""
    _set_up(log_format="console")
    structlog.get_logger().warning("feed silent", feed="ucdp")
    line = capsys.readouterr().err
    assert "feed silent" in line
    assert "feed=ucdp" in line
    assert "\x1b" not in line


def test_logs_do_without_settings_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads the settings says what is wrong with them."""
    set_up_default_logs()
    structlog.get_logger().info("unheard")
    assert capsys.readouterr().err == ""


_DIES = """
from tocsin.bootstrap.logs import set_up_logs; from tocsin.settings import read_settings
set_up_logs(read_settings(), quiet=True)
def fail():
    raise RuntimeError('token-123 is bad')
"""
_WAYS = {
    "main": "fail()",
    "thread": "import threading\nthread = threading.Thread(target=fail)\nthread.start()\nthread.join()",
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("form", ["json", "console"])
def test_an_error_that_nobody_expected_is_told_without_secrets(form: str, way: str) -> None:
    """The last words of a process or a thread that dies, in the form that was asked for."""
    done = subprocess.run(
        [sys.executable, "-c", _DIES + _WAYS[way]],
        env=os.environ | {"TOCSIN_LOG_FORMAT": form, "TOCSIN_UCDP_TOKEN": "token-123"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == (1 if way == "main" else 0)
    assert "token-123" not in done.stderr
    told = done.stderr
    if form == "json":
        line = json.loads(done.stderr)
        assert line["level"] == "critical"
        told = line["exception"]
    assert "Traceback" in told
    assert "RuntimeError: *** is bad" in told


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgresql://u:p[ss@host/x", "p[ss"),
        ("postgresql://u@host/x?password=hush%21", "hush!"),
        ("postgresql://u@host/x?sslpassword=hush", "hush"),
        ("postgresql://u@host/x?passfile=/etc/hush", "/etc/hush"),
        ("postgresql//u:hush@host", "postgresql//u:hush@host"),
    ],
)
def test_no_part_of_an_address_that_is_secret_is_logged(
    capsys: pytest.CaptureFixture[str], address: str, secret: str
) -> None:
    """However it is written, and where it cannot be read nothing of it."""
    _set_up(database_url=address)
    structlog.get_logger().warning("connecting", address=address, password=secret if secret in address else "")
    err = capsys.readouterr().err
    assert secret not in err
    assert address not in err


def test_where_settings_cannot_be_read_secrets_are_still_hidden(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are what the environment holds under their names."""
    monkeypatch.setenv("TOCSIN_UCDP_TOKEN", "token-123")
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://u:hush@host/x")
    set_up_default_logs()
    structlog.get_logger().warning("odd", token="token-123", said="with hush")  # noqa: S106 (what is tested)
    err = capsys.readouterr().err
    assert "token-123" not in err
    assert "hush" not in err
