"""The Admiralty code in words, for whoever grades a report. The scales are NATO's (AJP-2.1), the words are ours."""

from __future__ import annotations

RELIABILITY = {
    "A": "completely reliable: never known to be wrong",
    "B": "usually reliable: some doubt, mostly right so far",
    "C": "fairly reliable: doubt, but was right before",
    "D": "not usually reliable: mostly wrong, sometimes right",
    "E": "unreliable: was wrong before, again and again",
    "F": "cannot be judged: no record to go by",
}
"""Of the source."""
CREDIBILITY = {
    "1": "confirmed by other sources that do not depend on it",
    "2": "probably true: fits what else is known, not confirmed",
    "3": "possibly true: agrees with some of what is known",
    "4": "doubtful: not impossible, nothing else says so",
    "5": "improbable: contradicted by what else is known",
    "6": "cannot be judged: nothing to hold it against",
}
"""Of what it says."""
