"""Every route as every role: who may use what, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.routing import iter_route_contexts

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Role

if TYPE_CHECKING:
    from support.access import Guarded

pytestmark = [pytest.mark.fault(19), ONLY_SQLITE]

_ALL = frozenset(Role)
_WORKING = _ALL - {Role.VIEWER}
_JUDGING = frozenset({Role.OFFICER, Role.ADMIN})
_ADMINS = frozenset({Role.ADMIN})
_EVERYBODY = None
"""Whoever has no credential as well."""

_WHO: dict[str, frozenset[Role] | None] = {
    "GET /": _EVERYBODY,
    "GET /sign-in": _EVERYBODY,
    "POST /sign-in": _EVERYBODY,
    "POST /sign-out": _ALL,
    "GET /static/{version}/{name:path}": _EVERYBODY,
    "GET /keyboard": _ALL,
    "GET /theaters": _ALL,
    "GET /theaters/{theater}": _ALL,
    "GET /theaters/{theater}/hand-over": _ALL,
    "GET /theaters/{theater}/observations": _ALL,
    "POST /theaters/{theater}/observations": _WORKING,
    "POST /theaters/{theater}/observations/preview": _WORKING,
    "GET /theaters/{theater}/observations/import": _WORKING,
    "POST /theaters/{theater}/observations/import": _WORKING,
    "GET /theaters/{theater}/observations/{observation}": _ALL,
    "POST /theaters/{theater}/observations/{observation}/correct": _WORKING,
    "POST /theaters/{theater}/observations/{observation}/retract": _WORKING,
    "GET /theaters/{theater}/evidence": _ALL,
    "GET /theaters/{theater}/review": _ALL,
    "POST /theaters/{theater}/review/{item}/confirm": _WORKING,
    "POST /theaters/{theater}/review/{item}/dismiss": _WORKING,
    "GET /theaters/{theater}/what-if": _ALL,
    "GET /theaters/{theater}/collection": _ALL,
    "GET /theaters/{theater}/alerts": _ALL,
    "POST /theaters/{theater}/silences": _JUDGING,
    "POST /theaters/{theater}/silences/{silence}/end": _JUDGING,
    "GET /theaters/{theater}/alerts/{rule}": _ALL,
    "POST /theaters/{theater}/alerts/{rule}/acknowledge": _JUDGING,
    "POST /theaters/{theater}/alerts/{rule}/assign": _JUDGING,
    "GET /theaters/{theater}/rules": _ADMINS,
    "GET /theaters/{theater}/rules/{rule}": _ADMINS,
    "POST /theaters/{theater}/rules/rehearse": _ADMINS,
    "POST /theaters/{theater}/rules": _ADMINS,
    "POST /theaters/{theater}/rules/{rule}/remove": _ADMINS,
    "GET /theaters/{theater}/scenarios/{scenario}": _ALL,
    "GET /theaters/{theater}/scenarios/{scenario}/why": _ALL,
    "GET /theaters/{theater}/scenarios/{scenario}/outlook": _ALL,
    "GET /theaters/{theater}/why": _ALL,
    "GET /theaters/{theater}/moved": _ALL,
    "GET /theaters/{theater}/fits": _ALL,
    "POST /theaters/{theater}/fits": _WORKING,
    "GET /theaters/{theater}/fits/{fit}": _ALL,
    "GET /theaters/{theater}/scores": _ALL,
    "POST /theaters/{theater}/scores": _JUDGING,
    "GET /theaters/{theater}/sources": _ALL,
    "GET /admin": _WORKING,
    "GET /admin/accounts": _ADMINS,
    "POST /admin/accounts": _ADMINS,
    "POST /admin/accounts/{name}": _ADMINS,
    "POST /admin/accounts/{name}/password": _ADMINS,
    "GET /admin/keys": _ADMINS,
    "POST /admin/keys": _ADMINS,
    "POST /admin/keys/{key}/revoke": _ADMINS,
    "GET /admin/jobs": _WORKING,
    "GET /admin/destinations": _WORKING,
    "POST /admin/destinations": _ADMINS,
    "GET /admin/deliveries": _WORKING,
    "POST /admin/deliveries/send-again": _JUDGING,
    "POST /admin/destinations/{destination}/test": _ADMINS,
    "POST /admin/destinations/{destination}/remove": _ADMINS,
    "GET /admin/audit": _ADMINS,
    "GET /account": _ALL,
    "POST /account/password": _ALL,
    "POST /account/sessions/{session}/end": _ALL,
    "GET /healthz": _EVERYBODY,
    "GET /readyz": _EVERYBODY,
    "GET /problems": _EVERYBODY,
    "GET /api/v1/openapi.json": _EVERYBODY,
    "GET /metrics": _WORKING,
    "GET /api/v1/theaters": _ALL,
    "GET /api/v1/theaters/{theater}": _ALL,
    "GET /api/v1/theaters/{theater}/scenarios": _ALL,
    "GET /api/v1/theaters/{theater}/scenarios/{scenario}": _ALL,
    "GET /api/v1/theaters/{theater}/indicators": _ALL,
    "GET /api/v1/theaters/{theater}/indicators/{subject}/{indicator}": _ALL,
    "GET /api/v1/theaters/{theater}/odds": _ALL,
    "GET /api/v1/theaters/{theater}/scenarios/{scenario}/history": _ALL,
    "GET /api/v1/theaters/{theater}/scenarios/{scenario}/why": _ALL,
    "GET /api/v1/theaters/{theater}/collection": _ALL,
    "POST /api/v1/theaters/{theater}/what-if": _ALL,
    "GET /api/v1/theaters/{theater}/observations": _ALL,
    "POST /api/v1/theaters/{theater}/observations": _WORKING,
    "POST /api/v1/theaters/{theater}/observations/import": _WORKING,
    "GET /api/v1/theaters/{theater}/observations/{observation}": _ALL,
    "POST /api/v1/theaters/{theater}/observations/{observation}/correct": _WORKING,
    "POST /api/v1/theaters/{theater}/observations/{observation}/retract": _WORKING,
    "GET /api/v1/theaters/{theater}/sources": _ALL,
    "GET /api/v1/theaters/{theater}/evidence": _ALL,
    "GET /api/v1/theaters/{theater}/fits": _ALL,
    "POST /api/v1/theaters/{theater}/fits": _WORKING,
    "GET /api/v1/theaters/{theater}/fit-orders/{order}": _ALL,
    "GET /api/v1/fits/{fit}": _ALL,
    "GET /api/v1/fits/{fit}/draws": _ALL,
    "GET /api/v1/publications": _ALL,
    "GET /api/v1/theaters/{theater}/publications": _ALL,
    "GET /api/v1/theaters/{theater}/resolutions": _ALL,
    "GET /api/v1/theaters/{theater}/windows": _ALL,
    "POST /api/v1/theaters/{theater}/scenarios/{scenario}/resolve": _JUDGING,
    "GET /api/v1/theaters/{theater}/scores": _ALL,
    "GET /api/v1/theaters/{theater}/track-record/links": _ALL,
    "GET /api/v1/theaters/{theater}/track-record/sources": _ALL,
    "GET /api/v1/theaters/{theater}/review": _ALL,
    "POST /api/v1/theaters/{theater}/review/{item}/confirm": _WORKING,
    "POST /api/v1/theaters/{theater}/review/{item}/dismiss": _WORKING,
    "GET /api/v1/alerts": _ALL,
    "GET /api/v1/alerts/{theater}/{rule}": _ALL,
    "POST /api/v1/alerts/{theater}/{rule}/acknowledge": _JUDGING,
    "POST /api/v1/alerts/{theater}/{rule}/assign": _JUDGING,
    "POST /api/v1/alerts/{theater}/{rule}/snooze": _JUDGING,
    "GET /api/v1/theaters/{theater}/alert-steps": _ALL,
    "GET /api/v1/theaters/{theater}/notices": _ALL,
    "GET /api/v1/theaters/{theater}/notices/{notice}": _ALL,
    "GET /api/v1/silences": _ALL,
    "POST /api/v1/silences": _JUDGING,
    "DELETE /api/v1/silences/{silence}": _JUDGING,
    "GET /api/v1/alert-rules": _ALL,
    "POST /api/v1/alert-rules": _ADMINS,
    "GET /api/v1/alert-rules/{theater}/{rule}": _ALL,
    "PUT /api/v1/alert-rules/{theater}/{rule}": _ADMINS,
    "DELETE /api/v1/alert-rules/{theater}/{rule}": _ADMINS,
    "GET /api/v1/destinations": _WORKING,
    # Of all theaters together, so only for administrators who see all (test_destinations.py).
    "PUT /api/v1/destinations/{destination}": _ADMINS,
    "DELETE /api/v1/destinations/{destination}": _ADMINS,
    "POST /api/v1/destinations/{destination}/test": _ADMINS,
    "GET /api/v1/deliveries": _WORKING,
    "POST /api/v1/deliveries/{message}/{destination}/send-again": _JUDGING,
    "GET /api/v1/jobs": _WORKING,
    "GET /api/v1/feeds": _WORKING,
    "GET /api/v1/audit": _ADMINS,
    "GET /api/v1/events": _ALL,
    "POST /api/v1/session": _EVERYBODY,
    "GET /api/v1/session": _ALL,
    "DELETE /api/v1/session": _ALL,
    "GET /api/v1/session/oidc": _EVERYBODY,
    "GET /api/v1/session/oidc/callback": _EVERYBODY,
    "GET /api/v1/sessions": _ALL,
    "DELETE /api/v1/sessions/{session}": _ALL,
    "GET /api/v1/accounts": _ADMINS,
    "POST /api/v1/accounts": _ADMINS,
    "GET /api/v1/accounts/{name}": _ADMINS,
    "PATCH /api/v1/accounts/{name}": _ADMINS,
    # One's own; of other people's only administrators (test_accounts.py).
    "POST /api/v1/accounts/{name}/password": _ALL,
    "GET /api/v1/keys": _ADMINS,
    "POST /api/v1/keys": _ADMINS,
    "DELETE /api/v1/keys/{key}": _ADMINS,
}
"""Each route and who may use it. A new route is refused by the test below until it stands here."""

_PERSONAL = {
    "POST /api/v1/accounts",
    "PATCH /api/v1/accounts/{name}",
    "POST /api/v1/accounts/{name}/password",
    "POST /admin/accounts",
    "POST /admin/accounts/{name}",
    "POST /admin/accounts/{name}/password",
    "GET /account",
    "POST /account/password",
    "POST /account/sessions/{session}/end",
}
"""Of those, the ones that are for people who have signed in, and for no API key."""

_ASKED = {"theater": "tunisia", "name": "{me}"}
"""What stands in a path for a parameter; whatever is not here is `unknown`."""

_HEADERS: dict[str, dict[str, str]] = {"GET /api/v1/events": {"last-event-id": "no number"}}
"""What a route is asked with besides; a stream that would never end, with a header that it refuses."""


def _names(guarded: Guarded) -> set[str]:
    """Every route, those of included routers too, by method and path."""
    found = iter_route_contexts(list(guarded.app.routes))
    return {f"{method} {item.path}" for item in found for method in item.methods or ("ANY",)}


def test_the_table_knows_every_route_and_no_other(guarded: Guarded) -> None:
    """Whoever adds a route says here who may use it."""
    assert _names(guarded) == set(_WHO)


def _asked(name: str, me: str) -> tuple[str, str]:
    method, path = name.split(" ")
    for parameter in [part.partition("}")[0] for part in path.split("{")[1:]]:
        path = path.replace(f"{{{parameter}}}", _ASKED.get(parameter, "unknown").replace("{me}", me))
    return method, path


@pytest.mark.parametrize("name", sorted(_WHO))
def test_each_role_may_do_what_the_table_says_and_nothing_else(guarded: Guarded, name: str) -> None:
    """By key and by session; without a credential, and elsewhere, nobody may. HEAD is judged as GET is."""
    allowed = _WHO[name]
    for role in Role:
        guarded.add(role.value, role)
        _, program = guarded.key(role)
        for client in (program, guarded.signed_in(role.value)):
            method, path = _asked(name, role.value)
            status = client.request(method, path, headers=_HEADERS.get(name)).status_code
            refused = (allowed is not None and role not in allowed) or (client is program and name in _PERSONAL)
            # An empty request is no good one, so 422 shows that it was let in as well as 200 does.
            assert (status == 403) is refused, f"{role} got {status}"
            assert status != 401
            if method == "GET":
                assert client.head(path, headers=_HEADERS.get(name)).status_code == status
    method, path = _asked(name, "viewer")
    bare = guarded.client().request(method, path, follow_redirects=False)
    # A page leads whoever asks for it to where they can sign in.
    led = bare.status_code == 303 and bare.headers["location"].startswith("/sign-in?next=")
    assert (led or bare.status_code == 401) is (allowed is not None)
    assert not (led and path.startswith("/api/"))
    if method == "GET":
        assert guarded.client().head(path, follow_redirects=False).status_code == bare.status_code
    if "{theater}" in name and allowed is not None:
        _, elsewhere = guarded.key(Role.ADMIN, frozenset())
        assert elsewhere.request(method, path).status_code == 404
