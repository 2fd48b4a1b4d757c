"""Problems as bodies, for the description of the interface."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"

_WHEN = {
    400: "The body cannot be read.",
    401: "No credential was sent, or it is not good any more.",
    403: "The credential does not give the right.",
    404: "There is nothing of that name or id that you may see.",
    406: "None of the forms that there are is accepted.",
    408: "The body did not come in time.",
    409: "It does not go with what stands: somebody changed it meanwhile, or it is at work.",
    412: "The version that stands is none of those in `If-Match`.",
    413: "The body is larger than is taken.",
    415: "The body is of a type that is not taken.",
    422: "Something in the request is not accepted; `problems` names every field.",
    429: "Too many requests.",
    503: "The store cannot be used just now.",
}


class FieldProblemBody(BaseModel):
    """One thing wrong with a request."""

    file: str = Field("", description="The file, or the place in the body, where there are several.")
    line: int | None = Field(None, description="The line of the file.")
    field: str = Field(description="The field as it was sent: its path in the body, or its name elsewhere.")
    value: str = Field(description="What was there, shortened where it is long.")
    accepted: str = Field(description="What would be accepted.")


class ProblemBody(BaseModel):
    """An error as RFC 9457 has it; a kind of error may add members of its own."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:tocsin:problem:invalid-input",
                    "title": "The request was refused, and nothing was written.",
                    "status": 422,
                    "detail": "grade is 'Z9'; accepted: an Admiralty grade: reliability A to F and credibility 1 to 6, "
                    "such as B2",
                    "to_do": "Mend each field that `problems` names, and send it again.",
                    "problems": [
                        {
                            "file": "",
                            "line": None,
                            "field": "grade",
                            "value": "'Z9'",
                            "accepted": "an Admiralty grade: reliability A to F and credibility 1 to 6, such as B2",
                        }
                    ],
                }
            ]
        },
    )

    type: str = Field(description="A stable name of the kind of error.")
    title: str = Field(description="What went wrong, in a sentence; the same for all errors of the type.")
    status: int
    detail: str = Field(description="What went wrong here.")
    to_do: str = Field(description="What to do about it; the same for all errors of the type.")
    problems: list[FieldProblemBody] | None = None


def when(status: int) -> str:
    """When a request is answered with a status."""
    return _WHEN[status]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers to declare of a route that may refuse so; every route may also find no credential, or no right."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    return {
        status: {"description": _WHEN[status], "model": ProblemBody, "content": {MEDIA_TYPE: schema}}
        for status in sorted({*statuses, 401, 403, 503})
    }
