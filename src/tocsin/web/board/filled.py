"""Forms that were refused: what was typed stands in them again, with what is wrong beside each field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class Filled:
    """One form of a page as somebody filled it in; without a name, none was.

    Attributes:
        form: Which of the page's forms.
        typed: By field. Passwords and secrets are never among them.
        problems: What is wrong.
    """

    form: str = ""
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: Sequence[Problem] = ()

    def value(self, form: str, name: str, usual: str = "") -> str:
        """What was typed into a field of a form; what usually stands there, where it was another form or none."""
        return self.typed.get(name, usual) if form == self.form else usual

    def wrong(self, form: str, *names: str) -> str:
        """What a field takes, where something is wrong with it under one of its names; empty where nothing is."""
        if form != self.form:
            return ""
        return "; ".join(f"takes {item.accepted}" for item in self.problems if item.field in names)


UNTOUCHED = Filled()
"""No form was refused."""
