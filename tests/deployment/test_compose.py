"""docker-compose.yml, which cannot be run here, held to everything that can be known about it."""

import json
import re
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml
from distributed.cli import dask_scheduler, dask_worker

from deployment.commands import refusal
from tocsin.settings import _SECRETS, Settings

_ROOT = Path(__file__).parents[2]
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
_IMAGE = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*:[A-Za-z0-9_][\w.-]{0,127}")
_OURS = [name for name, service in _SERVICES.items() if service["image"].startswith("tocsin:")]
_ON_DASK = ("scheduler", "fitter")
_each_service = pytest.mark.parametrize("name", _SERVICES)


def _listed(name: str, key: str) -> list[str]:
    return [str(item).partition(":")[0] for item in _SERVICES[name].get(key, [])]


def test_it_follows_the_compose_specification() -> None:
    """Every key is one, and its value of the right kind; a slip of the pen would be found."""
    schema = jsonschema.Draft201909Validator(_SCHEMA)
    schema.validate(_COMPOSE)
    slip = {**_COMPOSE, "services": {**_SERVICES, "slip": {"image": "x:1", "read_onyl": True}}}
    with pytest.raises(jsonschema.ValidationError, match="read_onyl"):
        schema.validate(slip)


@_each_service
def test_an_image_is_named_with_its_version(name: str) -> None:
    """What starts tomorrow is what started today."""
    image = _SERVICES[name]["image"]
    assert _IMAGE.fullmatch(image), image
    assert not image.endswith(":latest")
    if name in _OURS:
        assert image == f"tocsin:{_version()}"


def _version() -> str:
    found = re.search(r'^version = "(.+)"$', (_ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found.group(1)


@_each_service
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    """Not root, no capability, nothing to write on but what is named, and an end to what it may take."""
    service = _SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"]
    assert service["init"] is True
    assert service["pids_limit"] > 0
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & set(service)


def test_one_service_has_a_port_and_only_this_machine_reaches_it() -> None:
    """It is the one that answers, on the port that it listens on; a proxy stands before it."""
    assert {name: service["ports"] for name, service in _SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8626:8626"]
    }
    assert _SERVICES["web"]["environment"]["TOCSIN_PORT"] == "8626"


def test_the_health_of_what_answers_is_asked_over_http() -> None:
    """By a program that the image has, which runs as it stands."""
    kind, program, *words = _SERVICES["web"]["healthcheck"]["test"]
    assert (kind, program, words[0]) == ("CMD", "python", "-c")
    compile(words[1], "healthcheck", "exec")
    assert "http://127.0.0.1:8626/healthz" in words[1]


@_each_service
def test_a_service_says_when_it_is_well_and_what_happens_when_it_ends(name: str) -> None:
    """One that ends by itself needs no look at its health, but must not start over."""
    service = _SERVICES[name]
    once = service["restart"] == "no"
    assert service["healthcheck"].get("disable", False) is once
    assert once or service["restart"] == "unless-stopped"
    for other, need in service.get("depends_on", {}).items():
        runs_on = _SERVICES[other]["restart"] != "no"
        assert need["condition"] == ("service_healthy" if runs_on else "service_completed_successfully")
    assert service["logging"]["options"]["max-size"]


@_each_service
def test_what_a_service_names_is_declared_and_what_is_declared_is_used(name: str) -> None:
    """Volumes, secrets and networks."""
    for key in ("volumes", "secrets", "networks"):
        assert set(_listed(name, key)) <= set(_COMPOSE[key])
        assert set(_COMPOSE[key]) == {item for service in _SERVICES for item in _listed(service, key)}


def test_only_the_inner_network_leads_to_the_database() -> None:
    """Nothing outside can knock."""
    assert _SERVICES["database"]["networks"] == ["store"]
    assert _COMPOSE["networks"]["store"] == {"internal": True}


@pytest.mark.parametrize("name", [name for name in _OURS if name not in _ON_DASK])
def test_every_command_is_one_of_ours(name: str) -> None:
    """With its options; the look at its health too."""
    service = _SERVICES[name]
    assert "entrypoint" not in service
    health = service["healthcheck"].get("test", ["CMD", "tocsin", "doctor"])
    if name != "web":  # whose health is asked over HTTP
        assert health[:2] == ["CMD", "tocsin"]
        assert refusal(health[2:]) is None
    assert refusal(service["command"]) is None


def _dask_refusal(words: list[str]) -> str | None:
    """Why `dask <words>` would be refused, as Dask's own commands read them; None where it would run."""
    mains = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    try:
        mains[words[0]].make_context(words[0], words[1:])
    except (click.ClickException, KeyError) as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("name", _ON_DASK)
def test_every_command_of_dask_is_one_of_its_own(name: str) -> None:
    """With its options, on demand only; its health is asked of the port that it listens on, by a program that runs."""
    service = _SERVICES[name]
    assert service["profiles"] == ["dask"]
    assert service["entrypoint"] == ["dask"]
    assert _dask_refusal(service["command"]) is None
    assert "--no-dashboard" in service["command"]
    kind, program, flag, words = service["healthcheck"]["test"]
    assert (kind, program, flag) == ("CMD", "python", "-c")
    compile(words, "healthcheck", "exec")
    (port,) = re.findall(r"'127\.0\.0\.1', (\d+)", words)
    assert port in " ".join(service["command"])


def test_a_command_that_is_not_dasks_would_be_found() -> None:
    """Both a word and an option."""
    assert _dask_refusal(["schedule"])
    assert _dask_refusal(["worker", "tcp://scheduler:8786", "--nthread=1"])


def test_what_starts_without_a_profile_needs_no_dask() -> None:
    """It is unset for the worker unless somebody sets it, and nothing waits for the scheduler but its workers."""
    assert _SERVICES["worker"]["environment"]["TOCSIN_DASK_SCHEDULER"] is None
    assert {name for name, service in _SERVICES.items() if "profiles" in service} == set(_ON_DASK)
    assert not [
        name for name, service in _SERVICES.items() if "scheduler" in service.get("depends_on", {}) and name != "fitter"
    ]


def test_who_can_reach_the_scheduler_is_few_and_it_holds_nothing() -> None:
    """Whoever reaches it can have anything run by its workers, so it is on a network that leads nowhere."""
    assert _COMPOSE["networks"]["fits"] == {"internal": True}
    assert {name for name in _SERVICES if "fits" in _SERVICES[name]["networks"]} == {"worker", "scheduler", "fitter"}
    scheduler = _SERVICES["scheduler"]
    assert (scheduler["networks"], scheduler["volumes"], scheduler["secrets"]) == (["fits"], [], [])


def test_who_fits_for_the_worker_has_its_store_its_draws_and_its_cache() -> None:
    """A fit that is recorded elsewhere would be of no use."""
    worker, fitter = _SERVICES["worker"], _SERVICES["fitter"]
    assert fitter["volumes"] == worker["volumes"]
    assert fitter["secrets"] == worker["secrets"]
    assert fitter["environment"] == {
        name: value for name, value in worker["environment"].items() if name != "TOCSIN_DASK_SCHEDULER"
    }


def test_backups_are_not_kept_in_the_volume_that_they_are_of() -> None:
    """Whoever loses one has the other."""
    mounted = dict(str(item).split(":")[:2][::-1] for item in _SERVICES["worker"]["volumes"])
    environment = _SERVICES["worker"]["environment"]
    assert mounted[environment["TOCSIN_BACKUPS"]] == "backups"
    assert mounted[environment["TOCSIN_HOME"]] != "backups"


def test_a_command_that_is_not_ours_would_be_found() -> None:
    """Both a word and an option."""
    assert refusal(["db", "upgrade"]) is None
    assert refusal(["db", "upgrad"])
    assert refusal(["db", "upgrade", "--now"]) == "--now is no option of tocsin db upgrade"


@pytest.mark.parametrize("name", _OURS)
def test_every_variable_is_a_setting_and_secrets_are_files(name: str) -> None:
    """A name that nobody reads is a setting that silently does not hold."""
    fields = {f"TOCSIN_{field.upper()}" for field in Settings.model_fields}
    secret = {f"TOCSIN_{field.upper()}" for field in _SECRETS}
    for variable, value in _SERVICES[name]["environment"].items():
        assert variable.removesuffix("_FILE") in (secret if variable.endswith("_FILE") else fields - secret)
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in _listed(name, "secrets")


@_each_service
def test_no_secret_stands_in_the_file(name: str) -> None:
    """Passwords come from files that are not in the repository."""
    for variable, value in _SERVICES[name]["environment"].items():
        assert not re.search(r"PASSWORD|TOKEN|SECRET|URL", variable) or variable.endswith("_FILE"), value
    assert "/secrets/" in (_ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
