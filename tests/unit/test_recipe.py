import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Normal
from tocsin.domain.errors import UnserializableRecipeError
from tocsin.domain.indicator import Kind
from tocsin.ensemble.recipe import fingerprint


@dataclass(frozen=True)
class _Range:
    """Has the fields of a normal prior and is none."""

    mean: float
    sd: float


def _of(value: object) -> str:
    return fingerprint({"a": value})


def _marked(value: object) -> object:
    """A form in which equal means equal in kind as well as in value."""
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return type(value).__name__, repr(value)


_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.dates()
)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_recipes = st.dictionaries(st.text(max_size=3), _values, max_size=4)


def _reordered(value: Any, order: Random) -> Any:  # noqa: ANN401 - a tree of anything
    if isinstance(value, dict):
        items = [(key, _reordered(item, order)) for key, item in value.items()]
        order.shuffle(items)
        return dict(items)
    return [_reordered(item, order) for item in value] if isinstance(value, list) else value


@given(_recipes, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter_at_any_depth(recipe: dict[str, object], order: Random) -> None:
    """A mapping says what is in it, not what was put there first."""
    assert fingerprint(_reordered(recipe, order)) == fingerprint(recipe)


@given(_recipes, _recipes)
def test_two_recipes_have_one_fingerprint_only_if_they_are_equal(
    one: dict[str, object], other: dict[str, object]
) -> None:
    """In kind as well as in value."""
    assert (fingerprint(one) == fingerprint(other)) == (_marked(one) == _marked(other))


def _places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [at] * (not inner) + [place for key, item in inner for place in _places(item, (*at, key))]


def _changed(value: Any, at: tuple[Any, ...], new: object) -> Any:  # noqa: ANN401 - a tree of anything
    if not at:
        return new
    key, *rest = at
    if isinstance(value, dict):
        return {**value, key: _changed(value[key], tuple(rest), new)}
    return [_changed(item, tuple(rest), new) if place == key else item for place, item in enumerate(value)]


@given(_recipes.filter(bool), st.data())
def test_every_change_of_one_place_changes_the_fingerprint(recipe: dict[str, object], data: st.DataObject) -> None:
    """However deep it lies."""
    place = data.draw(st.sampled_from(_places(recipe)))
    changed = _changed(recipe, place, data.draw(_leaves))
    assert (fingerprint(changed) == fingerprint(recipe)) == (_marked(changed) == _marked(recipe))


def test_the_order_of_a_list_matters() -> None:
    """Array order follows it."""
    assert _of([1, 2.5, 3]) != _of([2.5, 1, 3])
    assert _of([[1], [2, 3]]) != _of([[1, 2], [3]])


def test_values_that_compare_equal_in_python_are_kept_apart_by_kind() -> None:
    """1 is neither 1.0 nor true nor the text "1"; an empty list is not an empty mapping, and nothing is not null."""
    different = [1, 1.0, True, "1", [1], 0, 0.0, -0.0, False, "", None, [], {}, "true", "null", [None]]
    assert len({_of(value) for value in different}) == len(different)
    assert fingerprint({}) != _of(None)


def test_floats_differ_down_to_the_last_bit() -> None:
    """What decides a draw is the number, not how it is printed."""
    assert _of(0.1 + 0.2) != _of(0.3)
    assert _of(5e-324) != _of(0.0)


def test_a_value_is_not_taken_for_the_mapping_that_spells_it() -> None:
    """Equal recipes and only they: whatever stands for a float, a date or an array inside must not be writable."""
    array = np.array([1.5, -2.0])
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    assert _of(1.5) != _of({"float": (1.5).hex()})
    assert _of(date(2016, 3, 8)) != _of({"date": "2016-03-08"})
    assert _of(array) != _of({"array": ["<f8", [2], digest]})
    assert _of(Normal(1.0, 2.5)) != _of({"Normal": {"mean": 1.0, "sd": 2.5}})


def test_dates_and_instants_are_told_apart_and_an_instant_has_one_form() -> None:
    """The same moment in two zones is one; a microsecond later is another."""
    instant = datetime(2016, 3, 8, 23, tzinfo=UTC)
    elsewhere = instant.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert _of(instant) == _of(elsewhere)
    assert _of(instant) != _of(instant + timedelta(microseconds=1))
    assert len({_of(date(2016, 3, 8)), _of("2016-03-08"), _of(datetime(2016, 3, 8, tzinfo=UTC))}) == 3


def test_dataclasses_count_by_name_and_by_every_field() -> None:
    """Two classes with the same fields are two things."""
    found = [_of(item) for item in (Normal(1.0, 2.5), Normal(2.5, 1.0), Normal(1.0, 2.0), _Range(1.0, 2.5))]
    assert len(set(found)) == 4
    assert _of(Normal(1.0, 2.5)) == found[0]


def test_an_enumerated_word_is_its_text() -> None:
    """A kind read from a file and the kind in code are one."""
    assert _of(Kind.COUNT) == _of("count")


_ARRAY = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "other",
    [
        _ARRAY.astype(np.float32),
        _ARRAY.astype(np.int64),
        _ARRAY.reshape(4, 3),
        _ARRAY.reshape(12),
        _ARRAY.reshape(3, 4, 1),
        _ARRAY.T,
        _ARRAY[::-1],
        _ARRAY[:, :3],
        np.where(_ARRAY == 7, np.nextafter(7.0, 8.0), _ARRAY),
        np.where(_ARRAY == 7, np.inf, _ARRAY),
        np.where(_ARRAY == 0, -0.0, _ARRAY),
        _ARRAY.tolist(),
    ],
)
def test_an_array_counts_by_kind_shape_and_every_value(other: object) -> None:
    """Each of these differs from the array in one of them."""
    assert _of(other) != _of(_ARRAY)


def test_how_an_array_lies_in_memory_does_not_matter() -> None:
    """A view with gaps, the other storage order and the other byte order hold the same numbers."""
    wide = np.zeros((3, 8))
    wide[:, ::2] = _ARRAY
    view = wide[:, ::2]
    assert not view.flags.c_contiguous
    assert _of(view) == _of(_ARRAY)
    assert _of(np.asfortranarray(_ARRAY)) == _of(_ARRAY)
    assert _of(_ARRAY.astype(">f8")) == _of(_ARRAY)
    assert _of(_ARRAY.copy()) == _of(_ARRAY)


def test_arrays_without_values_still_have_a_kind_and_a_shape() -> None:
    """No evidence of one kind is not no evidence of another."""
    empty = [np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(0, dtype=np.int64), []]
    assert len({_of(item) for item in empty}) == len(empty)
    assert _of(np.array(2.5)) != _of(np.array([2.5]))


@pytest.mark.parametrize("values", [np.array([True, False]), np.array([1, 2], dtype=np.uint8), np.array([-np.inf])])
def test_arrays_of_booleans_numbers_and_infinities_are_accepted(values: np.ndarray) -> None:
    """An edge that is never reached is an infinity in the design."""
    assert len(_of(values)) == 64


_REFUSED: dict[str, Callable[[], object]] = {
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: float("-inf"),
    "set": lambda: {1, 2},
    "frozen set": lambda: frozenset({1}),
    "bytes": lambda: b"abc",
    "function": lambda: len,
    "class": lambda: Normal,
    "generator": lambda: (number for number in (1, 2)),
    "complex": lambda: 1 + 2j,
    "plain object": object,
    "naive instant": lambda: datetime(2016, 3, 8),  # noqa: DTZ001 - the point
    "time of day": lambda: time(12),
    "duration": lambda: timedelta(days=1),
    "NumPy float": lambda: np.float64(1.5),
    "NumPy single": lambda: np.float32(1.5),
    "NumPy integer": lambda: np.int64(3),
    "NumPy boolean": lambda: np.bool_(True),  # noqa: FBT003 - the point
    "array of objects": lambda: np.array([1, "a"], dtype=object),
    "array of text": lambda: np.array(["a", "b"]),
    "array of dates": lambda: np.array(["2016-03-08"], dtype="datetime64[D]"),
    "array of complex": lambda: np.array([1j]),
    "array with nan": lambda: np.array([1.0, np.nan]),
    "key that is a number": lambda: {1: "a"},
    "key that is none": lambda: {"b": 1, None: 2},
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_has_no_canonical_form_is_refused_with_its_place(name: str) -> None:
    """At the top, in a list and in a list in a mapping; the sound values beside it are not accused."""
    make = _REFUSED[name]
    for recipe, place in (
        ({"x": 1, "a": make()}, "recipe.a"),
        ({"a": [1, 2, make(), 4]}, "recipe.a[2]"),
        ({"a": {"b": [[0], [1.5, make()]]}}, "recipe.a.b[1][1]"),
    ):
        with pytest.raises(UnserializableRecipeError) as refused:
            fingerprint(recipe)
        assert refused.value.path == place
        assert str(refused.value).startswith(f"{place} is ")


def test_a_bad_field_of_a_dataclass_is_named_by_its_place() -> None:
    """A prior without a number is found where it stands."""
    with pytest.raises(UnserializableRecipeError) as refused:
        fingerprint({"priors": [Normal(0.0, 1.0), Normal(float("nan"), 1.0)]})
    assert refused.value.path == "recipe.priors[1].mean"


def test_a_fingerprint_is_a_sha256_in_hexadecimal_that_does_not_drift() -> None:
    """Stored fits are found by it: the digest of this text with sorted keys stays what it is."""
    canonical = '{"map":{"model":"zaghouan–é","parts":[null,true,2],"seed":20160308}}'.encode()
    recipe = {"seed": 20160308, "parts": [None, True, 2], "model": "zaghouan–é"}
    assert fingerprint(recipe) == hashlib.sha256(canonical).hexdigest()
