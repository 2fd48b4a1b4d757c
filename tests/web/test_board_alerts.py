"""Alerts and rules on pages: they say what the API says, write by the same use cases, and keep what is not theirs."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Principal, Role
from tocsin.jobs.alarm import make_alarm
from tocsin.usecases.backtest_rule import backtest_rule
from tocsin.usecases.publish import publish

if TYPE_CHECKING:
    from conftest import Own

_PLACE = "/theaters/tunisia"
_RULE = """title: An attack at the border
reason: The desk calls the border command.
severity: critical
kind: tripwire
indicator: violence/border-attack
at_least: 1
within_days: 7
"""
_LEVEL = """title: An offensive is likely
reason: The desk moves the next round forward.
severity: warning
kind: level
scenario: border-offensive
horizon: 30
at: 0.2
clear_at: 0.1
"""
_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1, "grade": "B2"}


def _set(own: Own, document: str, version: str = "0", name: str = "attack") -> tuple[int, str]:
    sent = {"rule": name, "document": document, "version": version}
    answer = own.web.client.post(f"{_PLACE}/rules", data=sent)
    return answer.status_code, html.unescape(answer.text)


def _alert(own: Own, rule: str = "attack") -> dict[str, object]:
    told: dict[str, object] = own.web.client.get(f"/api/v1/alerts/tunisia/{rule}").json()
    return told


def _page(own: Own, path: str) -> str:
    answer = own.web.client.get(f"{_PLACE}/{path}")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


@pytest.fixture
def firing(own: Own) -> Own:
    """With one rule that was set by the page, whose alert fires."""
    assert _set(own, _RULE)[0] == 200
    assert own.post("observations", _ATTACK).status_code == 201
    make_alarm(own.web.means.settings, own.service, lambda: own.clock.now).bell.look()
    return own


def test_what_fires_stands_first_with_what_the_api_says_of_it(firing: Own) -> None:
    """Its phase, its severity and what was read, in the API's own words."""
    told = _alert(firing)
    assert (told["phase"], told["waits"]) == ("firing", True)
    rows = re.findall(r"<li( class=\"rings\")?>(.*?)</li>", _page(firing, "alerts"), re.DOTALL)
    first, others = rows[0], rows[1:]
    assert first[0]
    for said in ("firing", "critical", "An attack at the border", "waits for somebody", f"{told['why']}."):
        assert said in first[1], said
    assert not any(rings for rings, _ in others)
    assert len(rows) >= len(firing.service.rules.of("tunisia").rules)


def test_an_alert_that_is_taken_up_by_the_page_is_in_hand(firing: Own) -> None:
    """With who and what for, here and in the API; hours that are none are refused, and nobody has it then."""
    place = f"{_PLACE}/alerts/attack/acknowledge"
    for hours in ("0", "721", "many", "-4", "1.5"):
        refused = firing.web.client.post(place, data={"note": "calling", "hours": hours})
        assert (refused.status_code, "a whole number of hours from 1 to 720" in refused.text) == (422, True), hours
        assert 'name="note" value="calling"' in refused.text
        assert f'name="hours" value="{hours}"' in refused.text
    assert _alert(firing)["acknowledged"] is None
    assert firing.web.client.post(place, data={"note": "calling the command", "hours": "4"}).status_code == 200
    said = _alert(firing)["acknowledged"]
    assert isinstance(said, dict)
    assert (said["by"], said["note"], said["until"]) == ("tester", "calling the command", "2016-03-09T16:00:00Z")
    assert "“calling the command”" in _page(firing, "alerts")
    assert "waits for somebody" not in _page(firing, "alerts")


def test_an_alert_has_its_steps_and_notices_on_its_page(firing: Own) -> None:
    """Those of the API, the latest first, and the rule as a file would hold it."""
    steps = firing.web.client.get("/api/v1/theaters/tunisia/alert-steps?rule=attack").json()["items"]
    (notice,) = firing.web.client.get("/api/v1/theaters/tunisia/notices?rule=attack").json()["items"]
    page = _page(firing, "alerts/attack")
    shown = re.findall(r"<td>([a-z ]+)</td><th scope=\"row\">([a-z ]+)</th><td>([^<]+)</td><td>([^<]+)</td>", page)
    assert shown == [(step["before"], step["after"], step["cause"], step["why"]) for step in reversed(steps)]
    assert f">{notice['id'][:12]}<" in page
    assert "within_days: 7" in page
    assert "waiting" in page[page.index("Deliveries") :]


def test_a_silence_begins_and_ends_by_the_page(own: Own) -> None:
    """It quiets the rules that its pattern means, and stands with who and why; a pattern of no rule is refused."""
    form = {"rule": "crackdown-*", "severity": "*", "hours": "8", "comment": "an exercise"}
    wrong = own.web.client.post(f"{_PLACE}/silences", data=form | {"rule": "crakdown-*"})
    assert (wrong.status_code, own.service.silences.silences(own.clock.now)) == (422, [])
    bare = own.web.client.post(f"{_PLACE}/silences", data=form | {"comment": " "})
    assert bare.status_code == 422
    for kept in ('name="rule" type="text" value="crackdown-*"', 'name="hours" type="text" value="8"'):
        assert kept in bare.text
    assert own.web.client.post(f"{_PLACE}/silences", data=form).status_code == 200
    (silence,) = own.web.client.get("/api/v1/silences").json()["items"]
    assert (silence["rules"], silence["ends_at"]) == (["tunisia/crackdown-likely"], "2016-03-09T20:00:00Z")
    assert "“an exercise”" in _page(own, "alerts")
    assert _alert(own, "crackdown-likely")["quiet"] == "silenced"
    ended = own.web.client.post(f"{_PLACE}/silences/{silence['id']}/end")
    assert ended.status_code == 200
    assert own.service.silences.silences(own.clock.now) == []
    assert "Nothing is silenced" in _page(own, "alerts")


_FORM = {
    "kind": "level",
    "title": "An offensive is likely",
    "reason": "The desk moves the next round forward.",
    "severity": "warning",
    "odds": "border-offensive 30",
    "at": "0.2",
    "clear_at": "0.1",
    "keep_firing": "6 hours",
    "escalate.after": "",
}


@ONLY_SQLITE
def test_a_rule_is_set_by_its_form_as_by_its_text(own: Own) -> None:
    """The page shows it again in the same form, filled in; what no form says is shown as text."""
    sent = {"rule": "likely", "version": "0", **_FORM}
    assert own.web.client.post(f"{_PLACE}/rules", data=sent).status_code == 200
    known = own.service.rules.rule("tunisia", "likely").rule
    assert known == own.service.rules.parsed("tunisia", "likely", f"{_LEVEL}keep_firing: 6 hours\n")
    page = _page(own, "rules/likely")
    assert 'name="at" type="text" value="0.2"' in page
    assert '<option value="border-offensive 30" selected>' in page
    assert "<textarea" not in page
    assert "<textarea" in _page(own, "rules/likely?text=true")
    day = f"{_LEVEL.replace('level', 'change').split('at: ')[0]}"
    day += "by: 0.05\nscale: points\ndirection: up\nsince: {day: 2016-03-08}\n"
    assert _set(own, day, name="since-day")[0] == 200
    assert "<textarea" in _page(own, "rules/since-day")


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"at": "often"}, "at"),
        ({"clear_at": "0.9"}, ""),
        ({"keep_firing": "a while"}, "keep_firing"),
        ({"escalate.after": "1 hour"}, "escalate.to"),
        ({"title": ""}, "title"),
    ],
)
def test_a_form_of_a_rule_that_is_refused_is_shown_as_it_was_typed(
    own: Own, changes: dict[str, str], wrong: str
) -> None:
    """With what is wrong beside its field, without lines of a text that nobody wrote; nothing is set."""
    sent = {"rule": "likely", "version": "0", **_FORM, **changes}
    for place in ("rules", "rules/rehearse"):
        answer = own.web.client.post(f"{_PLACE}/{place}", data=sent)
        assert answer.status_code == 422
        for name in _FORM.keys() - {"kind", "severity", "odds"}:
            assert f'name="{name}" type="text" value="{sent[name]}"' in answer.text, name
        marked = re.findall(r'<input[^>]*name="([^"]+)"[^>]*aria-invalid="true"', answer.text)
        assert marked == ([wrong] if wrong else [])
        assert 'role="alert"' in answer.text
        assert "line " not in answer.text[answer.text.index('role="alert"') : answer.text.index("<form class=")]
    assert own.service.rules.last("tunisia", "likely") is None


@ONLY_SQLITE
def test_a_rehearsal_says_the_rule_in_words_and_as_a_file_would_hold_it(own: Own) -> None:
    """From the form; nothing is set."""
    sent = {"rule": "likely", "version": "0", **_FORM, "pending.publications": "2"}
    page = html.unescape(own.web.client.post(f"{_PLACE}/rules/rehearse", data=sent).text)
    assert "It would ring: border-offensive within 30 days, at 20 %, clears at 10 %" in page
    assert "Fires once it has held in 2 publications one after another." in page
    assert "Tells the log alone." in page
    assert "keep_firing: 6 hours" in page
    assert own.service.rules.last("tunisia", "likely") is None
    for kind in ("change", "silent-feed", "stale-fit"):
        assert f'name="kind" value="{kind}"' in _page(own, f"rules?kind={kind}")
    assert own.web.client.get(f"{_PLACE}/rules?kind=loud").status_code == 422


@ONLY_SQLITE
def test_a_rule_is_changed_only_over_the_version_that_was_seen(own: Own) -> None:
    """Whoever is second is told who was first, and finds what they typed."""
    assert _set(own, _RULE)[0] == 200
    assert _set(own, _RULE.replace("at_least: 1", "at_least: 2"), "1")[0] == 200
    status, page = _set(own, _RULE.replace("at_least: 1", "at_least: 5"), "1")
    assert status == 409
    assert "version 2, by tester" in page
    assert "at_least: 5" in page
    known = own.service.rules.last("tunisia", "attack")
    assert known is not None
    assert (known.version, "at_least: 2" in (known.document or "")) == (2, True)


@ONLY_SQLITE
def test_a_rule_of_a_file_is_not_changed_by_the_page(own: Own) -> None:
    """The page says in which file it stands; what is sent all the same is refused."""
    page = _page(own, "rules/wilayat-near")
    assert "models/tunisia/alerts/wilayat-near.yaml" in page
    assert "Set the rule" not in page
    assert _set(own, _RULE, "0", "wilayat-near")[0] == 422
    assert own.service.rules.last("tunisia", "wilayat-near") is None


@ONLY_SQLITE
def test_a_rehearsal_says_what_a_backtest_says_and_sets_nothing(fitted: Own) -> None:
    """On the same publications; what is wrong with a rule is told by line, and what was typed stays."""
    service, theater = fitted.service, fitted.service.catalog.theater("tunisia")
    stated = {"ledger": service.ledger, "publications": service.publications}
    publish(theater, fits=service.fits, codec=service.codec, now=fitted.clock.now, **stated)
    fitted.clock.now += timedelta(hours=1)
    sent = {"rule": "likely", "document": _LEVEL, "version": "0"}
    answer = fitted.web.client.post(f"{_PLACE}/rules/rehearse", data=sent)
    rule = service.rules.parsed("tunisia", "likely", _LEVEL)
    found = backtest_rule(
        rule,
        theater,
        rules=[*service.rules.of("tunisia").rules, rule],
        resolutions=service.resolutions,
        begin=None,
        end=fitted.clock.now,
        now=fitted.clock.now,
        **stated,
    )
    (episode,) = found.episodes
    assert answer.status_code == 200
    assert f"it would have fired <strong>1 time</strong>, with {found.notices} notice" in answer.text
    assert f'<th scope="row">{episode.fired_at:%Y-%m-%d %H:%M} UTC</th><td>still rings</td>' in answer.text
    assert service.rules.last("tunisia", "likely") is None
    wrong = fitted.web.client.post(f"{_PLACE}/rules/rehearse", data=sent | {"document": f"{_LEVEL}loud: yes\n"})
    assert (wrong.status_code, "line 9" in wrong.text, "loud: yes" in wrong.text) == (422, True, True)


@ONLY_SQLITE
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_who_may_not_take_up_is_neither_offered_it_nor_let(firing: Own, role: Role) -> None:
    """Nor sees where rules are set, which an officer does not either."""
    firing.web.gate.principal = Principal("guest", role, theaters=None)
    for path in ("alerts", "alerts/attack"):
        page = _page(firing, path)
        assert 'method="post"' not in page, path
        assert "/rules" not in page, path
    for path in ("alerts/attack/acknowledge", "alerts/attack/assign", "silences"):
        assert firing.web.client.post(f"{_PLACE}/{path}", data={"hours": "4", "comment": "x"}).status_code == 403, path
    assert _alert(firing)["acknowledged"] is None
    firing.web.gate.principal = Principal("officer", Role.OFFICER, theaters=None)
    assert "Take it up" in _page(firing, "alerts")
    assert firing.web.client.get(f"{_PLACE}/rules").status_code == 403
