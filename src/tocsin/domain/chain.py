"""Whether a chain of publications is the one that was stated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tocsin.domain.publication import BEGINNING, Publication, canonical, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTED = re.compile(r"head ([0-9]+):([0-9a-f]{64})\b")


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the number of the publication, and what is wrong with it."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last publication of a chain as somebody noted it; the chain itself cannot show that its end is gone."""

    number: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


def noted_head(text: str) -> Head | None:
    """The head that a text names last, as one is written down; None where it names none.

    >>> str(noted_head(f"3 publications are as they were written, head 3:{'a' * 64}"))[:6]
    '3:aaaa'
    """
    found = _NOTED.findall(text)
    return Head(int(found[-1][0]), found[-1][1]) if found else None


def verify_chain(publications: Sequence[Publication], head: Head | None = None) -> list[Break]:
    """Every place where a chain, in the order in which it is kept, was changed, cut, reordered or added to.

    Without a head noted earlier neither an end that was cut off nor a chain that was rewritten and hashed anew can be
    told from an honest one. With it both can: what follows the head may grow, what leads to it is fixed.
    """
    breaks = [Break(item.number, "its content is not what its SHA-256 says") for item in publications if _altered(item)]
    if publications:
        first = publications[0]
        if first.number != 1:
            breaks.append(Break(first.number, "the chain begins with it and not with 1"))
        if first.previous != BEGINNING:
            breaks.append(Break(first.number, "it follows a publication that is not there"))
    for before, after in pairwise(publications):
        if after.number != before.number + 1:
            breaks.append(Break(after.number, f"it comes after number {before.number}"))
        if after.previous != before.sha256:
            breaks.append(Break(after.number, f"it does not follow publication {before.number} as that stands"))
    if head is not None and (head.number, head.sha256) not in {(item.number, item.sha256) for item in publications}:
        breaks.append(Break(head.number, f"the chain does not hold it with the noted SHA-256 {head.sha256}"))
    return breaks


def _altered(publication: Publication) -> bool:
    try:
        return digest(canonical(publication)) != publication.sha256
    except ValueError:  # a number that is not finite was never stated
        return True
