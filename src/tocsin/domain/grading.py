"""The Admiralty code and the trust that a grade gives.

Trust is the chance that a report says what was there to be seen. The likelihood of evidence is a mixture:
trust times the likelihood under the model plus (1 − trust) times the likelihood under the baseline alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise, product
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RELIABILITIES = "ABCDEF"
CREDIBILITIES = "123456"
_ORDERED_RELIABILITIES = "ABCDE"
_ORDERED_CREDIBILITIES = "12345"
_FORM = re.compile(r"[A-F][1-6]")


@dataclass(frozen=True, order=True, slots=True)
class Grade:
    """Source reliability A–F and information credibility 1–6; F and 6 mean "no basis to judge"."""

    reliability: str
    credibility: str

    def __str__(self) -> str:
        return self.reliability + self.credibility


def parse_grade(text: str) -> Grade | None:
    """The grade a text states, or None where it states none.

    >>> parse_grade("B2")
    Grade(reliability='B', credibility='2')
    """
    return Grade(text[0], text[1]) if _FORM.fullmatch(text) else None


# One table. Rows: reliability; columns: credibility 1 to 6. Credibility weighs more than reliability because graders
# lean on it: Irwin & Mandel (2019), Improving information evaluation for intelligence production, Intelligence and
# National Security 34(4). F sits where C does and 6 between 3 and 4: no basis to judge is the middle, not the bottom.
_DEFAULT: Mapping[str, tuple[float, float, float, float, float, float]] = {
    "A": (0.98, 0.94, 0.77, 0.42, 0.14, 0.64),
    "B": (0.97, 0.91, 0.69, 0.33, 0.10, 0.57),
    "C": (0.95, 0.86, 0.60, 0.25, 0.07, 0.50),
    "D": (0.90, 0.75, 0.43, 0.14, 0.04, 0.37),
    "E": (0.82, 0.57, 0.25, 0.07, 0.02, 0.22),
    "F": (0.95, 0.86, 0.60, 0.25, 0.07, 0.50),
}


def _default_table() -> Mapping[Grade, float]:
    return MappingProxyType(
        {
            Grade(reliability, credibility): trusts[column]
            for reliability, trusts in _DEFAULT.items()
            for column, credibility in enumerate(CREDIBILITIES)
        }
    )


@dataclass(frozen=True, slots=True)
class GradeTable:
    """The trust of every grade: a number strictly between 0 and 1, falling along A–E and along 1–5."""

    trusts: Mapping[Grade, float] = field(default_factory=_default_table)

    def trust(self, grade: Grade) -> float:
        """The trust of a grade, in (0, 1)."""
        return self.trusts[grade]

    def with_overrides(self, overrides: Mapping[Grade, float]) -> GradeTable:
        """This table with some trusts replaced."""
        return GradeTable(MappingProxyType({**self.trusts, **overrides}))

    def violations(self) -> tuple[str, ...]:
        """What breaks the order: every trust in (0, 1), none rising along A–E or 1–5, F and 6 inside the ends."""
        found = [f"{grade} is {trust}: outside (0, 1)" for grade, trust in self.trusts.items() if not 0 < trust < 1]
        for better, worse in _neighbors():
            if self.trusts[better] < self.trusts[worse]:
                found.append(f"{better} ({self.trusts[better]}) is below {worse} ({self.trusts[worse]})")
        for inner, best, worst in _middles():
            if not self.trusts[worst] < self.trusts[inner] < self.trusts[best]:
                found.append(f"{inner} ({self.trusts[inner]}) is not between {best} and {worst}")
        return tuple(found)


def _neighbors() -> list[tuple[Grade, Grade]]:
    along_credibility = [
        (Grade(letter, better), Grade(letter, worse))
        for letter, (better, worse) in product(RELIABILITIES, pairwise(_ORDERED_CREDIBILITIES))
    ]
    along_reliability = [
        (Grade(better, digit), Grade(worse, digit))
        for (better, worse), digit in product(pairwise(_ORDERED_RELIABILITIES), CREDIBILITIES)
    ]
    return along_credibility + along_reliability


def _middles() -> list[tuple[Grade, Grade, Grade]]:
    unknown_source = [(Grade("F", digit), Grade("A", digit), Grade("E", digit)) for digit in CREDIBILITIES]
    unknown_content = [(Grade(letter, "6"), Grade(letter, "1"), Grade(letter, "5")) for letter in RELIABILITIES]
    return unknown_source + unknown_content
