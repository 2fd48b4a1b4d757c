"""Distances on a sphere against a search along the line that knows nothing of vectors."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.sphere import RADIUS_KM, Point, distance_km

_POINTS = st.builds(Point, st.floats(-89, 89), st.floats(-180, 180))


def _haversine_km(one: Point, other: Point) -> float:
    north = math.radians(other.latitude - one.latitude)
    east = math.radians(other.longitude - one.longitude)
    across = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    return 2 * RADIUS_KM * math.asin(math.sqrt(min(1, math.sin(north / 2) ** 2 + across * math.sin(east / 2) ** 2)))


def _between(start: Point, end: Point, share: float) -> Point:
    """A point of the great-circle arc, by the textbook's intermediate-point formula."""
    angle = _haversine_km(start, end) / RADIUS_KM
    a, b = math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(angle)
    la, oa, lb, ob = (math.radians(x) for x in (*start, *end))
    x = a * math.cos(la) * math.cos(oa) + b * math.cos(lb) * math.cos(ob)
    y = a * math.cos(la) * math.sin(oa) + b * math.cos(lb) * math.sin(ob)
    z = a * math.sin(la) + b * math.sin(lb)
    return Point(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def _searched_km(place: Point, start: Point, end: Point) -> float:
    """The least distance along an arc, by ever finer search."""
    low, high = 0.0, 1.0
    for _ in range(12):
        shares = [low + (high - low) * n / 40 for n in range(41)]
        best = min(range(41), key=lambda n: _haversine_km(place, _between(start, end, shares[n])))
        low, high = shares[max(0, best - 1)], shares[min(40, best + 1)]
    return _haversine_km(place, _between(start, end, (low + high) / 2))


@given(_POINTS, _POINTS, _POINTS)
def test_the_distance_to_an_arc_is_what_a_search_along_it_finds(place: Point, start: Point, end: Point) -> None:
    """Ends nearly equal or nearly opposite are left out: the search divides by their angle's sine.

    A meter: the search ends on an interval of 20^-12 of the arc, and the haversine loses digits near the antipode.
    """
    length = _haversine_km(start, end)
    if not 1 < length < RADIUS_KM * 3.1 or _haversine_km(place, start) > RADIUS_KM * 3.1:
        return
    assert distance_km(place, [start, end]) == pytest.approx(_searched_km(place, start, end), abs=1e-3)


@given(_POINTS, _POINTS)
def test_the_distance_to_one_point_is_the_haversine(place: Point, other: Point) -> None:
    """A line of one point; and of that point twice."""
    if _haversine_km(place, other) > RADIUS_KM * 3.1:
        return
    assert distance_km(place, [other]) == pytest.approx(_haversine_km(place, other), abs=1e-6)
    assert distance_km(place, [other, other]) == distance_km(place, [other])


@given(_POINTS, st.lists(_POINTS, min_size=2, max_size=6))
def test_a_line_is_as_near_as_its_nearest_arc_either_way_round(place: Point, line: list[Point]) -> None:
    """And never farther than any of its points."""
    whole = distance_km(place, line)
    arcs = [distance_km(place, line[n : n + 2]) for n in range(len(line) - 1)]
    assert whole == pytest.approx(min(arcs), abs=1e-9)
    assert distance_km(place, line[::-1]) == pytest.approx(whole, abs=1e-6)
    assert whole <= min(distance_km(place, [point]) for point in line) + 1e-9


def test_an_arc_across_the_date_line_is_the_short_one() -> None:
    """From 179 E to 179 W it is two degrees, not 358."""
    assert distance_km(Point(0.5, 180), [Point(0, 179), Point(0, -179)]) == pytest.approx(55.6, abs=0.1)
    assert distance_km(Point(0, 0), [Point(0, 179), Point(0, -179)]) > 19_000
