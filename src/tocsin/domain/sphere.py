"""Distances on the earth, taken as a sphere."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

RADIUS_KM = 6371.0088
"""The earth's mean radius (IUGG); against the ellipsoid a distance is off by half a percent at most."""

type _Vector = tuple[float, float, float]


class Point(NamedTuple):
    """A place in degrees; south and west are negative."""

    latitude: float
    longitude: float


def distance_km(place: Point, line: Sequence[Point]) -> float:
    """The great-circle distance in km from a place to a line: one point, or several joined by great-circle arcs.

    To each arc from a to b with pole n = a × b, the nearest point is the foot of the perpendicular, at the angle
    asin |p · n̂|, where that foot lies between a and b; otherwise it is the nearer end. Vectors and not the haversine
    of the cross-track formula, so that arcs across the date line and near the poles need no special case.

    >>> round(distance_km(Point(1.0, 5.0), [Point(0.0, 0.0), Point(0.0, 10.0)]), 1)  # one degree of a meridian
    111.2
    """
    spot = _unit(place)
    ends = [_unit(point) for point in line]
    nearest = min(_angle(spot, end) for end in ends)
    return RADIUS_KM * min([nearest, *(_angle_to_arc(spot, start, end) for start, end in pairwise(ends))])


def _unit(point: Point) -> _Vector:
    latitude, longitude = math.radians(point.latitude), math.radians(point.longitude)
    across = math.cos(latitude)
    return across * math.cos(longitude), across * math.sin(longitude), math.sin(latitude)


def _angle_to_arc(spot: _Vector, start: _Vector, end: _Vector) -> float:
    """The angle to the foot of the perpendicular; infinite where that is not on the arc."""
    pole = _cross(start, end)
    length = math.hypot(*pole)
    if length == 0.0:
        return math.inf  # both ends are one point
    # The foot is on the arc where the spot is on the inner side of the planes through each end and the pole.
    inside = _dot(_cross(pole, start), spot) >= 0.0 and _dot(_cross(end, pole), spot) >= 0.0
    return math.asin(min(1.0, abs(_dot(spot, pole)) / length)) if inside else math.inf


def _angle(one: _Vector, other: _Vector) -> float:
    # The arc tangent is exact for small angles and for nearly opposite points, where the arc cosine is not.
    return math.atan2(math.hypot(*_cross(one, other)), _dot(one, other))


def _cross(one: _Vector, other: _Vector) -> _Vector:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def _dot(one: _Vector, other: _Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))
