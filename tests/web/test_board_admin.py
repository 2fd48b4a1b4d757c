"""Administration and one's own account on pages: nobody gives more than they have, and no secret is shown twice."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.access import PASSWORD, Guarded
from support.databases import ONLY_SQLITE
from tocsin.domain.access import Role
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tocsin.domain.account import Account

_OTHER = "four other short words"
_HOOK = {"name": "desk", "kind": "webhook", "title": "The desk", "address": "http://127.0.0.1:9/hook-4711"}
_PLACES = (
    "/admin/accounts",
    "/admin/keys",
    "/admin/destinations",
    "/admin/deliveries",
    "/admin/jobs",
    "/admin/audit",
    "/account",
)


def _account(guarded: Guarded, name: str) -> Account:
    return next(item for item in guarded.access.accounts.accounts() if item.name == name)


def _signs_in(guarded: Guarded, name: str, password: str) -> bool:
    client = guarded.client(sec_fetch_site="same-origin")
    return client.post("/api/v1/session", json={"name": name, "password": password}).status_code == 201


@pytest.fixture
def root(guarded: Guarded) -> TestClient:
    """Somebody who administers all theaters."""
    guarded.add("root", Role.ADMIN)
    return guarded.signed_in("root")


def test_a_change_of_an_account_holds_at_once(guarded: Guarded, root: TestClient) -> None:
    """Its open sessions see no more than it may now, and none is left once it is disabled; it may be enabled again."""
    guarded.add("ada", Role.OFFICER)
    ada = guarded.signed_in("ada")
    place = "/admin/accounts/ada"
    bound = {"role": "viewer", "theaters": "tunisia", "able": "yes"}
    assert root.post(place, data=bound).status_code == 200
    assert (_account(guarded, "ada").role, _account(guarded, "ada").theaters) == (Role.VIEWER, frozenset({"tunisia"}))
    assert ada.get("/admin/jobs").status_code == 403
    assert root.post(place, data=bound | {"able": "no"}).status_code == 200
    assert _account(guarded, "ada").disabled_at is not None
    assert ada.get("/api/v1/theaters").status_code == 401
    assert not _signs_in(guarded, "ada", PASSWORD)
    assert root.post(place, data=bound | {"theaters": "", "able": "yes"}).status_code == 200
    assert (_account(guarded, "ada").disabled_at, _account(guarded, "ada").theaters) == (None, None)
    assert _signs_in(guarded, "ada", PASSWORD)


@pytest.mark.parametrize(
    "changes",
    [{"role": "viewer"}, {"able": "no"}, {"theaters": "tunisia"}, {"role": "captain"}, {"theaters": "atlantis"}],
)
def test_what_an_account_cannot_become_is_refused(guarded: Guarded, root: TestClient, changes: dict[str, str]) -> None:
    """The last administrator is neither demoted nor disabled nor bound; nor are there other roles and theaters."""
    before = _account(guarded, "root")
    sent = {"role": "admin", "theaters": "", "able": "yes"} | changes
    answer = root.post("/admin/accounts/root", data=sent)
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert _account(guarded, "root") == before


def test_a_password_that_is_given_closes_the_sessions_of_the_account(guarded: Guarded, root: TestClient) -> None:
    """The old one opens nothing any more; neither is on the page or in the audit."""
    guarded.add("ada")
    ada = guarded.signed_in("ada")
    short = root.post("/admin/accounts/ada/password", data={"password": "short"})
    assert (short.status_code, ada.get("/api/v1/theaters").status_code) == (422, 200)
    answer = root.post("/admin/accounts/ada/password", data={"password": _OTHER})
    assert answer.status_code == 200
    assert ada.get("/api/v1/theaters").status_code == 401
    assert (_signs_in(guarded, "ada", PASSWORD), _signs_in(guarded, "ada", _OTHER)) == (False, True)
    for text in (answer.text, root.get("/admin/audit").text):
        assert _OTHER not in text


@ONLY_SQLITE
def test_a_key_changes_no_account_by_the_pages_either(guarded: Guarded) -> None:
    """What it gave would stay when it ends."""
    guarded.add("ada")
    _, program = guarded.key(Role.ADMIN)
    before = guarded.access.accounts.accounts()
    new = {"name": "eve", "password": PASSWORD, "role": "admin", "theaters": ""}
    assert program.get("/admin/accounts").status_code == 200
    for path, sent in (("", new), ("/ada", new), ("/ada/password", {"password": _OTHER})):
        assert program.post(f"/admin/accounts{path}", data=sent).status_code == 403, path
    assert guarded.access.accounts.accounts() == before
    assert program.get("/account").status_code == 403


@ONLY_SQLITE
def test_who_administers_some_theaters_sees_and_gives_no_more(guarded: Guarded, root: TestClient) -> None:
    """Accounts, keys, and what changed of others are as if they did not exist; destinations are not theirs to set."""
    guarded.add("wide", Role.VIEWER)
    guarded.add("near", Role.VIEWER, frozenset({"tunisia"}))
    key, _ = guarded.key(Role.VIEWER)
    guarded.add("tom", Role.ADMIN, frozenset({"tunisia"}))
    tom = guarded.signed_in("tom")
    accounts, keys, audit = (tom.get(f"/admin/{place}").text for place in ("accounts", "keys", "audit"))
    assert 'action="/admin/accounts/near"' in accounts
    for name in ("wide", "root"):
        assert f"/admin/accounts/{name}" not in accounts, name
        assert f">{name}<" not in audit, name
    assert key.id not in keys
    change = {"role": "viewer", "theaters": "tunisia", "able": "no"}
    assert tom.post("/admin/accounts/wide", data=change).status_code == 404
    assert tom.post("/admin/accounts/wide/password", data={"password": _OTHER}).status_code == 404
    assert tom.post(f"/admin/keys/{key.id}/revoke").status_code == 404
    assert tom.post("/admin/keys", data={"name": "all", "role": "viewer", "theaters": ""}).status_code in {403, 422}
    assert root.post("/admin/destinations", data=_HOOK).status_code == 200
    for answer in (
        tom.post("/admin/destinations", data=_HOOK | {"name": "other"}),
        tom.post("/admin/destinations/desk/test"),
        tom.post("/admin/destinations/desk/remove"),
    ):
        assert answer.status_code == 403
    assert [item.id for item in guarded.service.destinations.destinations()] == ["desk"]


def test_a_key_that_was_revoked_by_the_page_opens_nothing(guarded: Guarded, root: TestClient) -> None:
    """At once; what it was stays in the list."""
    key, program = guarded.key(Role.ANALYST)
    assert program.get("/api/v1/theaters").status_code == 200
    answer = root.post(f"/admin/keys/{key.id}/revoke")
    assert (answer.status_code, key.id in answer.text, "revoked" in answer.text) == (200, True, True)
    assert program.get("/api/v1/theaters").status_code == 401
    assert root.post("/admin/keys/0123456789ab/revoke").status_code == 404


def test_a_webhook_is_set_its_secret_shown_once_tried_and_removed(guarded: Guarded, root: TestClient) -> None:
    """Neither its address nor its secret is on any page after that."""
    made = root.post("/admin/destinations", data=_HOOK)
    (kept,) = guarded.service.destinations.destinations()
    assert kept.secret
    assert kept.secret in made.text
    assert (kept.address, kept.title) == (_HOOK["address"], "The desk")
    for place in _PLACES:
        page = root.get(place).text
        assert kept.secret not in page, place
        assert "hook-4711" not in page, place
    assert root.post("/admin/destinations/desk/test").status_code == 200
    (trail,) = guarded.service.deliveries.trails(None)
    assert (trail.delivery.destination, trail.delivery.attempts) == ("desk", 0)
    assert root.post("/admin/destinations/desk/remove").status_code == 200
    assert guarded.service.destinations.destinations() == []
    assert root.post("/admin/destinations/desk/remove").status_code == 404
    actors = [event.actor for event in guarded.events(EventKind.DESTINATION_CHANGED)]
    assert actors == ["root", "root"]


@ONLY_SQLITE
def test_who_may_operate_sees_only_that(guarded: Guarded) -> None:
    """Jobs and where notices go, without a form; what administrators have is neither shown nor linked."""
    guarded.add("grace", Role.OFFICER)
    grace = guarded.signed_in("grace")
    jobs = grace.get("/admin")
    assert (jobs.status_code, jobs.url.path) == (200, "/admin/jobs")
    for page in (jobs.text, grace.get("/admin/destinations").text):
        content = page[page.index("<main") :]
        assert 'method="post"' not in content
        assert set(re.findall(r'href="(/admin/\w+)"', content)) == {
            "/admin/jobs",
            "/admin/destinations",
            "/admin/deliveries",
        }
    for place in ("accounts", "keys", "audit"):
        assert grace.get(f"/admin/{place}").status_code == 403, place


def test_the_audit_is_shown_the_latest_first_and_by_kind_and_actor(root: TestClient) -> None:
    """The same events as the API lists."""
    form = {"password": PASSWORD, "role": "viewer", "theaters": ""}
    for name in ("ada", "grace"):
        assert root.post("/admin/accounts", data=form | {"name": name}).status_code == 200
    asked = {"kind": EventKind.ACCOUNT_CHANGED.value, "actor": "root"}
    told = root.get("/api/v1/audit", params=asked).json()["items"]
    page = html.unescape(root.get("/admin/audit", params=asked).text)
    shown = re.findall(r'<tr><td class="n">(\d+)</td>.*?<td class="mono">([^<]*)</td><td>([^<]*)</td>', page, re.DOTALL)
    assert shown == [(str(item["number"]), item["subject"], item["actor"]) for item in reversed(told)]
    assert [subject for _, subject, _ in shown] == ["grace", "ada"]
    assert root.get("/admin/audit?kind=nothing").status_code == 422


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("place", "sent", "wrong"),
    [
        ("/admin/accounts", {"name": "a b", "password": "short", "role": "officer", "theaters": "tunisia"}, "name"),
        ("/admin/accounts", {"name": "ada", "password": "short", "role": "officer", "theaters": "tunisia"}, "password"),
        ("/admin/accounts/ada", {"role": "officer", "theaters": "nowhere", "able": "no"}, "theaters"),
        ("/admin/keys", {"name": "desk", "role": "analyst", "theaters": "nowhere", "days": "30"}, "theaters"),
        ("/admin/keys", {"name": "desk", "role": "analyst", "theaters": "", "days": "soon"}, "days"),
        ("/admin/destinations", _HOOK | {"name": "The Desk", "digest_minutes": "15"}, "name"),
        ("/admin/destinations", _HOOK | {"digest_minutes": "often"}, "digest_minutes"),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    guarded: Guarded, root: TestClient, place: str, sent: dict[str, str], wrong: str
) -> None:
    """And marks the field that is wrong, where the cursor then stands; a password is never sent back."""
    guarded.add("ada", Role.ANALYST)
    answer = root.post(place, data=sent)
    assert answer.status_code == 422
    (form,) = re.findall(rf'<form[^>]* action="{place}">(.*?)</form>', answer.text, re.DOTALL)
    kept = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form))
    for select, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        (kept[select],) = re.findall(r'value="([^"]*)" selected|<option selected>([^<]*)<', options)[0:1] or [("", "")]
        kept[select] = "".join(kept[select])
    assert {name: kept[name] for name in sent if name != "password"} == {
        name: value for name, value in sent.items() if name != "password"
    }
    assert not kept.get("password")
    (marked,) = re.findall(r'<input[^>]*aria-invalid="true"[^>]*>', form)
    assert f'name="{wrong}"' in marked
    assert "autofocus" in marked


@ONLY_SQLITE
def test_a_key_that_is_to_end_says_when_and_ends_then(guarded: Guarded, root: TestClient) -> None:
    """After the days that were typed; without any it does not end."""
    page = root.post("/admin/keys", data={"name": "desk", "role": "viewer", "theaters": "", "days": "30"}).text
    (text,) = re.findall(r'value="([^"]+)" size="60"', page)
    (key,) = guarded.access.keys.every()
    assert key.expires_at == key.created_at + timedelta(days=30)
    assert f"{key.expires_at:%Y-%m-%d %H:%M} UTC" in page
    program = guarded.client(authorization=f"Bearer {text}")
    assert program.get("/api/v1/theaters").status_code == 200
    guarded.clock.now += timedelta(days=30)
    assert program.get("/api/v1/theaters").status_code == 401


@ONLY_SQLITE
def test_who_guesses_a_password_on_the_account_page_too_often_is_told_when_to_come_back(guarded: Guarded) -> None:
    """As at the sign-in: by status and header, for programs as well as in words."""
    guarded.add("ada")
    here = guarded.signed_in("ada")
    for _ in range(20):
        answer = here.post("/account/password", data={"present": "not this one, no", "password": _OTHER})
        if answer.status_code != 422:
            break
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "again" in answer.text


def test_another_password_of_ones_own_takes_the_present_one(guarded: Guarded) -> None:
    """It closes all other sessions and leaves this one; a wrong present one changes nothing."""
    guarded.add("ada")
    here, there = guarded.signed_in("ada"), guarded.signed_in("ada")
    for present, wanted in (("not this one, no", _OTHER), (PASSWORD, "short")):
        answer = here.post("/account/password", data={"present": present, "password": wanted})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert (there.get("/account").url.path, _signs_in(guarded, "ada", PASSWORD)) == ("/account", True)
    done = here.post("/account/password", data={"present": PASSWORD, "password": _OTHER})
    assert (done.status_code, _OTHER in done.text) == (200, False)
    assert (here.get("/account").url.path, there.get("/account").url.path) == ("/account", "/sign-in")
    assert (_signs_in(guarded, "ada", PASSWORD), _signs_in(guarded, "ada", _OTHER)) == (False, True)


def test_sessions_are_ones_own_and_an_administrator_sees_and_ends_all(guarded: Guarded, root: TestClient) -> None:
    """Somebody else's is neither shown nor closed."""
    guarded.add("ada")
    guarded.add("grace")
    ada, grace = guarded.signed_in("ada"), guarded.signed_in("grace")
    (of_grace,) = [item["id"] for item in grace.get("/api/v1/sessions").json()["items"]]
    page = ada.get("/account").text
    assert "<strong>ada</strong>" in page
    assert "grace" not in page
    assert ada.post(f"/account/sessions/{of_grace}/end").status_code == 404
    assert grace.get("/account").url.path == "/account"
    assert "<strong>grace</strong>" in root.get("/account").text
    assert root.post(f"/account/sessions/{of_grace}/end").status_code == 200
    assert grace.get("/account").url.path == "/sign-in"
