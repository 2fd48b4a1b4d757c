"""Fingerprints of everything that decides a result, refusing what has no canonical form."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime

import numpy as np

from tocsin.domain.errors import UnserializableRecipeError


def fingerprint(recipe: Mapping[str, object]) -> str:
    """SHA-256, in hexadecimal, of a recipe: equal recipes and only they have equal fingerprints.

    Accepted are text, booleans, integers, finite floats, None, dates, aware datetimes, arrays of booleans or numbers
    (infinities allowed, NaN not), dataclasses, and lists, tuples and text-keyed mappings of these;
    UnserializableRecipeError names the place of anything else.

    >>> fingerprint({"a": 1, "b": [2.5]}) == fingerprint({"b": [2.5], "a": 1})
    True
    """
    canonical = json.dumps(_canonical("recipe", recipe), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(path: str, value: object) -> object:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (np.ndarray, date)):  # a datetime is a date too
        return _array(path, value) if isinstance(value, np.ndarray) else _instant(path, value)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: getattr(value, field.name) for field in fields(value)}
        return {type(value).__name__: _canonical(path, inner)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {"map": {str(key): _canonical(f"{path}.{key}", item) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_canonical(f"{path}[{position}]", item) for position, item in enumerate(value)]
    return _number(path, value)


def _number(path: str, value: object) -> object:
    # NumPy's scalars are refused: whether one is a float or a float32 would depend on the code that made it.
    if isinstance(value, int) and not isinstance(value, np.generic):
        return value
    if isinstance(value, float) and not isinstance(value, np.generic) and math.isfinite(value):
        return {"float": value.hex()}  # exact, and apart from the integer of the same value
    raise UnserializableRecipeError(path, value)


def _instant(path: str, value: date) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UnserializableRecipeError(path, value)
        return {"instant": value.timestamp().hex()}
    return {"date": value.isoformat()}


def _array(path: str, value: np.ndarray) -> object:
    if value.dtype.kind not in "biuf" or (value.dtype.kind == "f" and np.isnan(value).any()):
        raise UnserializableRecipeError(path, value)
    little = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"))
    digest = hashlib.sha256(little.tobytes()).hexdigest()
    return {"array": [little.dtype.str, list(value.shape), digest]}
