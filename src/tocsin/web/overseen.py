"""What administrators see of events, accounts, keys and sessions: those of some theaters, of these and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.access import KEY_PREFIX, Right
from tocsin.domain.account import fold_name
from tocsin.domain.delivery import THE_LOG
from tocsin.domain.errors import NotAllowedError, UnknownNameError
from tocsin.domain.event import Event, EventKind
from tocsin.web.telling import concerned, watching_theaters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tocsin.catalog.read import Catalog
    from tocsin.domain.access import Principal
    from tocsin.domain.account import Account
    from tocsin.domain.api_key import ApiKey
    from tocsin.domain.delivery import Destination
    from tocsin.usecases.access_ports import Access
    from tocsin.usecases.alert_ports import DestinationBook

_ABOUT_SUBJECT = frozenset({EventKind.ACCOUNT_CHANGED, EventKind.KEY_CHANGED, EventKind.SIGN_IN_LIMITED})
_ABOUT_ACTOR = frozenset({EventKind.SIGNED_IN, EventKind.CREDENTIAL_REFUSED})


def overseen[Given: (Account, ApiKey)](items: Iterable[Given], principal: Principal) -> list[Given]:
    """Of accounts or keys, those that somebody could have made: the others are as if they did not exist."""
    return [item for item in items if principal.may_give(item.role, item.theaters)]


def seen_theaters(principal: Principal, catalog: Catalog) -> list[str]:
    """The declared theaters that somebody sees, in order."""
    return sorted(name for name in catalog.theaters if principal.may(Right.READ, name))


def refuse_part(principal: Principal) -> None:
    """NotAllowedError for whoever administers some theaters only: destinations are of all of them together."""
    if principal.theaters is not None:
        raise NotAllowedError(principal.name, f"{Right.ADMINISTER.value} all theaters")


def known_destinations(book: DestinationBook) -> dict[str, Destination]:
    """Every destination by id, the log among them."""
    return {item.id: item for item in (*book.destinations(), THE_LOG)}


def overseen_account(name: str, principal: Principal, access: Access) -> Account:
    """The account of a name; UnknownNameError where there is none that they see."""
    seen = {item.name: item for item in overseen(access.accounts.accounts(), principal)}
    found = seen.get(fold_name(name))
    if found is None:
        raise UnknownNameError("account", name, list(seen))
    return found


def overseen_events(events: Iterable[Event], principal: Principal, access: Access, catalog: Catalog) -> list[Event]:
    """Of events, what is of the theaters, accounts and keys that somebody sees.

    1. Whoever sees every theater sees every event. 2. Of one of several theaters, the indicators of those that they
    see are left. 3. One about an account or a key shows where that does. 4. What is of nothing that they see does not.
    """
    if principal.theaters is None:
        return list(events)
    accounts = {item.name for item in overseen(access.accounts.accounts(), principal)}
    known = accounts | {item.id for item in overseen(access.keys.every(), principal)}
    watching = watching_theaters(catalog)
    found = (_part(event, principal.theaters, known, watching) for event in events)
    return [event for event in found if event is not None]


def _part(event: Event, seen: frozenset[str], known: set[str], watching: Mapping[str, frozenset[str]]) -> Event | None:
    whom = _whom(event)
    if whom is not None:
        return replace(event, detail=_without_others(event.detail, seen)) if whom in known else None
    indicators = event.detail.get("indicators")
    if event.theater or not isinstance(indicators, list):
        theaters = concerned(event, watching)
        return event if theaters and theaters <= seen else None
    left = [name for name in indicators if watching.get(str(name), frozenset()) & seen]
    if len(left) == len(indicators):
        return event if left else None
    # Of the rest not even how much there is.
    return replace(event, subject="", detail={"indicators": left}) if left else None


def _whom(event: Event) -> str | None:
    """The account or the key's id that an event is about; None where it is about neither."""
    if event.kind in _ABOUT_SUBJECT:
        return event.subject
    if event.kind in _ABOUT_ACTOR:
        return event.actor.removeprefix(KEY_PREFIX)
    return str(event.detail.get("account")) if event.kind is EventKind.SIGNED_OUT else None


def _without_others(detail: Mapping[str, object], seen: frozenset[str]) -> dict[str, object]:
    """The detail of a change, without the names of theaters that an account or a key had before."""
    told = detail.get("theaters")
    if not isinstance(told, list):
        return dict(detail)
    kept = [
        [name for name in item if name in seen] if isinstance(item, list) else item
        for item in told
        if not isinstance(item, str) or item in seen
    ]
    return {**detail, "theaters": kept}
