"""Nobody waits for what he has not asked for: loading some libraries takes longer than answering."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.cli.commands import COMMANDS
from tocsin.cli.late import LateCommand
from tocsin.store.migrate import upgrade

_SAMPLER = {"pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "numba", "scipy"}
_CLUSTER = {"distributed", "dask", "tornado"}
_FEEDS = {"tocsin.feeds", "feedparser", "httpx2", "httpcore2"}
_SERVERS = {"tocsin.web", "fastapi", "uvicorn", "tocsin.jobs", "apscheduler", "opentelemetry"}
_ANY = {"pydantic", "yaml", "sqlalchemy", "structlog", "numpy", "rich", "tocsin.bootstrap", "tocsin.settings"}
_TOLD = "\nimport json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
_IMPORT = "import importlib; importlib.import_module({!r})"
_ALL_COMMANDS = "from tocsin.cli.commands import COMMANDS; [each.load() for each in COMMANDS]"
_ONE_COMMAND = "from tocsin.cli.commands import COMMANDS; next(each for each in COMMANDS if each.name == {!r}).load()"
_CALL = """
import sys
from tocsin.cli.app import main
sys.argv = ["tocsin", *{!r}]
try:
    main()
except SystemExit as ended:
    assert ended.code in (None, 0), ended.code
"""


def _loaded(program: str, home: Path | None = None) -> set[str]:
    """All that a fresh interpreter has loaded after a program: each module, and the packages that it is in."""
    environment = os.environ | ({} if home is None else {"TOCSIN_HOME": str(home)})
    command = [sys.executable, "-c", program + _TOLD]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that is up to date and empty."""
    folder = tmp_path_factory.mktemp("home")
    upgrade(f"sqlite:///{folder / 'tocsin.db'}")
    return folder


@pytest.mark.parametrize("program", [_IMPORT.format("tocsin.bootstrap.service"), _ALL_COMMANDS])
def test_what_answers_does_not_load_the_sampler(program: str) -> None:
    """Nor anything that only the sampler needs."""
    loaded = _loaded(program)
    assert {"tocsin.bootstrap.service", "sqlalchemy"} <= loaded
    assert sorted(loaded & (_SAMPLER | _CLUSTER)) == []


def test_fits_on_this_machine_load_no_dask() -> None:
    """Neither where they are ordered nor where they run."""
    loaded = _loaded("import tocsin.bootstrap.fitting, tocsin.bootstrap.backtesting, tocsin.inference.sample")
    assert "nutpie" in loaded
    assert sorted(loaded & _CLUSTER) == []


def test_a_heavy_import_would_be_seen() -> None:
    """The names that are looked for are the names under which they are loaded."""
    assert "scipy" in _loaded(_IMPORT.format("scipy.special"))
    assert _loaded(_IMPORT.format("tocsin.executor.dask")) >= _CLUSTER
    assert _loaded(_ALL_COMMANDS) >= _ANY | {"tocsin.jobs", "apscheduler"}
    assert _loaded("import tocsin.bootstrap.connectors") >= _FEEDS
    assert _loaded("import tocsin.web.serve") >= {"tocsin.web", "fastapi", "uvicorn"}
    assert _loaded("import alembic, tocsin.inference.artifact") >= {"alembic", "zarr"}


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_loads_no_command(word: str) -> None:
    """Only the list of commands, the names of errors, and what prints."""
    loaded = _loaded(_CALL.format([word]))
    ours = {name for name in loaded if name.startswith("tocsin.cli.")}
    assert ours == {"tocsin.cli.app", "tocsin.cli.commands", "tocsin.cli.late", "tocsin.cli.stopping"}
    assert sorted(loaded & (_ANY | _FEEDS | _SERVERS | {"alembic", "zarr"})) == []


@pytest.mark.parametrize(
    "words",
    [
        "ledger tunisia",
        "observe tunisia violence/border-attack 1 --on 2016-03-07 --grade A1 --history",
        "history tunisia",
        "key list",
        "review list tunisia",
        "feeds",
        "db upgrade",
    ],
)
def test_a_command_on_a_store_that_is_up_to_date_loads_no_other(home: Path, words: str) -> None:
    """No migrations, no draws, no feeds, no servers."""
    loaded = _loaded(_CALL.format(words.split()), home)
    assert "sqlalchemy" in loaded
    assert sorted(loaded & (_FEEDS | _SERVERS | {"alembic", "zarr", "numpy"})) == []


@pytest.mark.parametrize("command", ["odds", "whatif", "why", "collect", "publish", "fit"])
def test_what_reads_odds_loads_neither_feeds_nor_migrations(command: str) -> None:
    """What they load besides are the draws, once they read some."""
    loaded = _loaded(_ONE_COMMAND.format(command))
    assert "tocsin.bootstrap.service" in loaded
    assert sorted(loaded & (_FEEDS | _SERVERS | {"alembic", "zarr"})) == []


@pytest.mark.parametrize("late", COMMANDS, ids=lambda late: str(late.name))
def test_the_list_says_of_a_command_what_it_says_itself(late: LateCommand) -> None:
    """Its first sentence, whole."""
    assert late.get_short_help_str() == late.load().get_short_help_str() == late.help
