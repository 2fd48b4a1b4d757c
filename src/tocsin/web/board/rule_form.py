"""Alert rules as a form: fields for each kind, which make the document that a file would hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from tocsin.domain.alert_rule import CHANCES, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tocsin.domain.theater import Theater

ODDS = "odds"
"""The field that says which scenario within which horizon: in the document these are two."""
KINDS = {
    "level": "the odds are at or above a level",
    "certainty": "the odds are above a level with some chance",
    "change": "the odds have moved",
    "tripwire": "something was seen so many times",
    "overdue-indicator": "nobody has looked at an indicator for too long",
    "silent-feed": "a feed has brought nothing new for too long",
    "stale-fit": "no fit has seen what was known lately",
}
_SPAN = "such as 30 minutes, 6 hours, 2 days or 4 weeks"
_NAMES = "ids, with blanks between"


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of the form.

    Attributes:
        name: Where its value stands in the document, a dot for each step down; or `ODDS`.
        label: What people call it.
        hint: What it takes.
        choices: What there is to choose from, with what each is called; empty where it is typed.
        many: It holds several, with blanks or commas between.
        number: It holds a number.
        usual: What stands there to begin with.
        required: Nothing works without it.
        wide: It takes a row of its own.
    """

    name: str
    label: str
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    many: bool = False
    number: bool = False
    usual: str = ""
    required: bool = False
    wide: bool = False


def form_of(theater: Theater, kind: str, feeds: Sequence[str]) -> dict[str, list[Entry]]:
    """The fields of a kind in the order in which they are asked for, under what they are about."""
    return {
        "What it is": [
            Entry("title", "What it is about", "a notice begins with it", wide=True, required=True),
            Entry("reason", "Why somebody wants to be told", "and what they do then", wide=True, required=True),
            Entry("severity", "Severity", choices=_named(Severity), usual=Severity.WARNING),
            Entry("owner", "Answers for it", "an account or a team"),
        ],
        "When it rings": [
            *_about(theater, kind, feeds),
            Entry("pending.publications", "Publications in a row", "that must meet it; nothing: one", number=True),
            Entry("pending.time", "Must hold for", f"{_SPAN}; nothing: it rings at once"),
            Entry("keep_firing", "Ends once clear for", f"{_SPAN}; nothing: at once"),
            Entry("inhibited_by", "Quiet while these fire", f"rules: {_NAMES}", many=True),
        ],
        "Whom it tells, and when": [
            Entry("destinations", "Tells", f"destinations: {_NAMES}; nothing: the log alone", many=True),
            Entry("repeat", "Again every", f"{_SPAN}, until somebody takes it up; nothing: never"),
            Entry("escalate.after", "Escalates after", f"{_SPAN} in which nobody took it up; nothing: never"),
            Entry("escalate.to", "Escalates to", f"destinations: {_NAMES}", many=True),
            Entry("active.days", "Tells on", "days such as monday friday, with hours; nothing: all", many=True),
            Entry("active.from", "From", "a time such as 06:00; nothing: at any time"),
            Entry("active.to", "Until", "a time such as 22:00"),
        ],
    }


def entries(theater: Theater, kind: str, feeds: Sequence[str]) -> list[Entry]:
    """All of them in a row."""
    return [entry for group in form_of(theater, kind, feeds).values() for entry in group]


def _about(theater: Theater, kind: str, feeds: Sequence[str]) -> list[Entry]:
    """What the rule waits for."""
    odds = Entry(ODDS, "Odds of", choices=_odds(theater), wide=True)
    counted = [item.id for item in theater.indicators if item.kind == "count"]
    rhythmic = [item.id for item in theater.indicators if item.expect_every_days is not None]
    older = Entry("older_than", "Older than", _SPAN, usual="2 days", required=True)
    return {
        "level": [
            odds,
            Entry("at", "Rings at or above", "a probability, such as 0.4", usual="0.4", number=True, required=True),
            Entry("clear_at", "Clears at or below", "a lower one", usual="0.3", number=True, required=True),
        ],
        "certainty": [
            odds,
            Entry("above", "Above", "a probability, such as 0.1", usual="0.1", number=True, required=True),
            Entry("chance", "with a chance of", choices=_named(map(str, CHANCES)), usual="0.75", number=True),
        ],
        "change": [
            odds,
            Entry(
                "by",
                "By",
                "0.05 is five points; 0.7 log-odds double rare odds",
                usual="0.05",
                number=True,
                required=True,
            ),
            Entry("scale", "in", choices=_named(["points", "log-odds"])),
            Entry("direction", "Direction", choices=_named(["up", "down", "either"])),
            Entry("since.window", "Within", f"{_SPAN}; nothing: since it last told somebody", usual="1 week"),
            Entry("floor", "Only to or from", "a probability; nothing: any", number=True),
        ],
        "tripwire": [
            Entry("indicator", "Indicator", choices=_named(counted)),
            Entry("at_least", "At least", "times", usual="2", number=True, required=True),
            Entry("within_days", "within days", usual="14", number=True, required=True),
        ],
        "overdue-indicator": [Entry("indicator", "Indicator", choices=_named(rhythmic))],
        "silent-feed": [Entry("feed", "Feed", choices=_named(feeds)), older],
        "stale-fit": [older],
    }[kind]


def kinds(theater: Theater, feeds: Sequence[str]) -> dict[str, str]:
    """The kinds that this theater has something for, in words: what has no declared rhythm is never overdue."""
    able = {
        "overdue-indicator": any(item.expect_every_days is not None for item in theater.indicators),
        "silent-feed": bool(feeds),
        "tripwire": any(item.kind == "count" for item in theater.indicators),
    }
    return {kind: said for kind, said in KINDS.items() if able.get(kind, True)}


def document_from(asked: Iterable[Entry], kind: str, typed: Mapping[str, str]) -> dict[str, object]:
    """The document that the fields say: without what was left empty, and what is no number stays as it was typed."""
    found: dict[str, object] = {}
    for entry in asked:
        text = typed.get(entry.name, "").strip()
        if not text:
            continue
        if entry.name == ODDS:
            scenario, _, days = text.rpartition(" ")
            found |= {"scenario": scenario, "horizon": _number(days)}
            continue
        above, _, last = entry.name.rpartition(".")
        place = cast("dict[str, object]", found.setdefault(above, {})) if above else found
        place[last] = text.replace(",", " ").split() if entry.many else _number(text) if entry.number else text
    found["kind"] = kind
    if kind == "change" and "since" not in found:
        found["since"] = {"notice": True}
    return found


def typed_from(asked: Iterable[Entry], document: Mapping[str, object]) -> dict[str, str]:
    """What the fields hold for a document, as far as they can say it."""
    return {entry.name: _text(_value(document, entry.name)) for entry in asked}


def _value(document: Mapping[str, object], name: str) -> object:
    if name == ODDS:
        return f"{document.get('scenario')} {document.get('horizon')}"
    above, _, last = name.rpartition(".")
    place = document.get(above, {}) if above else document
    return cast("Mapping[str, object]", place).get(last)


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _number(text: str) -> object:
    """A number where it is one; otherwise the text, which the document's reader then refuses by the field's name."""
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return text


def _odds(theater: Theater) -> dict[str, str]:
    return {
        f"{scenario.id} {days}": f"{scenario.title}, within {days} days"
        for scenario in theater.scenarios
        for days in scenario.horizons
    }


def _named(values: Iterable[str]) -> dict[str, str]:
    return {str(value): str(value) for value in values}
