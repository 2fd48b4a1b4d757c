"""An alert rule as the text that a file would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 100


def as_yaml(document: Mapping[str, object]) -> str:
    """A rule's document as YAML, its fields in the order in which they were given."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=_WIDTH)
