"""What every read declares beside its answer: how it may be refused, and its other forms."""

from __future__ import annotations

from typing import Any

from tocsin.web.schemas.problem import problems

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has it already."}}
READ = problems(404, 422) | NOT_MODIFIED
"""Of a read whose answer is one thing."""
TABLE: dict[int | str, dict[str, Any]] = (
    READ
    | problems(406)
    | {200: {"description": "A page of the table.", "content": {"text/csv": {"schema": {"type": "string"}}}}}
)
"""Of a read whose answer is a table, as JSON or CSV."""
COMPUTED = problems(409)
"""Of what is computed from a fit, besides."""
