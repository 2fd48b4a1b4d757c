"""Signing in at an identity provider, and every way in which nobody gets in by it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from joserfc import jwk, jwt

from support.access import OPERATOR, Clock, Guarded, open_guarded
from support.databases import ONLY_SQLITE
from support.identity_provider import CLIENT, REDIRECT, IdentityProvider, open_identity_provider, signing_key
from support.upstream_server import BROKEN_OFF, DOWN, WEB_PAGE, Ask, Reply
from tocsin.domain.access import Role
from tocsin.domain.account import disabled
from tocsin.domain.event import EventKind
from tocsin.usecases.change_account import change_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from starlette.testclient import TestClient

pytestmark = pytest.mark.fault(19)

_START = "/api/v1/session/oidc"
_SESSION = "/api/v1/session"


@dataclass
class Elsewhere:
    """The application, and the identity provider that it trusts."""

    guarded: Guarded
    provider: IdentityProvider

    def browser(self) -> TestClient:
        """A browser that nobody has signed in with."""
        client = self.guarded.client(sec_fetch_site="same-origin")
        client.follow_redirects = False
        return client

    def visit(self, browser: TestClient, start: str = _START) -> str:
        """Go to the provider and agree there; the address that it sends the browser back to."""
        there = browser.get(start)
        assert there.status_code == 302, there.text
        back = httpx2.get(there.headers["location"]).headers["location"]
        assert back.startswith(REDIRECT)
        return back

    def sign_in(self, browser: TestClient, start: str = _START) -> httpx2.Response:
        """The whole way there and back."""
        return browser.get(self.visit(browser, start))

    def refused(self, why: str, status: int = 401) -> dict[str, Any]:
        """What the answer says, where nobody is let in; and no account, session or text of the provider's is left."""
        browser = self.browser()
        answer = self.sign_in(browser)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        assert why in told["detail"]
        assert "set-cookie" not in answer.headers
        assert browser.get(_SESSION).status_code == 401
        assert self.guarded.access.accounts.accounts() == []
        assert self.guarded.events(EventKind.SIGNED_IN) == []
        for secret in (*self.provider.tokens, *(part for token in self.provider.tokens for part in token.split("."))):
            assert not secret or secret not in answer.text
        return told


@pytest.fixture
def elsewhere(tmp_path: Path, url: str, engine: Engine) -> Iterator[Elsewhere]:
    """The application with a provider of its own, on each kind of database."""
    del engine  # it has the store's tables made
    clock = Clock()
    with open_identity_provider(clock) as provider, open_guarded(tmp_path, url, **provider.settings) as guarded:
        provider.clock = guarded.clock
        yield Elsewhere(guarded, provider)


def test_who_is_vouched_for_signs_in_with_the_role_that_their_groups_give(elsewhere: Elsewhere) -> None:
    """The account is made the first time, with an event for it and one for each sign-in; then it is theirs."""
    browser = elsewhere.browser()
    answer = elsewhere.sign_in(browser, f"{_START}?next=/api/v1/theaters%3Flimit=2")
    assert (answer.status_code, answer.headers["location"]) == (302, "/api/v1/theaters?limit=2")
    me = browser.get(_SESSION).json()
    assert (me["name"], me["role"], me["theaters"]) == ("ada", "analyst", None)
    assert elsewhere.sign_in(elsewhere.browser()).headers["location"] == _SESSION
    (account,) = elsewhere.guarded.access.accounts.accounts()
    assert (account.password, account.identity) == (None, f"{elsewhere.provider.upstream.base} 248")
    (made,) = elsewhere.guarded.events(EventKind.ACCOUNT_CHANGED)
    assert (made.subject, made.actor) == ("ada", f"oidc:{elsewhere.provider.upstream.base}")
    assert [item.actor for item in elsewhere.guarded.events(EventKind.SIGNED_IN)] == ["ada", "ada"]


@ONLY_SQLITE
def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(elsewhere: Elsewhere) -> None:
    """That of the way there lasts ten minutes and is taken away at its end; the session's is as for a password."""
    browser = elsewhere.browser()
    away = browser.get(_START).headers["set-cookie"]
    assert away.startswith("tocsin-oidc=")
    assert away.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax")
    secure = elsewhere.guarded.client(https=True).get(_START, follow_redirects=False).headers["set-cookie"]
    assert secure.startswith("__Host-tocsin-oidc=")
    assert secure.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    back = elsewhere.visit(browser)
    cleared, session = browser.get(back).headers.get_list("set-cookie")
    assert cleared == "tocsin-oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    assert session.startswith("tocsin=")
    assert session.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax")


@ONLY_SQLITE
def test_the_role_follows_the_groups_at_each_sign_in_and_theaters_stay(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an event, and at once for sessions that are open, however seldom is looked what others have changed."""
    monkeypatch.setattr("tocsin.usecases.freshness.LOOK_EVERY_SECONDS", 3600)
    guarded, provider = elsewhere.guarded, elsewhere.provider
    browser = elsewhere.browser()
    elsewhere.sign_in(browser)
    change_account(
        "ada",
        lambda item: replace(item, theaters=frozenset()),
        actor=OPERATOR,
        access=guarded.access,
        now=guarded.clock.now,
    )
    guarded.gate.look_again()
    assert browser.get(_SESSION).json()["role"] == "analyst"
    provider.person["groups"] = "watch"
    elsewhere.sign_in(elsewhere.browser())
    me = browser.get(_SESSION).json()
    assert (me["role"], me["theaters"]) == ("officer", [])
    assert guarded.events(EventKind.ACCOUNT_CHANGED)[-1].detail == {"role": ["analyst", "officer"]}
    provider.person["preferred_username"] = "ada.married"
    elsewhere.sign_in(elsewhere.browser())
    assert [item.name for item in guarded.access.accounts.accounts()] == ["ada"]


@ONLY_SQLITE
def test_whose_groups_give_no_role_stays_out_and_open_sessions_close(elsewhere: Elsewhere) -> None:
    """At the first sign-in nothing is made; later what was open is closed, with an event."""
    browser = elsewhere.browser()
    elsewhere.sign_in(browser)
    elsewhere.provider.person["groups"] = ["choir"]
    answer = elsewhere.sign_in(elsewhere.browser())
    assert answer.status_code == 401
    assert "no group of yours there has a role here" in answer.json()["detail"]
    assert browser.get(_SESSION).status_code == 401
    assert [item.actor for item in elsewhere.guarded.events(EventKind.SIGNED_OUT)] == ["ada"]


@ONLY_SQLITE
@pytest.mark.parametrize("groups", [["choir"], [], None, 7, {"desk": True}, [["desk"]], "desk,watch"])
def test_no_account_is_made_without_a_role(elsewhere: Elsewhere, groups: object) -> None:
    """Whatever else stands where the groups should."""
    elsewhere.provider.person["groups"] = groups
    elsewhere.refused("no group of yours there has a role here")


@ONLY_SQLITE
def test_a_disabled_account_stays_out(elsewhere: Elsewhere) -> None:
    """And does not get another role by trying."""
    guarded = elsewhere.guarded
    elsewhere.sign_in(elsewhere.browser())
    now = guarded.clock.now
    change_account("ada", lambda item: disabled(item, now), actor=OPERATOR, access=guarded.access, now=now)
    elsewhere.provider.person["groups"] = ["watch"]
    browser = elsewhere.browser()
    assert elsewhere.sign_in(browser).status_code == 401
    assert browser.get(_SESSION).status_code == 401
    (account,) = guarded.access.accounts.accounts()
    assert account.role is Role.ANALYST


@ONLY_SQLITE
def test_the_last_administrator_is_not_demoted_by_the_provider(elsewhere: Elsewhere) -> None:
    """Nor let in as one: it says that they are none any more."""
    elsewhere.provider.person["groups"] = ["chiefs"]
    elsewhere.sign_in(elsewhere.browser())
    elsewhere.provider.person["groups"] = ["desk"]
    answer = elsewhere.sign_in(elsewhere.browser())
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "last-admin")


@ONLY_SQLITE
def test_a_name_that_somebody_has_does_not_make_anybody_them(elsewhere: Elsewhere) -> None:
    """Names at the provider may be anybody's choice: the new account has a name of its own, and its own role."""
    elsewhere.guarded.add("ada", Role.ADMIN)
    browser = elsewhere.browser()
    elsewhere.sign_in(browser)
    me = browser.get(_SESSION).json()
    assert me["name"].startswith("ada+")
    assert me["role"] == "analyst"


@ONLY_SQLITE
def test_another_kind_of_signature_and_a_new_key_are_taken(elsewhere: Elsewhere) -> None:
    """A key that is not known yet has the keys asked for once more; known ones are not asked for again."""
    provider = elsewhere.provider
    elsewhere.sign_in(elsewhere.browser())
    elsewhere.sign_in(elsewhere.browser())
    assert [provider.upstream.paths().count(path) for path in ("/keys", "/.well-known/openid-configuration")] == [1, 1]
    provider.signs_with, provider.algorithm = signing_key("second", "EC"), "ES256"
    provider.declares.append(provider.signs_with)
    assert elsewhere.sign_in(elsewhere.browser()).status_code == 302
    assert provider.upstream.paths().count("/keys") == 2


def _claims(**other: object) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(other)


def _shifted(name: str, seconds: int) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update({name: claims["iat"] + seconds})


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name)


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("alter", "why"),
    [
        (_claims(nonce="another"), "is of another sign-in"),
        (_without("nonce"), "is of another sign-in"),
        (_claims(aud="somebody else"), "is for somebody else"),
        (_claims(aud=["somebody else"]), "is for somebody else"),
        (_without("aud"), "is for somebody else"),
        (_claims(aud=[CLIENT, "somebody else"]), "was given out to somebody else"),
        (_claims(azp="somebody else"), "was given out to somebody else"),
        (_claims(iss="https://id.example"), "is of another issuer"),
        (_without("iss"), "is of another issuer"),
        (_shifted("exp", -61), "has expired"),
        (_without("exp"), "does not hold (missing claim)"),
        (_shifted("iat", 62), "does not hold (invalid claim)"),
        (_shifted("iat", -62), "is older than this sign-in"),
        (_without("sub"), "does not hold (missing claim)"),
        (_claims(sub="a\nb"), "names nobody"),
        (_claims(sub="2" * 500), "names nobody"),
    ],
)
def test_a_token_that_claims_something_else_is_refused(
    elsewhere: Elsewhere, alter: Callable[[dict[str, Any]], None], why: str
) -> None:
    """Signed as it should be, and yet not for this sign-in."""
    elsewhere.provider.alter = alter
    elsewhere.refused(why)


@ONLY_SQLITE
@pytest.mark.parametrize(
    "alter", [_shifted("exp", -59), _shifted("iat", 59), _shifted("iat", -59), _claims(aud=[CLIENT], azp=CLIENT)]
)
def test_clocks_may_differ_by_a_minute(elsewhere: Elsewhere, alter: Callable[[dict[str, Any]], None]) -> None:
    """And an audience may be a list of us alone."""
    elsewhere.provider.alter = alter
    assert elsewhere.sign_in(elsewhere.browser()).status_code == 302


def _segment(found: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{_segment({'alg': 'none'})}.{_segment(claims)}."


def _forged(claims: dict[str, Any]) -> str:
    """Signed by somebody who says that they are the first key."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, signing_key("forger"))


def _by_the_public_key(claims: dict[str, Any]) -> str:
    """With what everybody knows as the shared secret."""
    public = jwk.OctKey.import_key(json.dumps(signing_key("first").as_dict(private=False)))
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, public)


def _of_another_key(claims: dict[str, Any]) -> str:
    """Which the token brings along."""
    key = signing_key("forger", "EC")
    header = {"alg": "ES256", "kid": key.kid, "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, algorithms=["ES256"])


def _altered(claims: dict[str, Any]) -> str:
    """Signed, and then changed."""
    header, _, signature = jwt.encode({"alg": "RS256", "kid": "first"}, claims, signing_key("first")).split(".")
    return f"{header}.{_segment(claims | {'groups': ['chiefs']})}.{signature}"


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("sign", "why"),
    [
        (_unsigned, "is not signed by RS256 or ES256"),
        (_by_the_public_key, "is not signed by RS256 or ES256"),
        (_forged, "does not hold (bad signature)"),
        (_altered, "does not hold (bad signature)"),
        (_of_another_key, "is signed by a key that the identity provider does not declare"),
        (lambda _: "eyJhbGciOiJSUzI1NiJ9.no_token.at_all", "does not hold (bad signature)"),
        (lambda _: "no token at all", "does not hold (decode error)"),
        (lambda _: "e" * 200_000, "does not hold (exceeded size)"),
    ],
)
def test_a_token_that_is_not_the_providers_is_refused(
    elsewhere: Elsewhere, sign: Callable[[dict[str, Any]], str], why: str
) -> None:
    """Unsigned, signed by somebody else, signed with what everybody knows, or altered."""
    elsewhere.provider.sign = sign
    elsewhere.refused(why)


@ONLY_SQLITE
def test_an_answer_that_another_browser_asked_for_is_refused(elsewhere: Elsewhere) -> None:
    """Otherwise somebody could have others work in an account of theirs."""
    attacker, victim, fresh = elsewhere.browser(), elsewhere.browser(), elsewhere.browser()
    back = elsewhere.visit(attacker)
    elsewhere.visit(victim)
    for browser in (victim, fresh):
        answer = browser.get(back)
        assert answer.status_code == 401
        assert "this browser did not begin this sign-in" in answer.json()["detail"]
        assert browser.get(_SESSION).status_code == 401
    assert "/token" not in elsewhere.provider.upstream.paths()


@ONLY_SQLITE
def test_a_way_that_took_too_long_or_was_tampered_with_is_refused(elsewhere: Elsewhere) -> None:
    """After ten minutes, or where the cookie is not as it was given out."""
    browser = elsewhere.browser()
    back = elsewhere.visit(browser)
    kept = browser.cookies["tocsin-oidc"]
    seed, since, path, mark = kept.split(".")
    elsewhere_path = base64.urlsafe_b64encode(b"//evil.example").decode().rstrip("=")
    for cookie in (f"{seed}.{since}.{elsewhere_path}.{mark}", f"{seed}.{since}.{path}.", "", "a.b", "\u00e9.1.2.3"):
        bare = elsewhere.browser()
        answer = bare.get(back, headers=[(b"cookie", f"tocsin-oidc={cookie}".encode("latin-1"))])
        assert answer.status_code == 401, cookie
    elsewhere.guarded.clock.move(minutes=10)
    assert browser.get(back).status_code == 401
    elsewhere.guarded.clock.move(seconds=-1)
    assert browser.get(back).status_code == 302


@ONLY_SQLITE
def test_a_code_is_good_once(elsewhere: Elsewhere) -> None:
    """A browser that comes back again has no cookie for it; with a copy of that, the provider refuses the code."""
    browser = elsewhere.browser()
    back = elsewhere.visit(browser)
    kept = browser.cookies["tocsin-oidc"]
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 401
    thief = elsewhere.browser()
    thief.cookies.set("tocsin-oidc", kept)
    answer = thief.get(back)
    assert answer.status_code == 401
    assert "it was used before, or is too old" in answer.json()["detail"]
    assert len(elsewhere.guarded.events(EventKind.SIGNED_IN)) == 1


@ONLY_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil.example",
        "\\\\evil.example",
        "/%09/evil.example\t",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: tocsin=1",
        "javascript:alert(1)",
        "",
        "/" + "a" * 500,
    ],
)
def test_a_sign_in_ends_on_this_site(elsewhere: Elsewhere, path: str) -> None:
    """A path that a browser could take for another host is refused before anybody goes anywhere."""
    answer = elsewhere.browser().get(_START, params={"next": path})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "next"
    assert "location" not in answer.headers


@ONLY_SQLITE
def test_what_the_provider_refuses_is_told_plainly(elsewhere: Elsewhere) -> None:
    """By the names that are known; any other text in the address could be anybody's, and is not repeated."""
    for error, told in (("access_denied", "access_denied"), ("<b>call the switchboard</b>", "it refuses")):
        browser = elsewhere.browser()
        state = httpx2.URL(elsewhere.visit(browser)).params["state"]
        answer = browser.get(
            f"{_START}/callback", params={"state": state, "error": error, "error_description": "call the switchboard"}
        )
        assert answer.status_code == 401
        assert told in answer.json()["detail"]
        assert "switchboard" not in answer.text


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (DOWN, "answers 500"),
        (WEB_PAGE, "no JSON object"),
        (BROKEN_OFF, "cannot be reached, or does not speak HTTP"),
        (Reply(b"{}" + b" " * 600_000), "sends more than 524,288 bytes"),
        (Reply(b"{}", headers={"Content-Encoding": "gzip"}), "packed"),
        (Reply(b"", 302, headers={"Location": "http://127.0.0.1:1/"}), "answers 302"),
        (
            Reply(b'{"error": "invalid_client", "error_description": "call the switchboard"}', 401),
            "refuses us (invalid_client)",
        ),
        (Reply(b'{"error": "call the switchboard"}', 400), "it answers 400"),
        (Reply(b"{}"), "gives no ID token"),
    ],
)
@pytest.mark.parametrize("asked_before", [0, 1])
def test_a_provider_that_fails_is_told_of_plainly(
    elsewhere: Elsewhere, failure: Reply, why: str, asked_before: int
) -> None:
    """As a problem of its own type, without what it sent; and the next attempt may succeed."""
    provider, browser = elsewhere.provider, elsewhere.browser()
    if asked_before:
        back = elsewhere.visit(browser)
        provider.upstream.failures.append(failure)
        answer = browser.get(back)
    else:
        provider.upstream.failures.append(failure)
        answer = browser.get(_START)
        why = why if failure.status == 200 and failure.content != b"{}" else ""
    assert answer.status_code == 503, answer.text
    assert answer.json()["type"] == "urn:tocsin:problem:identity-provider"
    assert why in answer.json()["detail"]
    assert "switchboard" not in answer.text
    assert elsewhere.sign_in(browser).status_code == 302


@ONLY_SQLITE
def test_a_provider_that_is_slow_is_not_waited_for(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it spends the time."""
    monkeypatch.setattr("tocsin.web.oidc_client._TOTAL_SECONDS", 0.1)
    released, answer = Event(), elsewhere.provider.upstream.answer

    def slowly(ask: Ask) -> Reply:
        released.wait(60)
        return answer(ask)

    elsewhere.provider.upstream.answer = slowly
    refused = elsewhere.browser().get(_START)
    released.set()
    assert refused.status_code == 503
    assert "took too long (at most 0.1 s)" in refused.json()["detail"]


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"issuer": "https://id.example"}, "another issuer"),
        ({"token_endpoint": "http://id.example/token"}, "no https address as token_endpoint"),
        ({"jwks_uri": None}, "no https address as jwks_uri"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no https address as authorization_endpoint"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "client_secret_basic"),
        ({"code_challenge_methods_supported": ["plain"]}, "S256"),
    ],
)
def test_a_provider_that_declares_what_cannot_be_is_refused(
    elsewhere: Elsewhere, document: dict[str, Any], why: str
) -> None:
    """Before a browser is sent there."""
    elsewhere.provider.document = document
    answer = elsewhere.browser().get(_START)
    assert answer.status_code == 503
    assert why in answer.json()["detail"]


@ONLY_SQLITE
def test_over_a_network_in_the_clear_nothing_begins(elsewhere: Elsewhere) -> None:
    """As for a password."""
    for path in (_START, f"{_START}/callback"):
        answer = elsewhere.browser().get(f"http://tocsin.example{path}")
        assert answer.status_code == 422
        assert "X-Forwarded-Proto" in answer.json()["detail"]


@ONLY_SQLITE
def test_without_a_provider_there_is_nothing_at_these_addresses(guarded: Guarded) -> None:
    """And the problem says so."""
    for path in (_START, f"{_START}/callback"):
        answer = guarded.client().get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "no identity provider is set up here" in answer.json()["detail"]
