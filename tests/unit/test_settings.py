import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.settings import read_settings

_SECRET = "postgresql+psycopg://tocsin:opensesame@db/tocsin"  # noqa: S105 - opens nothing


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TOCSIN_")]:
        monkeypatch.delenv(name)


def _problem() -> Problem:
    with pytest.raises(InvalidInputError) as refused:
        read_settings()
    (problem,) = refused.value.problems
    return problem


def test_the_store_is_a_file_at_home_where_nothing_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the compile cache lies beside it."""
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    settings = read_settings()
    assert settings.store_url == f"sqlite:///{tmp_path}/tocsin.db"
    assert settings.cache_folder == tmp_path / "cache" / "compile"
    assert list(tmp_path.iterdir()) == []


def test_each_variable_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its own name."""
    monkeypatch.setenv("TOCSIN_CORES", "3")
    monkeypatch.setenv("TOCSIN_COMPILE_CACHE", str(tmp_path / "compiled"))
    monkeypatch.setenv("TOCSIN_CATALOG", str(tmp_path / "kit"))
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "sqlite:///elsewhere.db")
    settings = read_settings()
    assert (settings.cores, settings.catalog) == (3, tmp_path / "kit")
    assert (settings.cache_folder, settings.store_url) == (tmp_path / "compiled", "sqlite:///elsewhere.db")


def test_the_stores_address_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As secrets are handed to a container; the line end is not part of it."""
    file = tmp_path / "database-url"
    file.write_text(f"{_SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("TOCSIN_DATABASE_URL_FILE", str(file))
    assert read_settings().store_url == _SECRET


def test_an_address_file_that_is_not_there_is_refused_by_the_variables_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal that can be acted on, not a traceback."""
    monkeypatch.setenv("TOCSIN_DATABASE_URL_FILE", str(tmp_path / "missing"))
    with pytest.raises(InvalidInputError, match="TOCSIN_DATABASE_URL_FILE"):
        _ = read_settings().store_url


def test_an_address_and_a_file_with_an_address_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever won, somebody would write to the wrong store; and the refusal does not tell the address."""
    monkeypatch.setenv("TOCSIN_DATABASE_URL", _SECRET)
    monkeypatch.setenv("TOCSIN_DATABASE_URL_FILE", str(tmp_path / "database-url"))
    told = str(_problem())
    assert "TOCSIN_DATABASE_URL and TOCSIN_DATABASE_URL_FILE" in told
    assert "opensesame" not in told


@pytest.mark.parametrize("value", ["two", "0", "-1", "65", "1.5", "", "nan"])
def test_a_number_of_processors_that_cannot_be_is_refused_by_the_variables_name(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what stands there."""
    monkeypatch.setenv("TOCSIN_CORES", value)
    problem = _problem()
    assert (problem.file, problem.field, problem.value) == ("environment", "TOCSIN_CORES", repr(value))
    assert problem.accepted


@pytest.mark.parametrize("value", ["1", "64"])
def test_the_ends_of_the_range_are_taken(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One processor is enough."""
    monkeypatch.setenv("TOCSIN_CORES", value)
    assert read_settings().cores == int(value)


def test_settings_do_not_change_and_do_not_print_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log line that shows them is harmless."""
    monkeypatch.setenv("TOCSIN_DATABASE_URL", _SECRET)
    settings = read_settings()
    assert "opensesame" not in f"{settings!r} {settings}"
    with pytest.raises(ValidationError, match="frozen"):
        settings.cores = 4
