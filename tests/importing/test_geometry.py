"""Areas: checked to the last digit, made smaller without harm, the same after a journey through one line of text."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from gateway import geometry
from gateway.geometry import Area, Point, Ring

SQUARE: Ring = ((0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0))
HOLE: Ring = ((200, 200), (200, 800), (800, 800), (800, 200), (200, 200))


def wobbly(seed: int, points: int = 400, size: int = 20_000) -> Ring:
    """A coast: round, with bays of all sizes, never crossing itself."""
    rng = random.Random(seed)
    radius = [size * (1 + 0.2 * math.sin(3 * n / points * math.tau + seed) + rng.uniform(0, 0.02)) for n in range(points)]
    ring = tuple((-68_100_000 + round(radius[n] * math.cos(n / points * math.tau)),
                  -16_500_000 + round(radius[n] * math.sin(n / points * math.tau))) for n in range(points))
    return (*ring, ring[0])


@pytest.mark.parametrize(("label", "rings", "crosses"), [
    ("a square is sound", [SQUARE], False),
    ("a square with a hole is sound", [SQUARE, HOLE], False),
    ("a bow tie crosses itself", [((0, 0), (1000, 1000), (1000, 0), (0, 1000), (0, 0))], True),
    ("a hole that sticks out crosses the outline", [SQUARE, ((500, 500), (1500, 500), (1500, 700), (500, 700), (500, 500))], True),
    ("a ring that runs back over its own line", [((0, 0), (1000, 0), (1000, 500), (800, 0), (200, 0), (0, 500), (0, 0))], True),
    ("a ring that touches itself in a point is sound",
     [((0, 0), (500, 500), (1000, 0), (1000, 1000), (500, 500), (0, 1000), (0, 0))], False),
    ("a coast of four hundred points is sound", [wobbly(1)], False)])
def test_a_ring_that_crosses_itself_is_found(label: str, rings: list[Ring], crosses: bool) -> None:
    assert (geometry.crossing(tuple(rings)) is not None) is crosses


def test_the_crossing_is_said_where_it_is() -> None:
    assert geometry.crossing((((0, 0), (1000, 1000), (1000, 0), (0, 1000), (0, 0)),)) == (500, 500)


def test_the_sweep_finds_what_comparing_every_pair_finds() -> None:
    rng = random.Random(4)
    told = set()
    for seed in range(60):
        ring = list(wobbly(seed, points=60))
        if seed % 2:
            n = rng.randrange(1, 50)
            ring[n], ring[n + 6] = ring[n + 6], ring[n]
        lines = list(zip(ring, ring[1:], strict=False))
        slow = any(_proper(*one, *other) for n, one in enumerate(lines) for other in lines[n + 1:])
        assert (geometry.crossing((tuple(ring),)) is not None) is slow
        told.add(slow)
    assert told == {True, False}


def test_one_slip_among_thousands_of_lines_is_found() -> None:
    ring = list(wobbly(2, points=4000))
    assert geometry.crossing((tuple(ring),)) is None
    ring[100], ring[900] = ring[900], ring[100]
    assert geometry.crossing((tuple(ring),)) is not None


@pytest.mark.parametrize(("label", "points", "kept"), [
    ("repeated points go", [(0, 0), (0, 0), (9, 0), (9, 9), (9, 9), (0, 0)], ((0, 0), (9, 0), (9, 9), (0, 0))),
    ("a spike out and back goes", [(0, 0), (9, 0), (20, 0), (9, 0), (9, 9), (0, 0)], ((0, 0), (9, 0), (9, 9), (0, 0))),
    ("a spike at the start goes", [(0, 0), (9, 0), (9, 9), (0, 0), (-5, 0), (0, 0)], ((9, 0), (9, 9), (0, 0), (9, 0))),
    ("a line there and back is nothing", [(0, 0), (9, 0), (0, 0)], ((0, 0), (0, 0)))])
def test_what_has_no_area_is_cleaned_away(label: str, points: list[Point], kept: Ring) -> None:
    cleaned = geometry.cleaned(points)
    assert len(cleaned) < 4 if len(kept) < 4 else set(cleaned) == set(kept)


def test_a_hectare_is_a_hectare_at_the_latitude_of_the_city() -> None:
    lat = -16.5
    east, north = 100 / (111_320 * math.cos(math.radians(lat))), 100 / 110_574
    ring = tuple((geometry.micro(-68.1 + x * east), geometry.micro(lat + y * north)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)))
    assert geometry.hectares(((ring,),)) == pytest.approx(1, rel=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_a_simpler_outline_stays_within_its_metres_and_never_crosses(seed: int) -> None:
    whole: Area = ((wobbly(seed),),)
    simple = geometry.simplified(whole, 20.0)
    assert len(simple[0][0]) < len(whole[0][0]) / 2
    assert geometry.crossing(simple[0]) is None
    assert geometry.hectares(simple) == pytest.approx(geometry.hectares(whole), rel=0.02)
    squeeze = math.cos(math.radians(16.5))
    for point in whole[0][0]:
        assert min(_metres(point, a, b, squeeze) for a, b in zip(simple[0][0], simple[0][0][1:], strict=False)) <= 20.1


def test_a_sliver_that_would_fold_over_keeps_its_points() -> None:
    """Two edges closer than the tolerance: a careless simplification lets them cross."""
    teeth = [(n * 40, 30 if n % 2 else 0) for n in range(60)]
    ring = (*teeth, *((x, y + 12) for x, y in reversed(teeth)), teeth[0])
    assert geometry.crossing((ring,)) is None
    assert geometry.crossing(geometry.simplified(((ring,),), 3.0)[0]) is None


@pytest.mark.parametrize("seed", range(5))
def test_an_area_survives_its_line_of_text(seed: int) -> None:
    rng = random.Random(seed)
    whole: Area = tuple((wobbly(seed + n), *((tuple((x + rng.randrange(9), y) for x, y in HOLE[:-1]),) * n)) for n in range(3))
    whole = tuple(tuple((*ring, ring[0]) if ring[0] != ring[-1] else ring for ring in polygon) for polygon in whole)
    text = geometry.encoded(whole)
    assert geometry.decoded(text) == whole
    assert text.isascii()
    assert "\n" not in text


def test_the_encoding_is_the_published_one() -> None:
    """The example of the format's own page, with six decimals instead of five: any map library reads it."""
    assert geometry.encoded((((((-120_200_000, 38_500_000)), (-120_950_000, 40_700_000), (-126_453_000, 43_252_000)),),)) == \
        "_izlhA~rlgdF_{geC~ywl@_kwzCn`{nI"


def test_a_digest_names_the_outline_not_how_it_was_written() -> None:
    turned = (*SQUARE[2:-1], *SQUARE[:3])
    assert geometry.digest(((SQUARE,),)) == geometry.digest(((turned,),)) == geometry.digest(((tuple(reversed(SQUARE)),),))
    assert geometry.digest(((SQUARE,),)) != geometry.digest((((*SQUARE[:3], (1, 1000), SQUARE[0]),),))


@pytest.mark.parametrize(("label", "area"), [
    ("a square", ((SQUARE,),)), ("a square with a hole in its middle", ((SQUARE, HOLE),)),
    ("a horseshoe whose middle is outside", ((((0, 0), (900, 0), (900, 900), (600, 900), (600, 200), (300, 200), (300, 900), (0, 900),
                                               (0, 0)),),)),
    ("two islands", ((SQUARE,), (tuple((x + 5000, y) for x, y in SQUARE),)))])
def test_the_point_of_the_name_lies_inside(label: str, area: Area) -> None:
    assert geometry.contains(area, geometry.inner_point(area))


def test_inside_is_told_from_outside() -> None:
    assert geometry.contains(((SQUARE, HOLE),), (100, 100))
    assert not geometry.contains(((SQUARE, HOLE),), (500, 500))
    assert not geometry.contains(((SQUARE, HOLE),), (1100, 500))


def _proper(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two lines cross inside both, by solving for the meeting point in exact fractions."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = a, b, c, d
    det = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if det == 0:
        return False
    t = Fraction((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx), det)
    u = Fraction((cx - ax) * (by - ay) - (cy - ay) * (bx - ax), det)
    return 0 < t < 1 and 0 < u < 1


def _metres(p: Point, a: Point, b: Point, squeeze: float) -> float:
    (px, py), (ax, ay), (bx, by) = ((x * geometry.METRES * squeeze, y * geometry.METRES) for x, y in (p, a, b))
    length = (bx - ax) ** 2 + (by - ay) ** 2
    t = max(0.0, min(1.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) if length else 0.0
    return math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay))
