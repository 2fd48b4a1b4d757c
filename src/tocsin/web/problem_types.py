"""What each type of problem means, and what to do about it: the page that whoever reads one looks up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What a type of problem means, and what to do about it."""

    meaning: str
    to_do: str


TYPES: dict[str, ProblemType] = {
    "at-work": ProblemType(
        "A request with this Idempotency-Key is being worked on.", "Wait as Retry-After says, and send it again."
    ),
    "busy": ProblemType("What was asked for is being done already.", "Wait until it is done; ask for it again then."),
    "busy-server": ProblemType(
        "Too much that takes long or much room is asked for, or sent, just now.",
        "Wait as many seconds as Retry-After says; ask for, or send, less of it at once.",
    ),
    "conflict": ProblemType(
        "Somebody else has changed what you change.", "Read it anew, and repeat your change if it still holds."
    ),
    "cross-site": ProblemType(
        "A request that changes something came from another site, or does not say where it comes from.",
        "Send it from this site's own pages, or with an API key.",
    ),
    "damaged-draws": ProblemType(
        "Stored draws are not as they were written.", "Have an administrator run: tocsin verify. A new fit mends it."
    ),
    "feed-unavailable": ProblemType("A feed could not be taken in.", "Wait; see what is wrong with: tocsin feeds"),
    "fit-interrupted": ProblemType("A fit was stopped.", "Nothing has changed; ask for it again."),
    "fit-rejected": ProblemType(
        "A fit did not pass the gate.", "The last accepted one still answers. The detail says what did not hold."
    ),
    "http": ProblemType("The request was refused.", "Look at the status, and at the detail."),
    "identity-provider": ProblemType(
        "The identity provider did not answer as it should.",
        "Begin again; where that does not help, show an administrator the detail.",
    ),
    "internal": ProblemType(
        "Something went wrong here.", "Tell an administrator the request's id: the log has the rest under it."
    ),
    "invalid-input": ProblemType(
        "The request was refused, and nothing was written.", "Mend each field that `problems` names, and send it again."
    ),
    "key-reused": ProblemType(
        "The Idempotency-Key was used for another request.", "Make a new key for each new thing that you do."
    ),
    "last-admin": ProblemType(
        "Nobody would be left to administer.", "Make somebody else an administrator first, and then repeat it."
    ),
    "method-not-allowed": ProblemType("The address does not take this method.", "Use one that the header Allow names."),
    "no-fit": ProblemType(
        "No accepted fit answers for this instant.", "Have the theater fitted, or ask of a later one."
    ),
    "not-allowed": ProblemType("You may not do this.", "Ask an administrator for a role that has the right."),
    "not-acceptable": ProblemType("None of the forms that are asked for is to be had.", "Accept one that it names."),
    "not-found": ProblemType(
        "There is nothing at this address.", "Look at the API's page for the addresses there are."
    ),
    "not-signed-in": ProblemType("Who asks is not known.", "Sign in, or send an API key as: Authorization: Bearer KEY"),
    "outdated-fit": ProblemType("The declared files have changed since the fit.", "Have the theater fitted."),
    "refit-wanted": ProblemType("The draws of the fit cannot answer this.", "Have the theater fitted, and ask again."),
    "session-wanted": ProblemType(
        "Only somebody who has signed in may do this, and no API key.",
        "Sign in with a password or at the identity provider, and do it there.",
    ),
    "shown-once": ProblemType(
        "A secret was made by this request already, and is not shown again.",
        "Use the one you were shown; if there is none, do as the detail says, and have another one made.",
    ),
    "stopped": ProblemType("What was asked for was stopped, and nothing was written.", "Ask again."),
    "store-unavailable": ProblemType(
        "The store cannot be used now.", "Ask again later, with the same Idempotency-Key where you write."
    ),
    "too-large": ProblemType("The body is too large.", "Send it in parts."),
    "too-many-attempts": ProblemType(
        "Too many attempts to sign in have failed.", "Wait as many seconds as Retry-After says; an API key still works."
    ),
    "too-many-requests": ProblemType(
        "You ask too often.", "Wait as many seconds as Retry-After says. The stream of events saves asking."
    ),
    "too-slow": ProblemType("The body did not come in time.", "Send it again."),
    "unknown-id": ProblemType("Nothing has this id, or not for you.", "Use one that the lists have."),
    "unknown-type": ProblemType("The body is of a type that is not taken here.", "Send one of those that it names."),
    "unreadable": ProblemType("The body cannot be read.", "Send it in UTF-8, in the form that Content-Type names."),
    "unknown-name": ProblemType("What is named does not exist, or not for you.", "Use a name that the lists have."),
}
