"""A map of an area from what this node holds: boundaries that were imported, else a circle where the list of places says it lies. Pure.

A place with a boundary is drawn with it; one that only has a point is schematic, and one that has neither stands below as a square.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.geometry import MICRO, Area, Point, inner_point

WIDTH, MARGIN, RADIUS, STEP = 600.0, 34.0, 20.0, 50.0  # on a phone of 360 px a number is 12 px high
FLATTEST, TALLEST = 0.5, 1.4  # height of the drawing by its width


@dataclass(frozen=True, slots=True)
class Place:
    """A place to draw: what waits there, and where it is, as far as anybody said."""

    code: str
    waits: int = 0
    urgent: bool = False
    point: Point | None = None
    area: Area | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered sign on the map; `square` where nobody said where the place is."""

    code: str
    number: int
    x: float
    y: float
    waits: int
    urgent: bool
    schematic: bool
    square: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a page prints as SVG: outlines as paths, marks with their numbers."""

    width: float
    height: float
    outlines: tuple[str, ...]
    marks: tuple[Mark, ...]

    @property
    def schematic(self) -> int:
        return sum(mark.schematic and not mark.square for mark in self.marks)

    @property
    def nowhere(self) -> int:
        return sum(mark.square for mark in self.marks)

    @property
    def numbers(self) -> Mapping[str, int]:
        return {mark.code: mark.number for mark in self.marks}


def draw(places: Sequence[Place]) -> Drawing:
    """The places from north to south, numbered as one reads; those nobody located last."""
    located = [(place, inner_point(place.area) if place.area else place.point) for place in places]
    there = [(place, point) for place, point in located if point is not None]
    corners = [point for _, point in there]
    corners += [point for place, _ in there for polygon in place.area or () for ring in polygon for point in ring]
    flat = _Flat.of(corners)
    height = flat.height if corners else 0.0
    marks = []
    for number, (place, point) in enumerate(sorted(there, key=lambda pair: (-pair[1][1], pair[1][0], pair[0].code)), 1):
        x, y = flat.at(point)
        marks.append(Mark(place.code, number, round(x, 1), round(y, 1), place.waits, place.urgent, place.area is None))
    per_row = int((WIDTH - 2 * MARGIN) // STEP) + 1
    for n, place in enumerate(sorted((place for place, point in located if point is None), key=lambda place: place.code)):
        x, y = MARGIN + STEP * (n % per_row), height + MARGIN + STEP * (n // per_row)
        marks.append(Mark(place.code, len(there) + n + 1, x, y, place.waits, place.urgent, True, True))
    nowhere = len(places) - len(there)
    height += STEP * math.ceil(nowhere / per_row) + (MARGIN if nowhere else 0)
    height = round(max(height, 2 * MARGIN), 1)
    return Drawing(WIDTH, height, tuple(flat.path(place.area) for place, _ in there if place.area), tuple(_apart(marks, height)))


@dataclass(frozen=True, slots=True)
class _Flat:
    """Degrees on paper: a degree of longitude is shorter the farther one is from the equator."""

    west: float
    north: float
    scale: float
    squeeze: float
    left: float
    height: float

    @classmethod
    def of(cls, points: Sequence[Point]) -> _Flat:
        if not points:
            return cls(0, 0, 0, 1, MARGIN, 0)
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        squeeze = math.cos(math.radians((south + north) / 2 / MICRO))
        across, down = max((east - west) * squeeze, 1.0), max(float(north - south), 1.0)
        inside = WIDTH - 2 * MARGIN
        scale = min(inside / across, inside * TALLEST / down)
        height = min(max(down * scale, inside * FLATTEST), inside * TALLEST) + 2 * MARGIN
        return cls(west, north + (height - 2 * MARGIN - down * scale) / scale / 2, scale, squeeze,
                   MARGIN + (inside - across * scale) / 2, height)

    def at(self, point: Point) -> tuple[float, float]:
        return self.left + (point[0] - self.west) * self.squeeze * self.scale, MARGIN + (self.north - point[1]) * self.scale

    def path(self, area: Area) -> str:
        rings = (" L".join(f"{x:.1f} {y:.1f}" for x, y in map(self.at, ring[:-1])) for polygon in area for ring in polygon)
        return " ".join(f"M{ring}Z" for ring in rings)


def _apart(marks: Sequence[Mark], height: float) -> list[Mark]:
    """Signs that would cover each other are moved sideways and down, a little at a time, and never off the paper."""
    placed: list[Mark] = []
    for mark in marks:
        x, y = mark.x, mark.y
        for step in range(1, 40):
            if all(math.hypot(x - other.x, y - other.y) >= 2 * RADIUS for other in placed):
                break
            turn, away = step * 2.4, RADIUS * 0.6 * math.sqrt(step)  # outwards in a spiral
            x = min(max(mark.x + away * math.cos(turn), RADIUS), WIDTH - RADIUS)
            y = min(max(mark.y + away * math.sin(turn), RADIUS), height - RADIUS)
        placed.append(Mark(mark.code, mark.number, round(x, 1), round(y, 1), mark.waits, mark.urgent, mark.schematic, mark.square))
    return placed
