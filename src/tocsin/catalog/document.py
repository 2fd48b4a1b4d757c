"""One YAML file as plain data, with the line of everything in it.

Only the plain part of YAML is read: mappings, lists, text, decimal numbers, true and false. Anchors, aliases
and tags are refused (an alias can grow a small file without bound, a tag can name a type), and so is a key
without a value. Dates and words such as `on` and `no` stay text, as in YAML 1.2 and in every editor that
follows the schemas.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tocsin.domain.errors import Problem

Loc = tuple[str | int, ...]
"""A path into a document: keys, and positions in lists counted from 0."""

MAX_BYTES = 262_144
"""No declaration comes near this; a file beyond it is something else under the wrong name."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data with the line of every key and list item. `file` is relative to the catalog's folder."""

    file: str
    data: object
    lines: Mapping[Loc, int]

    def line(self, loc: Loc) -> int:
        """The line of a path, or of the nearest thing around it that is written down."""
        for depth in range(len(loc), -1, -1):
            if loc[:depth] in self.lines:
                return self.lines[loc[:depth]]
        return 1

    def problem(self, loc: Loc, value: str, accepted: str) -> Problem:
        """A problem with what stands at a path."""
        return Problem(self.file, self.line(loc), dotted(loc), value, accepted)


def dotted(loc: Loc) -> str:
    """A path as people write it; positions in lists count from 0.

    >>> dotted(("links", 2, "multiplier", "high"))
    'links[2].multiplier.high'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or "the file"


def shown(value: object) -> str:
    """A value as it appears in a message: short, quoted where it is text."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def parse_document(file: str, content: bytes) -> tuple[Document | None, list[Problem]]:
    """The document, unless it cannot be read at all, and everything wrong with its form."""
    if len(content) > MAX_BYTES:
        return None, [Problem(file, None, "the file", f"{len(content)} bytes long", f"at most {MAX_BYTES} bytes")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Problem(file, line, "the file", f"not UTF-8 at byte {error.start}", "UTF-8 text")]
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        return None, [_syntax_problem(file, text, error)]
    except RecursionError:
        return None, [Problem(file, 1, "the file", "nested too deeply", "a mapping of a few levels")]
    if not isinstance(root, yaml.MappingNode):
        return None, [Problem(file, 1, "the file", "not a mapping", "a mapping of `key: value` lines")]
    reading = _Reading(file, [_refusal(file, *refused) for refused in loader.refused])
    data = reading.mapping(root, ())
    return Document(file, data, reading.lines), reading.problems


class _Loader(yaml.SafeLoader):
    """Composes nodes, noting anchors, aliases and tags instead of following them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.refused: list[tuple[int, str, str]] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        events: Any = self  # the parser's methods carry no types
        event = events.peek_event()
        start, end = event.start_mark, event.end_mark
        line = start.line + 1
        if isinstance(event, yaml.AliasEvent):
            self.refused.append((line, f"the alias *{event.anchor}", "the value itself, written out"))
            events.get_event()
            # A stand-in that is text, so that the rest of the file can still be judged.
            return yaml.ScalarNode("", "alias", start, end, style='"')
        if event.anchor is not None:
            self.refused.append((line, f"the anchor &{event.anchor}", "the value without an anchor"))
            # The anchor is said once; without it, two of one name cannot stop the reading.
            event.anchor = None
        if event.tag is not None:
            self.refused.append((line, f"the tag {event.tag}", "the value without a tag"))
        return super().compose_node(parent, index)


@dataclass
class _Reading:
    """Turns nodes into data; collects lines and problems on the way."""

    file: str
    problems: list[Problem]
    lines: dict[Loc, int] = field(default_factory=dict)

    def value(self, node: yaml.Node, loc: Loc) -> object:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.item(item, (*loc, position)) for position, item in enumerate(node.value)]
        return self.scalar(node, loc)

    def item(self, node: yaml.Node, loc: Loc) -> object:
        self.lines[loc] = node.start_mark.line + 1
        return self.value(node, loc)

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        self.lines.setdefault(loc, node.start_mark.line + 1)
        data: dict[str, object] = {}
        for key, value in self._pairs(node, loc):
            self.lines[*loc, key.value] = key.start_mark.line + 1
            data[key.value] = self.value(value, (*loc, key.value))
        return data

    def _pairs(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(self.file, line, dotted(loc), "keyed by a list or mapping", "text keys"))
            elif key.value in first:
                accepted = f"one of the two (the first is on line {first[key.value]})"
                self.problems.append(Problem(self.file, line, dotted((*loc, key.value)), "a duplicate key", accepted))
            else:
                first[key.value] = line
                yield key, value

    def scalar(self, node: yaml.Node, loc: Loc) -> object:
        text: str = node.value
        if getattr(node, "style", None) is not None:
            return text
        if text in _NOTHING:
            accepted = "a value, or no such line at all"
            self.problems.append(Problem(self.file, node.start_mark.line + 1, dotted(loc), "empty", accepted))
            return None
        return _plain(text)


def _plain(text: str) -> object:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    # An integer too long for a float's digits is read as a float, which no field that wants an integer takes.
    return float(text) if _DECIMAL.fullmatch(text) else _NOT_FINITE.get(text.lower(), text)


def _refusal(file: str, line: int, value: str, accepted: str) -> Problem:
    return Problem(file, line, "YAML", value, accepted)


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    accepted = "valid YAML: two-space indents, `key: value`, text with `: ` or ` #` in it inside quotes"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        detail = ", ".join(part for part in (error.context, error.problem) if part)
        return Problem(file, mark.line + 1 if mark else 1, "YAML", f"not readable ({detail})", accepted)
    # A character that YAML forbids: the reader knows its position, not its line.
    position = getattr(error, "position", 0)
    character = text[position : position + 1]
    line = text.count("\n", 0, position) + 1
    return Problem(file, line, "YAML", f"not readable (forbidden character {character!r})", accepted)
