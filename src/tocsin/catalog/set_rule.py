"""Reads an alert rule that no file holds, as a file would be read: by the same shapes, with the same refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tocsin.catalog.alert_rule import ALERT_RULE_SHAPES, AnyAlertRuleFile, alert_rule_of
from tocsin.catalog.alert_rule_references import alert_rule_problems, circle_problems
from tocsin.catalog.document import parse_document
from tocsin.catalog.names import ID, ID_FORM
from tocsin.catalog.references import Declared
from tocsin.catalog.shape import read_kind
from tocsin.domain.errors import InvalidDeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.catalog.read import Catalog
    from tocsin.domain.alert_rule import AlertRule

_LONGEST_ID = 80


def read_set_rule(
    catalog: Catalog, theater: str, name: str, document: str, quieting: Mapping[str, tuple[str, ...]]
) -> AlertRule:
    """The rule of a document.

    Args:
        catalog: What is declared.
        theater: Id of its theater.
        name: Its id.
        document: YAML, or JSON, which is YAML as well.
        quieting: All rules of the theater, this one among them, with those that each is inhibited by.

    InvalidDeclarationError with everything that is wrong with it.
    """
    problems = [] if ID.fullmatch(name) and len(name) <= _LONGEST_ID else [_bad_id(name)]
    parsed, found = parse_document("", document.encode())
    problems += found
    shaped = None if parsed is None else read_kind(parsed, ALERT_RULE_SHAPES, problems)
    if parsed is None or shaped is None:
        raise InvalidDeclarationError(problems)
    declared = Declared(parsed, cast("AnyAlertRuleFile", shaped))
    of = catalog.theater(theater)
    feeds = [item.id.removeprefix(f"{theater}/") for item in catalog.feeds.values() if item.theater == theater]
    problems += alert_rule_problems(declared, of, feeds, quieting)
    problems += circle_problems(name, declared, {**quieting, name: tuple(declared.content.inhibited_by)})
    if problems:
        raise InvalidDeclarationError(problems)
    return alert_rule_of(theater, name, declared.content, of.timeline)


def _bad_id(name: str) -> Problem:
    accepted = f"{ID_FORM}; at most {_LONGEST_ID} characters"
    return Problem("", None, "rule", repr(name), accepted)
