"""The map of an area: north is up, nothing covers anything, and what is schematic says so."""

from __future__ import annotations

import math

import pytest

from dashboards.areamap import RADIUS, WIDTH, Place, draw

NORTH, SOUTH, EAST = (-68_120_000, -16_480_000), (-68_120_000, -16_520_000), (-68_080_000, -16_500_000)
SQUARE = (((-68_120_000, -16_500_000), (-68_110_000, -16_500_000), (-68_110_000, -16_490_000), (-68_120_000, -16_490_000),
           (-68_120_000, -16_500_000)),)


def test_north_is_up_and_east_to_the_right() -> None:
    north, east, south = draw([Place("S", point=SOUTH), Place("E", point=EAST), Place("N", point=NORTH)]).marks
    assert [north.code, east.code, south.code] == ["N", "E", "S"], "numbered as one reads"
    assert north.y < east.y < south.y
    assert north.x == south.x < east.x


@pytest.mark.parametrize(("label", "place", "schematic", "nowhere", "outlines"), [
    ("with a boundary", Place("A", area=(SQUARE,)), 0, 0, 1),
    ("with a point alone", Place("A", point=NORTH), 1, 0, 0),
    ("with neither", Place("A"), 0, 1, 0),
])
def test_what_is_known_of_a_place_is_drawn_and_said(label: str, place: Place, schematic: int, nowhere: int, outlines: int) -> None:
    drawing = draw([place])
    assert (drawing.schematic, drawing.nowhere, len(drawing.outlines)) == (schematic, nowhere, outlines)


@pytest.mark.parametrize("count", [0, 1, 2, 40, 80])
def test_signs_stay_on_the_paper_and_apart(count: int) -> None:
    places = [Place(f"P{n}", point=(-68_120_000 + 3_000 * (n % 7), -16_500_000 + 2_000 * (n // 7))) for n in range(count)]
    drawing = draw([*places, *(Place(f"Z{n}") for n in range(count // 4))])
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= drawing.height for mark in drawing.marks)
    gaps = [math.dist((a.x, a.y), (b.x, b.y)) for i, a in enumerate(drawing.marks) for b in drawing.marks[:i]]
    assert all(gap >= RADIUS for gap in gaps), "no number is hidden by another"
    assert sorted(drawing.numbers.values()) == list(range(1, len(drawing.marks) + 1))


def test_places_on_one_spot_are_moved_apart() -> None:
    one, other = draw([Place("A", point=NORTH), Place("B", point=NORTH)]).marks
    assert math.dist((one.x, one.y), (other.x, other.y)) >= 2 * RADIUS
