"""The Dockerfile, which cannot be built here: its parts are looked at, its own commands run in a clean environment."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deployment.commands import refusal
from tocsin.settings import Settings

_ROOT = Path(__file__).parents[2]
_INSTRUCTIONS = {
    "FROM",
    "ENV",
    "RUN",
    "WORKDIR",
    "COPY",
    "USER",
    "VOLUME",
    "HEALTHCHECK",
    "EXPOSE",
    "ENTRYPOINT",
    "CMD",
}


def _instructions() -> list[tuple[str, str]]:
    """Instructions and their words in order; lines that go on are joined."""
    text = (_ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", lines)
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in joined.splitlines()]


def _all(name: str) -> list[str]:
    return [words for instruction, words in _instructions() if instruction == name]


def _stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for instruction in _instructions():
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def test_every_line_is_an_instruction() -> None:
    """The kinds that are used, and no other: one more is to be thought about here too."""
    assert {name for name, _ in _instructions()} == _INSTRUCTIONS


def test_both_stages_start_from_one_image_of_the_python_that_is_used() -> None:
    """A compiled library of another one would not load."""
    python = (_ROOT / ".python-version").read_text(encoding="utf-8").strip()
    images = {words.split()[0] for words in _all("FROM")}
    assert images == {f"python:{python}-slim-bookworm"}
    assert len(_stages()) == 2


def test_what_is_copied_is_there_and_is_let_through() -> None:
    """From the repository by the first stage, and from it by the second."""
    ignored = (_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = [source for words in _all("COPY") if "--from" not in words for source in words.split()[:-1]]
    assert sources
    for source in sources:
        assert (_ROOT / source).exists()
        assert f"!{source}" in ignored
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(sources)


def test_it_runs_as_the_user_of_the_compose_file_and_never_as_root() -> None:
    """From before the first of our own commands on."""
    last = _stages()[-1]
    assert [words for name, words in last if name == "USER"] == ["10001:10001"]
    order = [name if name != "RUN" else ("ours" if "tocsin demo" in words else "RUN") for name, words in last]
    assert order.index("USER") < order.index("ours")
    assert 'user: "10001:10001"' in (_ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_folders_that_are_written_are_volumes_of_that_user() -> None:
    """The rest of the file system may be read only."""
    env = dict(re.findall(r"(TOCSIN_\w+)=(\S+)", " ".join(_all("ENV"))))
    assert set(env) == {"TOCSIN_HOME", "TOCSIN_COMPILE_CACHE", "TOCSIN_BACKUPS"}
    assert {name.removeprefix("TOCSIN_").lower() for name in env} <= set(Settings.model_fields)
    assert _all("VOLUME") == ['["' + '", "'.join(env.values()) + '"]']
    made = next(words for words in _all("RUN") if "install --directory" in words)
    assert all(folder in made for folder in env.values())
    assert "--owner=10001" in made


def test_its_commands_and_its_look_at_health_are_ours() -> None:
    """With their options."""
    health = json.loads(_all("HEALTHCHECK")[0].partition("CMD ")[2])
    assert health[0] == "tocsin"
    assert refusal(health[1:]) is None
    assert _all("ENTRYPOINT") == ['["tocsin"]']
    assert _all("CMD")[-1] == '["--help"]'
    warms = re.search(r"tocsin (demo[^&]*) &&", " ".join(_all("RUN")))
    assert warms
    assert refusal(warms.group(1).split()) is None


def _uv() -> str:
    found = shutil.which("uv") or shutil.which(_ROOT / ".uv" / "bin" / "uv")
    if found is None:
        pytest.skip("uv is not here; make setup brings it")
    return found


def test_its_own_commands_build_and_warm_an_environment(tmp_path: Path) -> None:
    """Each RUN of ours, as it stands, with other folders and from uv's cache: the same wheel, libraries and fit."""
    places = {"/opt/tocsin": tmp_path / "venv", "/tmp/warm": tmp_path / "warm"}  # noqa: S108 (what the file says)
    for source in {source for words in _all("COPY") if "--from" not in words for source in words.split()[:-1]}:
        _copy(_ROOT / source, tmp_path / "src" / source)
    env = os.environ | {
        "PATH": os.pathsep.join(
            map(str, (tmp_path / "venv" / "bin", Path(_uv()).parent, Path(sys.base_prefix) / "bin", "/usr/bin", "/bin"))
        ),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(_ROOT / ".uv" / "cache")),
        "UV_OFFLINE": "1",
        "TOCSIN_COMPILE_CACHE": str(tmp_path / "compiled"),
        "PYTENSOR_FLAGS": "cxx=",
    }
    ran = []
    for command in _all("RUN"):
        if re.search(r"\b(uv venv|uv pip|tocsin demo)", command):
            for written, here in places.items():
                command = command.replace(written, str(here))  # noqa: PLW2901 (one place after the other)
            command = command.replace(" --compile-bytecode", "")  # noqa: PLW2901 (it only takes time)
            done = subprocess.run(
                ["/bin/sh", "-ec", command], cwd=tmp_path / "src", env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            ran.append(done)
    assert len(ran) == 4
    assert "border-offensive" in ran[-1].stdout
    assert not (tmp_path / "warm").exists()
    compiled = [file for file in (tmp_path / "compiled").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in compiled) > 2**20  # the model, which takes half a minute to compile


def _pinned(name: str) -> dict[str, str]:
    """What a lock holds: for each requirement, the line with its version and hashes."""
    text = (_ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    lines = (line.strip() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {line.partition("==")[0]: line.partition(" --hash")[2] for line in lines if line}


def test_the_lock_of_the_image_is_the_part_of_the_lock_that_running_needs() -> None:
    """The same versions by the same hashes, everything that is declared, and nothing that only development needs."""
    whole, part = _pinned("requirements.lock"), _pinned("requirements-run.lock")
    assert part.items() <= whole.items()
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    name = re.compile(r"[A-Za-z0-9-]+")
    declared = {name.match(line)[0] for line in project["project"]["dependencies"]}  # type: ignore[index]
    only_development = {name.match(line)[0] for line in project["dependency-groups"]["dev"]}  # type: ignore[index]
    bare = {name.match(line)[0] for line in part}  # type: ignore[index]
    assert declared <= bare
    assert not only_development & bare


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        shutil.copyfile(source, target)
