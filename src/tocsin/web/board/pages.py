"""All pages, in the order in which an address is held against theirs."""

from __future__ import annotations

from tocsin.web.board import (
    entry,
    evidence,
    hand_over,
    importing,
    places,
    record,
    review,
    sign_in,
    theater_board,
)

# What has a name of its own comes before what any name fits: `import` is no observation.
PAGES = (theater_board, hand_over, entry, importing, record, evidence, review, places, sign_in)
