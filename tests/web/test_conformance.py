"""Every operation, asked with what its description allows and with what it does not, answers as the description says.

By schemathesis: no 5xx, no status, media type or body that is not described; as each role, on each database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.described import narrowed
from tocsin.domain.access import Principal, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.schemas import APIOperation

    from conftest import Own

_EXAMPLES = 3
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_SLOW = "/api/v1/theaters/{theater}/collection"  # seconds an answer, whoever asks
_ENDLESS = "/api/v1/events"  # a stream, which test_events.py follows
_FOREIGN = ("Input ", "Value ", "Field ", "String ", "Extra ", "List ", "Unable ", "Datetime ", "Date ")
"""How a library begins to say what is accepted; refusals have words of our own."""
_LEAST_OPERATIONS = 50
_LEAST_WITH_INSTANTS = 8


def _operations(own: Own) -> Iterator[APIOperation]:
    """What is described, with the names and ids that there are."""
    document = own.web.client.get("/api/v1/openapi.json").json()
    theater = own.service.catalog.theater("tunisia")
    known = {
        "theater": [theater.id],
        "scenario": [item.id for item in theater.scenarios],
        "subject": sorted({item.id.partition("/")[0] for item in theater.indicators}),
        "indicator": [item.id.partition("/")[2] for item in theater.indicators],
        "observation": [item.id for item in own.ledger()[:3]],
        "fit": [item.id for item in own.service.fits.accepted(theater.id, own.clock.now)[:1]],
    }
    for found in schemathesis.openapi.from_dict(narrowed(document, known)).get_all_operations():
        operation = found.ok()
        if operation.path != _ENDLESS:
            yield operation


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    "instant",
    ["0001-01-01", "0004-06-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31", "9999-12-31T23:59:59-23:59"],
)
def test_no_instant_at_the_edge_of_the_calendar_is_an_error_of_ours(own: Own, instant: str) -> None:
    """Wherever one may be named."""
    theater = own.service.catalog.theater("tunisia")
    subject, _, indicator = theater.indicators[0].id.partition("/")
    names = {"theater": theater.id, "scenario": theater.scenarios[0].id, "subject": subject, "indicator": indicator}
    document = own.web.client.get("/api/v1/openapi.json").json()
    asked = []
    for path, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["name"] in {"as_of", "since", "until"}:
                address = path.format_map({"fit": "unknown", "observation": "unknown", "item": "unknown", **names})
                answer = own.web.client.get(address, params={parameter["name"]: instant})
                assert answer.status_code < 500, (address, parameter["name"], answer.text)
                asked.append(address)
    assert len(asked) >= _LEAST_WITH_INSTANTS


@pytest.mark.parametrize("role", Role)
def test_every_operation_answers_as_it_is_described(fitted: Own, role: Role) -> None:
    """With what is allowed and with what is not; a refusal is an answer like another."""
    asked, wrong = 0, []
    fitted.web.gate.principal = Principal("tester", role, theaters=None)
    for operation in _operations(fitted):
        slow = operation.path == _SLOW
        for mode in [GenerationMode.POSITIVE] if slow else GenerationMode:
            try:
                if not slow or role is Role.ADMIN:
                    _ask(fitted, operation, mode, 1 if slow else _EXAMPLES)
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # where nothing is sent, nothing can be wrong with it
            except Exception as error:  # noqa: BLE001 (all of them are told at the end)
                wrong.append(f"{operation.label} with {mode.value} data: {error}")
        asked += 1
    assert not wrong, "\n\n".join(wrong)
    assert asked >= _LEAST_OPERATIONS


def _ask(own: Own, operation: APIOperation, mode: GenerationMode, examples: int) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_described(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        own.web.client.cookies.update(sent.pop("cookies", None) or {})
        answer = own.web.client.request(**sent)
        answer.request.read()
        own.web.client.cookies.clear()
        case.validate_response(answer, checks=_CHECKS)
        if answer.status_code == 422:
            foreign = [item for item in answer.json().get("problems", ()) if item["accepted"].startswith(_FOREIGN)]
            assert foreign == []

    answers_as_described()
