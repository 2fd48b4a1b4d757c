"""What is written by pages: the same use cases as the API's, the same refusals, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Principal, Role

if TYPE_CHECKING:
    from conftest import Own

_PLACE = "/theaters/tunisia"
_FORM = {
    "indicator": "violence/border-attack",
    "observed_on": "2016-03-09",
    "value": "1",
    "reliability": "B",
    "credibility": "2",
    "source": "the desk",
    "summary": "A patrol <was> attacked.",
}


def _after(page: str) -> dict[tuple[str, int], float]:
    found = re.findall(r'data-after="(\S+) (\d+)" data-value="([^"]+)"', page)
    return {(scenario, int(days)): float(value) for scenario, days, value in found}


def _log(own: Own, **changes: str) -> str:
    """Log a report by the page; its id."""
    answer = own.web.client.post(f"{_PLACE}/observations", data=_FORM | changes)
    assert answer.status_code == 201, answer.text
    found = re.search(r'class="mono" href="/theaters/tunisia/observations/([0-9a-f]{16})"', answer.text)
    assert found is not None
    return found[1]


def test_a_preview_says_what_the_report_then_does_and_records_nothing(fitted: Own) -> None:
    """The odds that it shows are those that stand once the same is recorded, to the last digit."""
    before = len(fitted.ledger())
    preview = fitted.web.client.post(f"{_PLACE}/observations/preview", data=_FORM)
    assert preview.status_code == 200
    assert "nothing is recorded" in preview.text
    assert 'value="the desk"' in preview.text
    assert len(fitted.ledger()) == before
    recorded = fitted.web.client.post(f"{_PLACE}/observations", data=_FORM)
    assert recorded.status_code == 201
    assert _after(recorded.text) == _after(preview.text)
    assert len(_after(preview.text)) == 13
    told = fitted.web.client.get(f"/api/v1{_PLACE}/odds").json()
    assert _after(recorded.text) == {
        (item["scenario"], item["horizon_days"]): item["probability"] for item in told["odds"]
    }


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(own: Own) -> None:
    """Everything at once, as the API tells it, and nothing is recorded."""
    wrong = _FORM | {"indicator": "violence/border-atack", "observed_on": "2016-13-01", "value": "many"}
    answer = own.web.client.post(f"{_PLACE}/observations", data=wrong)
    assert answer.status_code == 422
    for field in ("indicator", "observed_on"):
        assert f'id="w-{field}"' in answer.text, field
    assert 'value="violence/border-atack"' in answer.text
    assert "A patrol &lt;was&gt; attacked." in answer.text
    assert own.ledger() == []


def test_a_form_with_what_no_database_holds_is_refused(own: Own) -> None:
    """A zero character, typed by no person, is no error of the server's."""
    answer = own.web.client.post(f"{_PLACE}/observations", data=_FORM | {"summary": "an attack\0"})
    assert answer.status_code == 422
    assert "a zero character" in answer.text
    assert own.ledger() == []


def test_looked_and_not_seen_is_a_zero_and_the_same_report_twice_is_one(own: Own) -> None:
    """A box says so without a number; whoever sends a form twice has logged once."""
    name = _log(own, value="", unseen="1")
    (entry,) = own.ledger()
    assert (entry.id, entry.value) == (name, 0.0)
    again = own.web.client.post(f"{_PLACE}/observations", data=_FORM | {"value": "", "unseen": "1"})
    assert "nothing was added" in again.text
    assert len(own.ledger()) == 1


def test_a_correction_by_the_page_changes_what_was_typed_and_nothing_else(own: Own) -> None:
    """The old version stays with who and why; whoever saw an older version is told, and loses nothing."""
    name = _log(own)
    form = {key: value for key, value in _FORM.items() if key != "indicator"}
    changed = form | {"value": "2", "reason": "counted again", "version": name}
    answer = own.web.client.post(f"{_PLACE}/observations/{name}/correct", data=changed)
    assert answer.status_code == 201, answer.text
    old, new = sorted(own.ledger(), key=lambda item: item.supersedes is not None)
    assert (old.value, new.value, new.reason, new.supersedes) == (1.0, 2.0, "counted again", old.id)
    assert (new.summary, new.source, new.origin, str(new.grade)) == (old.summary, old.source, old.origin, "B2")
    late = own.web.client.post(
        f"{_PLACE}/observations/{name}/correct", data=changed | {"value": "7", "reason": "my own count"}
    )
    assert late.status_code == 409
    assert "Somebody else was first" in late.text
    assert 'value="7"' in late.text
    assert 'value="my own count"' in late.text
    assert len(own.ledger()) == 2


def test_a_withdrawal_needs_a_reason_and_keeps_what_was_withdrawn(own: Own) -> None:
    """It counts no more, and stands with who withdrew it."""
    name = _log(own)
    bare = own.web.client.post(f"{_PLACE}/observations/{name}/retract", data={"version": name, "reason": " "})
    assert bare.status_code == 422
    done = own.web.client.post(f"{_PLACE}/observations/{name}/retract", data={"version": name, "reason": "a rumor"})
    assert done.status_code in {200, 201}, done.text
    page = own.web.client.get(f"{_PLACE}/observations/{name}").text
    assert "2 versions" in page
    assert "a rumor" in page
    assert "Correct it" not in page


def test_an_import_with_errors_names_every_line_and_takes_nothing(own: Own) -> None:
    """Then the same file without them is taken whole."""
    good = "observed_on,indicator,value,grade\n2016-03-07,violence/border-attack,1,A1\n"
    bad = good + "2016-03-07,violence/border-attack,-1,A1\n2016-03-08,nothing/here,1,Z9\n"
    place = f"{_PLACE}/observations/import?dry_run=true"
    refused = own.web.client.post(place, files={"file": ("desk.csv", bad, "text/csv")})
    assert refused.status_code == 422
    rows = re.findall(r'<tr><td class="n">(\d+)</td><th scope="row">(\w+)</th>', refused.text)
    assert {("3", "value"), ("4", "indicator"), ("4", "grade")} <= set(rows)
    assert own.ledger() == []
    dry = own.web.client.post(place, files={"file": ("desk.csv", good, "text/csv")})
    assert (dry.status_code, "It would record 1 row" in dry.text) == (200, True)
    assert own.ledger() == []
    # As a browser sends it: a file field that was left alone is a part with an empty name.
    parts = '--x\r\nContent-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: {}\r\n\r\n{}\r\n'
    body = parts.format("file", "desk.csv", "text/csv", good) + parts.format(
        "mapping", "", "application/octet-stream", ""
    )
    taken = own.web.client.post(
        f"{_PLACE}/observations/import",
        content=body + "--x--\r\n",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert taken.status_code == 201, taken.text
    assert len(own.ledger()) == 1


@ONLY_SQLITE
def test_what_if_by_address_says_what_the_api_says_and_is_shared_as_it_is(fitted: Own) -> None:
    """The link on the page gives the page again."""
    place = f"{_PLACE}/what-if?indicator=group/pledge-publication&value=1"
    page = fitted.web.client.get(place)
    sent = {"observations": [{"indicator": "group/pledge-publication", "value": 1}]}
    told = fitted.post("what-if", sent).json()
    assert _after(page.text) == {
        (item["scenario"], item["horizon_days"]): item["after"]["probability"] for item in told["shifts"]
    }
    link = re.search(r'id="link"[^>]*value="([^"]+)"', page.text)
    assert link is not None
    again = fitted.web.client.get(link[1].replace("&amp;", "&").removeprefix("http://testserver"))
    assert _after(again.text) == _after(page.text)
    wrong = fitted.web.client.get(f"{_PLACE}/what-if?indicator=group/pledge-publication&value=7")
    assert wrong.status_code == 422
    assert "0 (not seen) or 1 (seen)" in wrong.text


@ONLY_SQLITE
@pytest.mark.parametrize("kind", ["level", "certainty", "change", "tripwire", "silent-feed", "stale-fit"])
def test_each_sample_of_a_rule_can_be_set_as_it_stands(own: Own, kind: str) -> None:
    """What the editor offers to begin with is a rule, and once set it is there with its text."""
    page = own.web.client.get(f"{_PLACE}/rules?kind={kind}&text=true").text
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    document = found[1].replace("&#39;", "'").replace("&gt;", ">").replace("&#34;", '"')
    answer = own.web.client.post(f"{_PLACE}/rules", data={"rule": "mine", "document": document, "version": "0"})
    assert answer.status_code == 200, answer.text
    assert own.web.client.get("/api/v1/alert-rules/tunisia/mine").json()["rule"]["kind"] == kind
    broken = own.web.client.post(
        f"{_PLACE}/rules",
        data={"rule": "other", "document": document.replace("severity: warning", "severity: loud"), "version": "0"},
    )
    assert broken.status_code == 422
    assert "loud" in broken.text


@ONLY_SQLITE
def test_administrators_add_accounts_and_keys_that_are_shown_once(guarded: object) -> None:
    """A key stands in the answer that made it and on no page after it; a viewer sees neither page."""
    from support.access import PASSWORD, Guarded  # noqa: PLC0415

    assert isinstance(guarded, Guarded)
    guarded.add("root", Role.ADMIN)
    root = guarded.signed_in("root")
    form = {"name": "Grace", "password": PASSWORD, "role": "analyst", "theaters": "tunisia"}
    assert root.post("/admin/accounts", data=form).status_code == 200
    account = next(item for item in guarded.access.accounts.accounts() if item.name == "grace")
    assert (account.role, account.theaters) == (Role.ANALYST, frozenset({"tunisia"}))
    short = root.post("/admin/accounts", data=form | {"name": "ada", "password": "short"})
    assert (short.status_code, "12" in short.text) == (422, True)
    made = root.post("/admin/keys", data={"name": "collector", "role": "analyst"})
    text = re.search(r'aria-label="The key"|value="(tocsin[^"]+|[A-Za-z0-9_\-]{30,})"', made.text)
    assert text is not None
    key = re.search(r'readonly value="([^"]+)"', made.text)
    assert key is not None
    assert guarded.client(authorization=f"Bearer {key[1]}").get("/api/v1/theaters").status_code == 200
    assert key[1] not in root.get("/admin/keys").text
    guarded.add("guest", Role.VIEWER)
    for place in ("/admin/accounts", "/admin/keys", "/admin/audit", "/admin/jobs"):
        assert guarded.signed_in("guest").get(place).status_code == 403, place


@ONLY_SQLITE
def test_a_page_of_the_past_offers_nothing_to_change(fitted: Own) -> None:
    """Observations, a record, what-if and the board as of a day that has passed."""
    for place in ("", "/observations", "/scores", "/fits", "/scenarios/border-offensive", "/evidence", "/what-if"):
        page = fitted.web.client.get(f"{_PLACE}{place}?as_of=2016-03-08")
        assert page.status_code == 200, place
        assert "You look at the past" in page.text, place
        assert 'method="post"' not in page.text, place


@ONLY_SQLITE
def test_a_viewer_reads_every_page_and_is_offered_no_change(fitted: Own) -> None:
    """What they may not do is not on their pages."""
    fitted.web.gate.principal = Principal("guest", Role.VIEWER, theaters=None)
    places = ("", "/observations", "/evidence", "/review", "/what-if", "/collection", "/alerts", "/fits", "/scores")
    for place in (*places, "/sources", "/scenarios/tunisian-wilayat", "/alerts/wilayat-near"):
        page = fitted.web.client.get(f"{_PLACE}{place}")
        assert page.status_code == 200, place
        assert 'method="post"' not in page.text, place
