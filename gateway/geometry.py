"""Areas on the ground: checked, made smaller, written as one short text, asked what lies in them. Pure.

A point is (longitude, latitude) in millionths of a degree (11 cm), whole numbers, so that every test here is exact. A ring is
closed; a polygon is its outer ring and its holes; an area is its polygons.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

Point = tuple[int, int]
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
Area = tuple[Polygon, ...]

MICRO = 1_000_000
METRES = 0.110574  # of one millionth of a degree of latitude, along a meridian
LEAST_HECTARES = 0.01


def micro(degrees: float) -> int:
    return round(degrees * MICRO)


def degrees(point: Point) -> tuple[float, float]:
    return point[0] / MICRO, point[1] / MICRO


def cleaned(points: Sequence[Point]) -> Ring:
    """A closed ring without repeated points and without spikes (out and back over the same line: no area)."""
    kept: list[Point] = []
    for point in points[:-1] if len(points) > 1 and points[0] == points[-1] else points:
        while kept and (kept[-1] == point or (len(kept) > 1 and _is_spike(kept[-2], kept[-1], point))):
            kept.pop()
        kept.append(point)
    while len(kept) > 2 and (kept[0] == kept[-1] or _is_spike(kept[-2], kept[-1], kept[0])):
        kept.pop()
    while len(kept) > 2 and _is_spike(kept[-1], kept[0], kept[1]):
        kept.pop(0)
    return (*kept, kept[0]) if kept else ()


def crossing(polygon: Polygon) -> Point | None:
    """Where the rings of a polygon cross or run over each other or themselves; touching in a point is no fault."""
    lines = sorted((min(a, b), max(a, b)) for ring in polygon for a, b in zip(ring, ring[1:], strict=False))
    active: list[tuple[Point, Point]] = []
    for left, right in lines:
        active = [line for line in active if line[1][0] >= left[0]]
        low, high = min(left[1], right[1]), max(left[1], right[1])
        for a, b in active:
            if (a[1] >= low or b[1] >= low) and (a[1] <= high or b[1] <= high) and _cross(a, b, left, right):
                return _meeting(a, b, left, right)
        active.append((left, right))
    return None


def hectares(area: Area) -> float:
    """The size of an area, holes taken off; right to a few per mille at the size of a city."""
    return sum(abs(_signed(polygon[0])) - sum(abs(_signed(hole)) for hole in polygon[1:]) for polygon in area) / 10_000


def contains(area: Area, point: Point) -> bool:
    """Whether a point lies in an area (on its edge: either answer)."""
    inside = False
    x, y = point
    for polygon in area:
        for ring in polygon:
            for (ax, ay), (bx, by) in zip(ring, ring[1:], strict=False):
                if (ay > y) != (by > y) and (x - ax) * (by - ay) * (1 if by > ay else -1) < (bx - ax) * (y - ay) * (1 if by > ay else -1):
                    inside = not inside
    return inside


def inner_point(area: Area) -> Point:
    """A point that lies in the area, near its middle: where its name would be written."""
    polygon = max(area, key=lambda p: abs(_signed(p[0])))
    middle = _centroid(polygon[0])
    if contains((polygon,), middle):
        return middle
    low, high = min(y for _, y in polygon[0]), max(y for _, y in polygon[0])
    widest, found = -1, middle
    for step in range(1, 16):
        y = low + (high - low) * step // 16
        meets = sorted(_crossed_at(polygon, y))
        for left, right in zip(meets[::2], meets[1::2], strict=False):
            if right - left > widest:
                widest, found = right - left, ((left + right) // 2, y)
    return found


def simplified(area: Area, metres: float) -> Area:
    """The area with as few points as keep every edge within so many metres of where it was, and no ring crossing itself."""
    return tuple(_simplified(polygon, metres) for polygon in area)


def digest(area: Area) -> str:
    """Names an area by its points, wherever its rings start and whichever way they run."""
    rings = sorted(sorted(_turned(ring) for ring in polygon) for polygon in area)
    return hashlib.sha256(repr(rings).encode()).hexdigest()[:32]


def encoded(area: Area) -> str:
    """One text for an area: each ring as an encoded polyline of six decimals, rings apart by spaces, polygons by semicolons."""
    return ";".join(" ".join(_encoded_ring(ring) for ring in polygon) for polygon in area)


def decoded(text: str) -> Area:
    """The area that `encoded` wrote."""
    return tuple(tuple(_decoded_ring(ring) for ring in polygon.split(" ")) for polygon in text.split(";"))


def as_geojson(area: Area) -> dict[str, object]:
    """The geometry as GeoJSON has it: `{"type": "MultiPolygon", "coordinates": [[[[lon, lat], ...]]]}`."""
    return {"type": "MultiPolygon",
            "coordinates": [[[list(degrees(point)) for point in ring] for ring in polygon] for polygon in area]}


# ------------------------------------------------------------------------------------------------------------ lines

def _turn(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_spike(a: Point, b: Point, c: Point) -> bool:
    return _turn(a, b, c) == 0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    one, two = _turn(a, b, c), _turn(a, b, d)
    if one == two == 0:  # on one line: sorted ends, so they overlap when the later start comes before the earlier end
        return max(a, c) < min(b, d)
    three, four = _turn(c, d, a), _turn(c, d, b)
    return (one > 0 > two or one < 0 < two) and (three > 0 > four or three < 0 < four)


def _meeting(a: Point, b: Point, c: Point, d: Point) -> Point:
    one, two = _turn(c, d, a), _turn(c, d, b)
    if one == two:
        return max(a, c)
    part = one / (one - two)
    return round(a[0] + part * (b[0] - a[0])), round(a[1] + part * (b[1] - a[1]))


def _crossed_at(polygon: Polygon, y: int) -> Iterator[int]:
    for ring in polygon:
        for (ax, ay), (bx, by) in zip(ring, ring[1:], strict=False):
            if (ay > y) != (by > y):
                yield ax + (bx - ax) * (y - ay) // (by - ay)


# ------------------------------------------------------------------------------------------------------------ rings

def _signed(ring: Ring) -> float:
    """Square metres, positive when it runs against the clock."""
    x0, y0 = ring[0]
    twice = sum((ax - x0) * (by - y0) - (bx - x0) * (ay - y0) for (ax, ay), (bx, by) in zip(ring, ring[1:], strict=False))
    return twice / 2 * METRES * METRES * _squeeze(ring) * 1.0067  # a degree of longitude is that much longer at the equator


def _squeeze(ring: Ring) -> float:
    return math.cos(math.radians(ring[0][1] / MICRO))


def _centroid(ring: Ring) -> Point:
    x0, y0 = ring[0]
    twice = sum_x = sum_y = 0
    for (ax, ay), (bx, by) in zip(ring, ring[1:], strict=False):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        twice += cross
        sum_x += (ax + bx - 2 * x0) * cross
        sum_y += (ay + by - 2 * y0) * cross
    return (x0 + round(sum_x / (3 * twice)), y0 + round(sum_y / (3 * twice))) if twice else (x0, y0)


def _turned(ring: Ring) -> Ring:
    start = ring.index(min(ring[:-1]))
    turned = (*ring[start:-1], *ring[:start])
    return min(turned, (turned[0], *reversed(turned[1:])))


def _simplified(polygon: Polygon, metres: float) -> Polygon:
    while metres > 0.2:
        smaller = tuple(_fewer(ring, metres) for ring in polygon)
        if all(len(ring) > 3 for ring in smaller) and crossing(smaller) is None:
            return smaller
        metres /= 2
    return polygon


def _fewer(ring: Ring, metres: float) -> Ring:
    """Douglas and Peucker's way, without recursion, from the two points that lie farthest apart."""
    squeeze = _squeeze(ring)
    flat = [(x * METRES * squeeze, y * METRES) for x, y in ring]
    far = max(range(len(flat)), key=lambda n: math.dist(flat[n], flat[0]))
    keep = {0, far, len(ring) - 1}
    waiting = [(0, far), (far, len(ring) - 1)]
    while waiting:
        first, last = waiting.pop()
        (ax, ay), (bx, by) = flat[first], flat[last]
        along_x, along_y = bx - ax, by - ay
        length = along_x * along_x + along_y * along_y or 1.0
        worst, at = 0.0, first
        for n in range(first + 1, last):
            x, y = flat[n]
            part = min(1.0, max(0.0, ((x - ax) * along_x + (y - ay) * along_y) / length))  # a hook may turn back beyond the ends
            off = math.hypot(x - ax - part * along_x, y - ay - part * along_y)
            if off > worst:
                worst, at = off, n
        if worst > metres:
            keep.add(at)
            waiting += [(first, at), (at, last)]
    return tuple(ring[n] for n in sorted(keep))


def _encoded_ring(ring: Ring) -> str:
    letters: list[str] = []
    before = (0, 0)
    for point in ring:
        for now, then in zip(reversed(point), reversed(before), strict=True):  # latitude first, as the format has it
            step = now - then
            value = ~(step << 1) if step < 0 else step << 1
            while value >= 0x20:
                letters.append(chr((0x20 | (value & 0x1F)) + 63))
                value >>= 5
            letters.append(chr(value + 63))
        before = point
    return "".join(letters)


def _decoded_ring(text: str) -> Ring:
    steps: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:
            steps.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    points: list[Point] = []
    x = y = 0
    for down, along in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + along, y + down
        points.append((x, y))
    return tuple(points)
