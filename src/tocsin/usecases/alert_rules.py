"""The alert rules that there are: those that files declare, and those that were set by other means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tocsin.domain.errors import InvalidDeclarationError, InvalidInputError, Problem, UnknownNameError
from tocsin.usecases.alert_ports import SetRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.usecases.alert_ports import RuleBook


class ReadRule(Protocol):
    """Reads the document of a rule; `quieting` has the rules of its theater, with those that each is inhibited by."""

    def __call__(self, theater: str, rule: str, document: str, quieting: Mapping[str, tuple[str, ...]]) -> AlertRule:
        """The rule; InvalidDeclarationError with everything that is wrong with it."""
        ...


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule, and where it comes from.

    Attributes:
        rule: The rule.
        set: The version that was set; None for one that a file declares.
    """

    rule: AlertRule
    set: SetRule | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a theater.

    Attributes:
        known: By id.
        problems: Why rules that were set cannot be used any more, by id: their theater's files have changed.
    """

    known: Mapping[str, KnownRule]
    problems: Mapping[str, str]

    @property
    def rules(self) -> tuple[AlertRule, ...]:
        """Those that can be judged."""
        return tuple(item.rule for item in self.known.values())


class AlertRules:
    """All rules, looked up anew each time, as others may set one at any time; what was read once is kept."""

    def __init__(self, declared: Mapping[str, AlertRule], book: RuleBook, read: ReadRule) -> None:
        """Have the declared ones, by `<theater>/<rule>`: of two that have the same id, it is they that count."""
        self._declared = declared
        self._book = book
        self._read = read
        self._kept: dict[tuple[str, str, int, str], AlertRule] = {}

    def of(self, theater: str) -> Rules:
        """The rules of a theater, those of files first."""
        known = {item.id: KnownRule(item) for item in self._declared.values() if item.theater == theater}
        problems: dict[str, str] = {}
        standing = [item for item in self._book.rules(theater) if item.document is not None]
        quieting = {name: item.rule.inhibited_by for name, item in known.items()} | {
            item.rule: () for item in standing if item.rule not in known
        }
        for item in standing:
            if item.rule in known:
                problems[item.rule] = "a file declares a rule of this id by now, which counts; remove this one"
                continue
            try:
                known[item.rule] = KnownRule(self._kept_rule(item, quieting), item)
            except InvalidDeclarationError as error:
                problems[item.rule] = str(error)
        return Rules(known, problems)

    def rule(self, theater: str, name: str) -> KnownRule:
        """The rule of that id in a theater; UnknownNameError otherwise."""
        known = self.of(theater).known
        if name not in known:
            raise UnknownNameError("alert rule", name, sorted(known))
        return known[name]

    def put(self, wanted: SetRule) -> KnownRule | None:
        """Set a rule; its version is one more than the one that was seen, 1 for a new one.

        None, and nothing is written, where another version stands. InvalidDeclarationError with everything that is
        wrong with the document; InvalidInputError for an id that a file declares.
        """
        if f"{wanted.theater}/{wanted.rule}" in self._declared:
            raise InvalidInputError([_declared(wanted.rule)])
        while (seen := self._seen(wanted.theater)).get(wanted.rule, 0) == wanted.version - 1:
            rule = self.parsed(wanted.theater, wanted.rule, wanted.document or "")
            if self._book.put(wanted, seen):
                return KnownRule(rule, wanted)
        return None

    def parsed(self, theater: str, name: str, document: str) -> AlertRule:
        """What a document would be as a rule of that id; InvalidDeclarationError with everything that is wrong."""
        found = self.of(theater)
        quieting = {known: item.rule.inhibited_by for known, item in found.known.items()}
        broken = dict.fromkeys((*found.problems, name), ())
        return self._read(theater, name, document, {**broken, **quieting})

    def remove(self, theater: str, name: str, version: int | None, by: str, now: datetime) -> SetRule | None:
        """Remove a rule that was set; `version` is the one that was seen, None for whichever stands.

        None, and nothing is written, where another version stands. UnknownNameError where there is none;
        InvalidInputError where a file declares it, or another rule is inhibited by it.
        """
        if f"{theater}/{name}" in self._declared and not self._is_set(theater, name):
            raise InvalidInputError([_declared(name)])
        while True:
            seen, last = self._seen(theater), self.last(theater, name)
            if last is None or last.document is None:
                raise UnknownNameError("alert rule", name, sorted(self.of(theater).known))
            quieted = [item.id for item in self.of(theater).rules if name in item.inhibited_by]
            if quieted and f"{theater}/{name}" not in self._declared:
                accepted = f"a rule that no other is inhibited_by; it quiets {', '.join(sorted(quieted))}"
                raise InvalidInputError([Problem("", None, "rule", repr(name), accepted)])
            if version not in {None, last.version}:
                return None
            removed = SetRule(theater, name, last.version + 1, None, by, now)
            if self._book.put(removed, seen):
                return removed

    def last(self, theater: str, name: str) -> SetRule | None:
        """The last version of a rule that was set, removed or not; None where none ever was."""
        return next((item for item in self._book.rules(theater) if item.rule == name), None)

    def _seen(self, theater: str) -> dict[str, int]:
        return {item.rule: item.version for item in self._book.rules(theater)}

    def _is_set(self, theater: str, name: str) -> bool:
        last = self.last(theater, name)
        return last is not None and last.document is not None

    def _kept_rule(self, item: SetRule, quieting: Mapping[str, tuple[str, ...]]) -> AlertRule:
        key = item.theater, item.rule, item.version, repr(sorted(quieting))
        if key not in self._kept:
            self._kept[key] = self._read(item.theater, item.rule, item.document or "", quieting)
        return self._kept[key]


def _declared(name: str) -> Problem:
    return Problem("", None, "rule", repr(name), "the id of a rule that no file declares: change that file instead")
