"""Feed files: every kind, and everything wrong with one at its line."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.domain.errors import UnknownNameError
from tocsin.domain.mapping import Near
from tocsin.domain.sphere import Point

if TYPE_CHECKING:
    from conftest import Folder

EVENTS_FILE = "models/border/feeds/events.yaml"
NEWS_FILE = "models/border/feeds/news.yaml"
INBOX_FILE = "models/border/feeds/inbox.yaml"
_HEAD = "title: T\nevery: 1 day\nsince: 2016-01-01\nreview: false\nexpected: 7\n"
_RULES = "rules:\n  - {id: r, indicator: border/claim, value: 1, grade: B2, reason: r}\n"


def test_a_feed_is_read_with_its_options_and_rules(folder: Folder) -> None:
    catalog = folder.read()
    assert list(catalog.feeds) == ["border/events", "border/inbox", "border/news"]
    events = catalog.feed("border/events")
    assert (events.theater, events.title, events.kind, events.every) == (
        "border",
        "Events",
        "acled",
        timedelta(hours=6),
    )
    assert dict(events.options) == {"countries": ("Tunisia",)}
    assert (events.since, events.expected_days, events.review, events.history) == (date(2016, 1, 1), 7, False, False)
    assert dict(events.same_as) == {"TUN1": "known"}
    (rule,) = events.rules
    assert rule.near == Near((Point(33.2, 11.5), Point(32.0, 10.6)), 30.0)
    assert rule.kinds == ("Battles/*",)
    assert dict(catalog.feed("border/inbox").options) == {"path": "inbox", "complete": False}
    with pytest.raises(UnknownNameError, match="border/inbox"):
        catalog.feed("border/box")


@pytest.mark.parametrize(
    "text",
    [
        "kind: csv-url\naddress: https://example.org/a.csv\nid: [ID]\ncomplete: false\ncolumns: {day: DATE}\n" + _RULES,
        "kind: json-url\naddress: http://example.org/a.json\nid: [id]\ncomplete: true\nrecords: data.rows\n"
        "columns: {day: day, deaths: dead}\n" + _RULES,
        'kind: ucdp-ged\nyearly: "25.1"\nmonthly: "26.0.1"\ncountries: [616]\n' + _RULES,
        "kind: gdelt\ncountries: [TS]\n" + _RULES,
    ],
)
def test_every_kind_can_be_declared(folder: Folder, text: str) -> None:
    folder.texts["models/border/feeds/more.yaml"] = _HEAD + text
    assert folder.read().feed("border/more").kind in text


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "accepted"),
    [
        (EVENTS_FILE, "kind: acled", "kind: aclad", "kind", "folder, csv-url"),
        (EVENTS_FILE, "border/attack", "border/atack", "rules[0].indicator", "did you mean border/attack or"),
        (EVENTS_FILE, "value: 1", "value: 0.5", "rules[0].value", "of kind count"),
        (EVENTS_FILE, "latitude: 32.0", "latitude: 320", "rules[0].near.line[1].latitude", "from -90 to 90"),
        (EVENTS_FILE, "km: 30", "km: 0", "rules[0].near.km", "above 0"),
        (EVENTS_FILE, "    place: the border\n", "", "rules[0]", "`place`"),
        (EVENTS_FILE, "[Battles/*]", '["*/Battles"]', "rules[0].kinds[0]", "a * at the end"),
        (EVENTS_FILE, "since: 2016-01-01", "since: 2016-02-30", "since", "YYYY-MM-DD"),
        (EVENTS_FILE, "every: 6 hours", "every: 6", "every", "6 hours"),
        (EVENTS_FILE, "expected: 7", "expected: 0", "expected", "from 1 to 400"),
        (EVENTS_FILE, "kinds:", "types:", "rules[0].types", "kinds"),
        (NEWS_FILE, "review: true", "review: false", "review", "before a person has read it"),
        (NEWS_FILE, "https://example.org", "https://ann:secret@example.org", "address", "without a name or password"),
        (NEWS_FILE, "{any: [claims]}", "{}", "rules[0].keywords", "at least one of any, all and none"),
        (NEWS_FILE, "{any: [claims]}", '{any: ["!"]}', "rules[0].keywords.any[0]", "words or phrases"),
        (INBOX_FILE, "path: inbox", "address: inbox", "path", "TOCSIN_HOME"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    folder: Folder, file: str, old: str, new: str, field: str, accepted: str
) -> None:
    folder.edit(file, old, new)
    problem = next(problem for problem in folder.problems() if problem.field == field)
    assert problem.file == file
    assert problem.line is not None
    assert accepted in problem.accepted


def test_names_that_stand_twice_are_refused(folder: Folder) -> None:
    folder.edit(NEWS_FILE, "rules:\n", "rules:\n" + _RULES.removeprefix("rules:\n").replace("id: r,", "id: claim,"))
    folder.edit(EVENTS_FILE, "same_as:\n", 'same_as:\n  - {record: "TUN1", origin: o, reason: r}\n')
    found = {(problem.file, problem.field, problem.value) for problem in folder.problems()}
    assert found == {(NEWS_FILE, "rules[1].id", "'claim'"), (EVENTS_FILE, "same_as[1].record", "'TUN1'")}


def test_feeds_without_a_theater_are_refused(folder: Folder) -> None:
    folder.texts["models/lost/feeds/a.yaml"] = folder.texts[INBOX_FILE]
    (problem,) = folder.problems()
    assert (problem.file, problem.value) == ("models/lost/theater.yaml", "missing")
