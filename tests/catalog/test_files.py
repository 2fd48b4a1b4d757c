"""Files and their names: the path is the id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.catalog import find_kit, read_catalog
from tocsin.domain.errors import InvalidDeclarationError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Folder

CLAIM = "indicators/border/claim.yaml"


def test_a_file_ending_in_yml_is_refused_and_its_name_still_known(folder: Folder) -> None:
    folder.texts["indicators/border/claim.yml"] = folder.texts.pop(CLAIM)
    (problem,) = folder.problems()
    assert (problem.file, problem.line, problem.field) == ("indicators/border/claim.yml", 1, "the file name")
    assert (problem.value, problem.accepted) == ("ending in .yml", "claim.yaml")


def test_an_id_that_differs_only_by_case_is_refused(folder: Folder) -> None:
    folder.texts["indicators/border/Claim.yaml"] = folder.texts[CLAIM]
    problems = folder.problems()
    assert {problem.field for problem in problems} == {"the id"}
    assert any("more than case" in problem.accepted for problem in problems)


@pytest.mark.parametrize("name", ["Claim_2", "claim-", "-claim", "claim--two", "cläim", "a claim"])
def test_an_id_of_another_form_is_refused(folder: Folder, name: str) -> None:
    folder.texts[f"indicators/border/{name}.yaml"] = folder.texts[CLAIM]
    (problem,) = folder.problems()
    assert (problem.file, problem.line) == (f"indicators/border/{name}.yaml", 1)
    assert problem.value == repr(f"border/{name}")
    assert "lower-case letters and digits" in problem.accepted


@pytest.mark.parametrize(
    ("file", "accepted"),
    [
        ("models/stray.yaml", "models/<theater>/theater.yaml"),
        ("models/border/stray.yaml", "models/<theater>/scenarios/<scenario>.yaml"),
        ("indicators/stray.yaml", "indicators/<subject>/<indicator>.yaml"),
        ("indicators/a/b/stray.yaml", "indicators/<subject>/<indicator>.yaml"),
    ],
)
def test_a_misplaced_file_is_refused(folder: Folder, file: str, accepted: str) -> None:
    folder.texts[file] = "title: stray\n"
    (problem,) = folder.problems()
    assert (problem.file, problem.field) == (file, "the path")
    assert accepted in problem.accepted


def test_files_that_are_no_declarations_are_left_alone(folder: Folder) -> None:
    folder.texts["models/border/README.md"] = "x"
    folder.texts["models/border/.theater.yaml"] = "x"
    folder.texts["indicators/border/observations/rules.yaml"] = "x"
    assert list(folder.read().theaters) == ["border"]


def test_a_theater_without_scenarios_is_refused(folder: Folder) -> None:
    folder.texts = {name: text for name, text in folder.texts.items() if "/scenarios/" not in name}
    problem = next(problem for problem in folder.problems() if problem.field == "scenarios")
    assert (problem.file, problem.line, problem.value) == ("models/border/theater.yaml", 1, "missing")
    assert "at least one file in scenarios/" in problem.accepted


def test_scenarios_without_a_theater_are_refused(folder: Folder) -> None:
    del folder.texts["models/border/theater.yaml"]
    (problem,) = folder.problems()
    assert (problem.file, problem.field, problem.value) == (
        "models/border/theater.yaml",
        "the file",
        "missing",
    )


def test_a_folder_without_declarations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDeclarationError) as refused:
        read_catalog(tmp_path)
    assert [problem.file for problem in refused.value.problems] == ["indicators", "models"]


def test_models_without_a_theater_are_refused(folder: Folder) -> None:
    (folder.root / "models").mkdir()
    folder.texts = {name: text for name, text in folder.texts.items() if name.startswith("indicators")}
    (problem,) = folder.problems()
    assert (problem.file, problem.value) == ("models", "without a theater")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"", "not a mapping"),
        (b"- a\n", "not a mapping"),
        (b"title: a\nunit: \xff\n", "not UTF-8"),
        (b"a: " + b"[" * 20_000, "nested too deeply"),
        (b"# " + b"x" * 300_000, "bytes long"),
    ],
    ids=["empty", "a list", "latin-1", "deep", "large"],
)
def test_a_file_that_cannot_be_a_declaration_is_refused(folder: Folder, content: bytes, value: str) -> None:
    folder.read()
    del folder.texts[CLAIM]
    (folder.root / CLAIM).write_bytes(content)
    (problem,) = folder.problems()
    assert problem.file == CLAIM
    assert value in problem.value


def test_an_alias_bomb_is_refused_without_being_unfolded(folder: Folder) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    folder.texts[CLAIM] = "\n".join(rows)
    problems = folder.problems()
    assert any(problem.value == "the alias *a0" and problem.line == 2 for problem in problems)


def test_every_problem_of_every_file_is_reported_at_once(folder: Folder) -> None:
    folder.edit("models/border/theater.yaml", "window: 104", 'window: "104"')
    folder.edit("models/border/scenarios/crackdown.yaml", "high: 20, reason: near", "high: 2, reason: near")
    folder.edit("models/border/scenarios/crackdown.yaml", "indicator: state/price", "indicator: state/prices")
    folder.edit("models/border/scenarios/offensive.yaml", "indicator: border/claim", "indicator: claim")
    folder.edit("indicators/state/measure.yaml", "kind: ordinal", "kind: level")
    folder.edit("indicators/state/measure.yaml", "unit: level", "unit: 3")
    folder.edit(CLAIM, "kind: presence", "kind: [presence")
    found = [(problem.file.rsplit("/", maxsplit=1)[-1], problem.field) for problem in folder.problems()]
    assert found == [
        ("claim.yaml", "YAML"),
        ("measure.yaml", "kind"),
        ("measure.yaml", "unit"),
        ("crackdown.yaml", "hazard_link.high"),
        ("offensive.yaml", "links[1].indicator"),
        ("theater.yaml", "window"),
    ]


def test_a_refused_indicator_is_not_also_called_unknown(folder: Folder) -> None:
    folder.edit(CLAIM, "coverage: 0.6", "coverage: 6")
    assert [problem.file for problem in folder.problems()] == [CLAIM]


def test_a_message_reads_as_one_line_with_place_value_and_way_out(folder: Folder) -> None:
    folder.edit("indicators/border/attack.yaml", "coverage: 0.7", "coverage: 70")
    (problem,) = folder.problems()
    assert str(problem) == (
        "indicators/border/attack.yaml:7: collection.coverage is 70; accepted: a number above 0 and up to 1: "
        "the chance that a thing that happened was seen"
    )


def test_the_kit_is_found_in_a_wheel_before_a_checkout(tmp_path: Path) -> None:
    package = tmp_path / "src" / "tocsin"
    for parent in (tmp_path, package / "kit"):
        (parent / "models").mkdir(parents=True)
        (parent / "indicators").mkdir()
    assert find_kit(package) == package / "kit"
    (package / "kit" / "models").rmdir()
    assert find_kit(package) == tmp_path
    (tmp_path / "models").rmdir()
    with pytest.raises(InvalidDeclarationError, match="the shipped kit is missing"):
        find_kit(package)
