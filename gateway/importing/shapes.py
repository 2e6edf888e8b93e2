"""The geometry of a row: a point or an area in whole millionths of a degree, or the line that says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway import geometry
from gateway.cities import CityPack
from gateway.geometry import Area, Point
from gateway.importing.faults import Findings
from gateway.importing.files import SourceRow
from gateway.importing.mapping import Mapping, value_of

MOST_POINTS = 20_000  # of one outline: the largest real district seen has 3,220
_EARTH = (-180.0, -90.0, 180.0, 90.0)


class Wrong(Exception):
    """What is wrong with a geometry and what to do."""

    def __init__(self, what: str, do: str = "") -> None:
        self.what, self.do = what, do
        super().__init__(what)


@dataclass(frozen=True)
class Frame:
    """The part of the earth where a city's coordinates may lie."""

    city: str
    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, city: CityPack) -> Frame:
        return cls(city.label, *(city.bounds or _EARTH))

    def point(self, lon: object, lat: object) -> Point:
        """A checked point; Wrong names the slip that was probably made."""
        if not (_is_number(lon) and _is_number(lat)):
            raise Wrong(f"its coordinates are no numbers: {str([lon, lat])[:60]}", "Export the file again")
        x, y = float(lon), float(lat)  # type: ignore[arg-type]
        if self._holds(x, y):
            return geometry.micro(x), geometry.micro(y)
        said = f"({_short(x)}, {_short(y)})"
        if abs(x) > 180 or abs(y) > 180:
            raise Wrong(f"{said} are no degrees but probably metres of a projection",
                        "Export it in WGS84 (EPSG:4326), in QGIS or with `ogr2ogr -t_srs EPSG:4326`")
        if self._holds(y, x):
            raise Wrong(f"latitude and longitude are swapped in {said}", "Swap them: GeoJSON has the longitude first")
        raise Wrong(f"{said} lies outside {self.city} ({self.west:g} to {self.east:g} east, {self.south:g} to {self.north:g} north)",
                    "Mend the coordinates, or take the row out")

    def _holds(self, x: float, y: float) -> bool:
        return self.west <= x <= self.east and self.south <= y <= self.north


def point_of(row: SourceRow, mapping: Mapping, frame: Frame) -> Point | None:
    """The point of a row's own columns, or of its geometry."""
    lat, lon = (value_of(row, column).replace(",", ".") for column in (mapping.lat, mapping.lon))
    if lat or lon:
        if not (lat and lon):
            raise Wrong(f"it has a {'latitude' if lat else 'longitude'} only", "Give both or none")
        try:
            return frame.point(float(lon), float(lat))
        except ValueError:
            raise Wrong(f"its coordinates are no numbers: {lat[:30]!r}, {lon[:30]!r}", "Write degrees with a point: -16.4947") from None
    if row.geometry is None:
        return None
    if row.geometry.get("type") == "Point":
        return _point(row.geometry.get("coordinates"), frame)
    return geometry.inner_point(_area(row.geometry, frame, Findings(), row.where))


def area_of(row: SourceRow, frame: Frame, findings: Findings) -> Area:
    """The outline of a row; parts without any area are left out and said."""
    if row.geometry is None:
        raise Wrong("it has no geometry", "Draw it, or take it out")
    return _area(row.geometry, frame, findings, row.where)


def _area(given: dict[str, Any], frame: Frame, findings: Findings, where: str) -> Area:
    kind, parts = given.get("type"), given.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise Wrong(f"its geometry is a {str(kind)[:30]}, not an area", "Draw it as a polygon")
    polygons = [parts] if kind == "Polygon" else parts
    if not isinstance(polygons, list) or not polygons or not all(isinstance(p, list) and p for p in polygons):
        raise Wrong("its area has no rings", "Draw it again")
    if (points := sum(len(ring) for polygon in polygons for ring in polygon if isinstance(ring, list))) > MOST_POINTS:
        raise Wrong(f"its outline has {points} points, and {MOST_POINTS} are the most that is read", "Simplify it to a few metres")
    kept = []
    for polygon in polygons:
        rings = [_ring(ring, frame) for ring in polygon]
        whole = tuple(ring for ring in rings if len(ring) > 3)
        if len(rings[0]) > 3:
            if (at := geometry.crossing(whole)) is not None:
                x, y = geometry.degrees(at)
                raise Wrong(f"its outline crosses itself at ({_short(x)}, {_short(y)})", "Redraw it there (QGIS: Vector, Check validity)")
            if geometry.hectares((whole,)) >= geometry.LEAST_HECTARES:
                kept.append(whole)
    if not kept:
        raise Wrong("its area is nothing (less than 100 square metres)", "Draw it again")
    if len(kept) < len(polygons):
        findings.note(where, f"{len(polygons) - len(kept)} of its {len(polygons)} parts have no area and were left out")
    return tuple(kept)


def _ring(given: object, frame: Frame) -> geometry.Ring:
    if not isinstance(given, list) or len(given) < 4:
        raise Wrong(f"a ring has {len(given) if isinstance(given, list) else 'no'} points and needs four at least", "Draw it again")
    points = [_point(point, frame) for point in given]
    if points[0] != points[-1]:
        raise Wrong("a ring is not closed: its last point is not its first", "Repeat the first point at its end")
    return geometry.cleaned(points)


def _point(given: object, frame: Frame) -> Point:
    if not isinstance(given, list) or len(given) < 2:
        raise Wrong(f"a point is no pair of coordinates: {str(given)[:40]}", "Export the file again")
    return frame.point(given[0], given[1])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e12 < value < 1e12


def _short(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
