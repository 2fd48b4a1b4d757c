"""Attachments: web addresses of what stands behind an observation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CHARACTERS = 2000
"""No longer address is taken: what is longer holds a document, not where one is."""
LINK_FORM = (
    "an http or https address without a user name, blanks, quotes or angle brackets, up to "
    f"{MOST_CHARACTERS} characters, such as https://example.org/report.pdf; separate several by blanks"
)

# A name before an @ would go to everybody who reads the ledger, and mostly a password stands beside it.
_FORM = re.compile(
    r'https?://(?:[^\s/?#@:\\\[\]<>"]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][^\s\\<>"]*)?', re.IGNORECASE
)


def read_links(text: str) -> tuple[str, ...]:
    """The addresses in a text, separated by blanks: each once, in their order.

    >>> read_links("https://example.org/a  https://example.org/b https://example.org/a")
    ('https://example.org/a', 'https://example.org/b')
    """
    return tuple(dict.fromkeys(text.split()))


def bad_links(links: Iterable[str]) -> tuple[str, ...]:
    """Those that are no address as `LINK_FORM` says.

    >>> bad_links(["https://example.org", "ftp://example.org", "https://ann:secret@example.org"])
    ('ftp://example.org', 'https://ann:secret@example.org')
    """
    return tuple(link for link in links if not _is_link(link))


def _is_link(link: str) -> bool:
    return len(link) <= MOST_CHARACTERS and link.isprintable() and _FORM.fullmatch(link) is not None
