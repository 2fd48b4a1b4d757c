"""Text without its markup, in a time that grows with its length, whatever the markup is."""

from __future__ import annotations

import html
import re

_UNSEEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_CLOSES = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
_TAG = re.compile(r"<[A-Za-z/!?]")
_MARK = re.compile(r"""[>"']""")
# No character has such a number, and Python takes long over turning digits into one, or refuses to.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")


def plain_text(markup: str) -> str:
    """What a reader would see, its blanks collapsed. What is cut off inside a tag, a comment or a script is not seen.

    >>> plain_text("<p>Posts <b>attacked</b> at&nbsp;dawn</p><script>steal()</script>")
    'Posts attacked at dawn'
    """
    # Entities twice: what is escaped once more than it should be is a common fault.
    return " ".join(_unescaped(_unescaped_parts(markup)).split())


def _unescaped_parts(markup: str) -> str:
    parts: list[str] = []
    place = 0
    while (found := _TAG.search(markup, place)) is not None:
        parts.append(_unescaped(markup[place : found.start()]))
        parts.append(" ")
        place = _after(markup, found.start())
    return "".join((*parts, _unescaped(markup[place:])))


def _after(markup: str, begin: int) -> int:
    """Where what a reader sees goes on after a tag, or what is not to be seen at all; the end where it never ends."""
    if markup.startswith("<!--", begin):
        end = markup.find("-->", begin + 4)
        return len(markup) if end < 0 else end + 3
    unseen = _UNSEEN.match(markup, begin)
    end = _end_of_tag(markup, begin + 1)
    if unseen is None:
        return end
    closing = _CLOSES[unseen[1].lower()].search(markup, end)
    return len(markup) if closing is None else _end_of_tag(markup, closing.end())


def _end_of_tag(markup: str, place: int) -> int:
    """After its bracket; brackets may stand in quoted values. A quote that is never closed is none."""
    while (found := _MARK.search(markup, place)) is not None:
        if found[0] == ">":
            return found.end()
        closed = markup.find(found[0], found.end())
        place = found.end() if closed < 0 else closed + 1
    return len(markup)


def _unescaped(text: str) -> str:
    return html.unescape(_NO_CHARACTER.sub("\ufffd", text))
