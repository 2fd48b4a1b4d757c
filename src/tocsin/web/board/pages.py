"""All pages, in the order in which an address is held against theirs."""

from __future__ import annotations

from tocsin.web.board import (
    admin,
    alerts,
    collection,
    deliveries,
    entry,
    evidence,
    fits,
    hand_over,
    importing,
    operation,
    own_account,
    places,
    record,
    review,
    rules,
    scenario,
    scores,
    sign_in,
    sources,
    theater_board,
    what_if,
    why,
)

# What has a name of its own comes before what any name fits: `import` is no observation.
PAGES = (
    theater_board,
    hand_over,
    entry,
    importing,
    record,
    evidence,
    review,
    what_if,
    collection,
    alerts,
    rules,
    scenario,
    why,
    fits,
    scores,
    sources,
    admin,
    operation,
    deliveries,
    own_account,
    places,
    sign_in,
)
