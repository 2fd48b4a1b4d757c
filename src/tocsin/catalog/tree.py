"""Which declarations a folder holds: the path of a file is its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.catalog.names import ID, ID_FORM
from tocsin.domain.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MODELS_FORM = (
    "models/<theater>/theater.yaml, models/<theater>/scenarios/<scenario>.yaml, models/<theater>/feeds/<feed>.yaml, "
    "models/<theater>/alerts/<rule>.yaml or models/<theater>/alerts/tests/<name>.yaml"
)
_INDICATORS_FORM = "indicators/<subject>/<indicator>.yaml"


@dataclass
class Tree:
    """Declared files by id. A theater whose `theater.yaml` is missing keeps its other files here."""

    root: Path
    theaters: dict[str, Path] = field(default_factory=dict)
    scenarios: dict[str, dict[str, Path]] = field(default_factory=dict)
    feeds: dict[str, dict[str, Path]] = field(default_factory=dict)
    alert_rules: dict[str, dict[str, Path]] = field(default_factory=dict)
    rule_tests: dict[str, dict[str, Path]] = field(default_factory=dict)
    indicators: dict[str, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def label(self, path: Path) -> str:
        """How messages name a file: relative to the folder, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def refuse(self, path: Path, field_name: str, value: str, accepted: str) -> None:
        """Note what is wrong with a path; a file that is there is named with its first line."""
        self.problems.append(Problem(self.label(path), 1 if path.is_file() else None, field_name, value, accepted))


def survey(root: Path) -> Tree:
    """Everything declared below a folder that holds `models/` and `indicators/`, and every misplaced file."""
    tree = Tree(root)
    for folder, form in (("models", _MODELS_FORM), ("indicators", _INDICATORS_FORM)):
        if not (root / folder).is_dir():
            tree.refuse(root / folder, "the folder", "missing", f"a folder with {form}")
    for path, parts in _declarations(root / "models"):
        _place_model(tree, path, parts)
    for path, parts in _declarations(root / "indicators"):
        if parts[1:2] != ("observations",):  # shipped history, which the observations' own reader judges
            _place_indicator(tree, path, parts)
    for theater in sorted({*tree.scenarios, *tree.feeds, *tree.alert_rules, *tree.rule_tests} - set(tree.theaters)):
        tree.refuse(root / "models" / theater / "theater.yaml", "the file", "missing", "a theater.yaml in this folder")
    if (root / "models").is_dir() and not tree.theaters and not tree.problems:
        tree.refuse(root / "models", "the folder", "without a theater", _MODELS_FORM)
    return tree


def _declarations(folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)  # what editors leave behind
        if path.suffix.lower() in {".yaml", ".yml"} and path.is_file() and not hidden:
            yield path, parts


def _place_model(tree: Tree, path: Path, parts: tuple[str, ...]) -> None:
    match parts:
        case (theater, _) if path.stem == "theater":
            _keep(tree, path, tree.theaters, theater)
        case (theater, "scenarios", _):
            _keep(tree, path, tree.scenarios.setdefault(theater, {}), path.stem)
        case (theater, "feeds", _):
            _keep(tree, path, tree.feeds.setdefault(theater, {}), path.stem)
        case (theater, "alerts", _):
            _keep(tree, path, tree.alert_rules.setdefault(theater, {}), path.stem)
        case (theater, "alerts", "tests", _):
            _keep(tree, path, tree.rule_tests.setdefault(theater, {}), path.stem)
        case _:
            tree.refuse(path, "the path", repr(tree.label(path)), _MODELS_FORM)


def _place_indicator(tree: Tree, path: Path, parts: tuple[str, ...]) -> None:
    match parts:
        case (subject, _):
            _keep(tree, path, tree.indicators, f"{subject}/{path.stem}")
        case _:
            tree.refuse(path, "the path", repr(tree.label(path)), _INDICATORS_FORM)


def _keep(tree: Tree, path: Path, known: dict[str, Path], name: str) -> None:
    if path.suffix != ".yaml":
        tree.refuse(path, "the file name", f"ending in {path.suffix}", f"{path.stem}.yaml")
    # Two ids that differ only by case are one file on some disks and two on others.
    twin = next((other for other in known if other.casefold() == name.casefold()), None)
    if twin is not None:
        accepted = f"an id that differs by more than case from {tree.label(known[twin])}"
        tree.refuse(path, "the id", repr(name), accepted)
    elif not all(ID.fullmatch(part) for part in name.split("/")):
        tree.refuse(path, "the id", repr(name), f"{ID_FORM} (in every part of the path)")
    # Refused or not, the name is known: what links to it shall not be called wrong as well.
    known.setdefault(name, path)
