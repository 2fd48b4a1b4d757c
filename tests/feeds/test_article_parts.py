"""What is not read of an article is cut out, and what is left is the document that it was."""

from __future__ import annotations

from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import FeedFormatError
from tocsin.feeds.article_parts import MOST_ITEMS, article_parts

_NAMES = st.sampled_from(
    ["item", "entry", "title", "author", "description", "p", "link", "guid", "x:author", "channel"]
)
_VALUE = st.sampled_from(["", ' a="x>y"', " b='\"/>'", ' c="é"'])


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(name: str, value: str, inside: list[str]) -> str:
        return f"<{name}{value}>{''.join(inside)}</{name}>" if inside else f"<{name}{value}/>"

    return st.builds(written, _NAMES, _VALUE, st.lists(children, max_size=3))


_DOCUMENTS = _element(
    st.recursive(st.sampled_from(["text", "é&lt;b&gt;", "<![CDATA[</item>]]>"]), _element, max_leaves=12)
)


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (
            "<rss><channel><title>c</title><item><title>t</title></item></channel></rss>",
            "<item><title>t</title></item>",
        ),
        ("<rss><channel><item><a:author x='>'/><guid>é</guid ></item></channel></rss>", "<item><guid>é</guid ></item>"),
        ("<rss><channel><item><guid>1<b>2</b>3</guid></item></channel></rss>", "<item><guid>13</guid></item>"),
        (
            "<rss><channel><item><title>1<b>2</b>3</title></item></channel></rss>",
            "<item><title>1<b>2</b>3</title></item>",
        ),
    ],
)
def test_items_keep_what_is_read_of_them(document: str, left: str) -> None:
    """Their texts with the markup in them, their names, links and dates; nothing of the channel."""
    assert article_parts("f", document.encode()).decode() == f"<rss><channel>{left}</channel></rss>"


@given(_DOCUMENTS)
def test_what_is_left_is_well_formed_and_nothing_more_is_to_be_cut(document: str) -> None:
    """Wherever elements are cut out, brackets in quoted values and letters of several bytes included."""
    left = article_parts("f", f"<rss>{document}</rss>".encode())
    expat.ParserCreate("utf-8").Parse(left, True)  # noqa: FBT003 (it takes no keyword)
    assert b"author" not in left
    assert article_parts("f", left) == left


def test_the_most_items_are_taken_and_one_more_is_refused() -> None:
    """Whatever they hold."""
    whole = f"<rss><channel>{'<item/>' * MOST_ITEMS}</channel></rss>".encode()
    assert article_parts("f", whole) == whole
    with pytest.raises(FeedFormatError, match="more than 2,000 items"):
        article_parts("f", whole.replace(b"<item/>", b"<item/><item/>", 1))
