"""Markup is taken off as a browser would, and whatever is left is text."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.feeds.markup import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a<br/>b", "a b"),
        ("<p title='a>b'>x</p>", "x"),
        ('<a href="it\'s>here">x</a> y', "x y"),
        ("<a title=it's>x", "x"),
        ("<!-- <b>no</b> -->yes<!-- cut", "yes"),
        ("<STYLE>p{}</STYLE>seen<script src=x>if (a<b) {}</Script >too", "seen too"),
        ("<script>never closed", ""),
        ("<scripture>seen</scripture>", "seen"),
        ("cut <a href=", "cut"),
        ("1 < 2 &amp;amp; 3 &lt;b", "1 < 2 & 3 <b"),
        ("&amp;#1234567890123; &#xD800;", "\ufffd \ufffd"),
        ("<![CDATA[x]]>y<?php 1 ?>", "y"),
    ],
)
def test_a_reader_sees_the_text_alone(markup: str, text: str) -> None:
    """Quoted brackets, comments, scripts, what is cut off, and what is escaped once too often."""
    assert plain_text(markup) == text


@given(st.lists(st.text(st.characters(exclude_characters="<>&\"'"), max_size=8), max_size=8))
def test_words_between_tags_all_come_through(words: list[str]) -> None:
    """In their order, whatever they are; a tag parts them."""
    assert plain_text("<b>".join(html.escape(word) for word in words)) == " ".join(" ".join(words).split())


@given(st.text(st.sampled_from("<>!-/\"'& ;#ascriptlexyz9"), max_size=60))
def test_any_text_is_read(markup: str) -> None:
    """Without an error, and without a blank too many."""
    found = plain_text(markup)
    assert found == " ".join(found.split())


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", "<a '", "<a '>", "<", "</", "<script ", "<script>", "&#9", "&#", "<!"]
)
def test_four_times_the_markup_takes_four_times_as_long(piece: str) -> None:
    """Not sixteen times: eight is the line between both; below a tenth of a second nothing is measured."""

    def seconds(length: int) -> float:
        markup = piece * (length // len(piece))
        begun = time.process_time()
        plain_text(markup)
        return time.process_time() - begun

    assert seconds(800_000) < max(0.1, 8 * min(seconds(200_000) for _ in range(3)))
