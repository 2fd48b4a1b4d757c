"""docs/deployment.md says every setting, with its default and meaning, as settings.py has it."""

import inspect
import json
import re
from pathlib import Path

import jsonschema
import yaml

from deployment.commands import refusal
from tocsin.settings import _SECRETS, Settings

_PAGE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text(encoding="utf-8")


def _meanings() -> dict[str, str]:
    """What the docstring says of each setting."""
    listed = inspect.cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    joined = re.sub(r"\n {5,}", " ", listed)
    return dict(line.strip().split(": ", 1) for line in joined.splitlines() if line.strip())


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.default
    shown = "" if default is None or field.default_factory else f"`{str(default).removesuffix('.0').lower()}`"
    variable = f"`TOCSIN_{name.upper()}`" + (f" or `TOCSIN_{name.upper()}_FILE`" if name in _SECRETS else "")
    return f"| {variable} | {shown} | {_meanings()[name]} |"


def test_every_setting_is_on_the_page_with_its_default_and_meaning() -> None:
    """Word for word as in the code; the page's table is this one."""
    table = [line for line in _PAGE.splitlines() if line.startswith("| `TOCSIN_")]
    assert table == [_row(name) for name in Settings.model_fields]


def test_every_setting_says_what_it_means() -> None:
    """The docstring is what the table is made of."""
    assert set(_meanings()) == set(Settings.model_fields)


def test_every_variable_on_the_page_is_a_setting() -> None:
    """A name in the prose that nobody reads would lead astray."""
    known = {f"TOCSIN_{name.upper()}" for name in Settings.model_fields}
    named = {name.removesuffix("_FILE") for name in re.findall(r"TOCSIN_[A-Z_]*[A-Z]", _PAGE)}
    assert named <= known


def test_every_command_that_is_run_in_a_container_is_ours() -> None:
    """As the page says it, with its options."""
    run = re.findall(r"^docker compose run --rm (?:--volume \S+ )?worker (.+)$", _PAGE, re.MULTILINE)
    assert {words.split()[0] for words in run} == {"doctor", "restore", "verify", "backtest"}
    for words in run:
        assert refusal(words.split()[:1] + [word for word in words.split() if word.startswith("-")]) is None


def test_the_override_on_the_page_follows_the_specification_and_gives_each_secret_to_who_needs_it() -> None:
    """Every one but the database's address, which the compose file gives; each from a declared file."""
    (text,) = re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    override = yaml.safe_load(text)
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft201909Validator(schema).validate(override)
    worker, web = override["services"]["worker"], override["services"]["web"]
    assert set(override["services"]) == {"worker", "web"}
    secrets = [name for name in _SECRETS if name != "database_url"]
    assert set(override["secrets"]) == set(secrets)
    for service, of_web in ((worker, False), (web, True)):
        needed = [name for name in secrets if name.startswith("oidc_") is of_web]
        assert service["environment"] == {f"TOCSIN_{name.upper()}_FILE": f"/run/secrets/{name}" for name in needed}
        assert service["secrets"] == needed
    compose = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text(encoding="utf-8"))
    target = compose["services"]["worker"]["environment"]["TOCSIN_BACKUPS"]
    assert worker["volumes"] == [f"/mnt/safe:{target}"]
