from pathlib import Path

import pytest

from tocsin.domain.errors import InvalidObservationError
from tocsin.feeds.shipped import shipped_drafts

_ROOT = Path(__file__).parents[2] / "indicators"
_HEADER = "observed_on,indicator,value,grade\n"


def test_everything_that_ships_is_read() -> None:
    """25 rows of the chronicle and 78 of UCDP."""
    drafts = shipped_drafts(_ROOT)
    chronicle = [draft for draft in drafts if draft.place.endswith("tunisia-chronicle.csv")]
    ucdp = [draft for draft in drafts if draft.place == "violence/observations/ucdp-ged.csv"]
    assert (len(chronicle), len(ucdp), len(drafts)) == (25, 78, 103)


def test_the_chronicle_stands_by_subject_in_the_order_of_its_days() -> None:
    """Every row is in the folder of its own subject."""
    drafts = [draft for draft in shipped_drafts(_ROOT) if draft.place.endswith("tunisia-chronicle.csv")]
    assert all(draft.indicator.split("/")[0] == draft.place.split("/")[0] for draft in drafts)
    for subject in {draft.place for draft in drafts}:
        days = [draft.observed_on for draft in drafts if draft.place == subject]
        assert days == sorted(days)


def test_an_upstreams_own_rows_are_not_taken_for_observations(tmp_path: Path) -> None:
    """They have other columns."""
    folder = tmp_path / "violence" / "observations"
    folder.mkdir(parents=True)
    (folder / "ged.source.csv").write_text("id,date_start\n1,2016-03-07\n")
    (folder / "b.csv").write_text(_HEADER + "2016-03-07,violence/x,1,B2\n")
    (folder / "a.csv").write_text(_HEADER + "2016-03-08,violence/x,1,B2\n")
    assert [(draft.place, draft.line) for draft in shipped_drafts(tmp_path)] == [
        ("violence/observations/a.csv", 2),
        ("violence/observations/b.csv", 2),
    ]


def test_the_problems_of_every_file_are_told_at_once(tmp_path: Path) -> None:
    """A steward mends them in one go."""
    for subject in ("group", "violence"):
        folder = tmp_path / subject / "observations"
        folder.mkdir(parents=True)
        (folder / "bad.csv").write_text(_HEADER + "2016-03-07\n")
    with pytest.raises(InvalidObservationError) as caught:
        shipped_drafts(tmp_path)
    assert [problem.file for problem in caught.value.problems] == [
        "group/observations/bad.csv",
        "violence/observations/bad.csv",
    ]


def test_a_folder_with_nothing_to_ship_gives_nothing(tmp_path: Path) -> None:
    """A theater may begin without history."""
    assert shipped_drafts(tmp_path) == []
