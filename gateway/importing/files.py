"""A file of the city as rows of plain cells: CSV or GeoJSON, whatever its encoding, refused before it is read when too big.

Each row knows where it stood: `places.csv line 12`, `units.geojson feature 3` (the first is 1).
"""

from __future__ import annotations

import csv
import io
import json
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import Problem
from gateway.importing.faults import Findings, listed

MOST_BYTES = 20 * 1024 * 1024  # a parsed file takes ten times its size in memory, and the box may be small
MOST_ROWS = 20_000
WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")
ELSEWHERE = {".shp": "a shapefile", ".zip": "an archive", ".kml": "KML", ".kmz": "KML", ".gpkg": "a GeoPackage", ".gml": "GML",
             ".xlsx": "a spreadsheet", ".xls": "a spreadsheet", ".ods": "a spreadsheet", ".gz": "an archive"}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line or feature: its cells as text, and its geometry as GeoJSON has it, if it has one."""

    where: str
    cells: dict[str, str]
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    rows: tuple[SourceRow, ...]
    columns: tuple[str, ...]
    is_map: bool


def read(path: Path, findings: Findings) -> Source:
    """All rows of a file; what cannot be a file of rows at all is a Problem, what is wrong inside is among the findings."""
    text = text_of(path, findings)
    if path.suffix.lower() in (".geojson", ".json") or text[:1] == "{":
        return _map(path.name, text, findings)
    return _table(path.name, text, findings)


def text_of(path: Path, findings: Findings) -> str:
    """What a file says, whatever its encoding; a Problem where it is none that holds text."""
    return _text(path, _bytes(path), findings)


def _bytes(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Problem("import.unreadable", path=path, reason="it is no file")
        if about.st_size > MOST_BYTES:
            raise Problem("import.unreadable", path=path, reason=f"it has {about.st_size / 1048576:.0f} MB and at most "
                          f"{MOST_BYTES >> 20} MB are read; simplify the outlines or cut it by district")
        if (kind := ELSEWHERE.get(path.suffix.lower())) is not None:
            raise Problem("import.unreadable", path=path, reason=f"it is {kind}; save it as " + (
                "CSV (UTF-8)" if kind == "a spreadsheet" else "GeoJSON in WGS84, in QGIS or with `ogr2ogr -t_srs EPSG:4326`"))
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)  # it may have grown meanwhile
    except OSError as fault:
        raise Problem("import.unreadable", path=path, reason=fault.strerror or "it cannot be opened") from None
    if len(raw) > MOST_BYTES:
        raise Problem("import.unreadable", path=path, reason=f"it has more than {MOST_BYTES >> 20} MB")
    if not raw.strip():
        raise Problem("import.unreadable", path=path, reason="it is empty")
    return raw


def _text(path: Path, raw: bytes, findings: Findings) -> str:
    try:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = raw.decode("utf-16")
            findings.note(path.name, "read as UTF-16, as its first bytes say")
            return text
        if b"\x00" in raw:
            raise Problem("import.unreadable", path=path, reason="it holds no text")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[:fault.start].count(b"\n") + 1
        text = raw.decode("cp1252", "replace")
        shown = text.splitlines()[line - 1].strip()[:60] if line <= len(text.splitlines()) else ""
        findings.note(path.name, f"line {line} is not UTF-8, so the file was read as Latin-1 (Windows-1252): {shown!r}",
                      "If letters look wrong there, save it as UTF-8 and give it again")
        return text


# -------------------------------------------------------------------------------------------------------------- CSV

def delimiter_of(head: str) -> str:
    """What parts the cells of a CSV, by its first line: a spreadsheet in Spanish or French writes `;`."""
    return max(",;\t|", key=head.count)


def _table(name: str, text: str, findings: Findings) -> Source:
    body = text.lstrip("\r\n")
    skipped = text[:len(text) - len(body)].count("\n")
    delimiter = delimiter_of(body.partition("\n")[0])
    rows: list[SourceRow] = []
    columns: tuple[str, ...] = ()
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
        columns = tuple(cell.strip() for cell in next(reader, []))
        if twice := [column for column, count in Counter(columns).items() if count > 1]:
            findings.refuse_all(f"{name} line 1", f"two columns are called {listed(map(repr, twice))}", "Rename one of them")
        line = reader.line_num + 1
        for cells in reader:
            where, line = f"{name} line {line + skipped}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                findings.refuse(where, f"it has {len(cells)} cells and the first line has {len(columns)}",
                                f"Put text that holds {delimiter!r} in double quotes")
                continue
            rows.append(SourceRow(where, dict(zip(columns, map(str.strip, cells), strict=True))))
            if len(rows) > MOST_ROWS:
                findings.refuse_all(name, f"it has more than {MOST_ROWS} rows", "Cut it by district")
                break
    except csv.Error as fault:
        findings.refuse_all(f"{name} line {reader.line_num}", f"it is not CSV: {fault}", "Mend the quotes there")
    if not rows and not findings.broken and not findings.refused:
        findings.refuse_all(name, "it has a first line and no rows" if columns else "it has no rows", "Export it again")
    return Source(name, tuple(rows), columns, is_map=False)


# ---------------------------------------------------------------------------------------------------------- GeoJSON

def _map(name: str, text: str, findings: Findings) -> Source:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as fault:
        findings.refuse_all(f"{name} line {fault.lineno}", f"it is not JSON: {fault.msg} at column {fault.colno}",
                            "Export it again; the file may have been cut off")
        return Source(name, (), (), is_map=True)
    except (RecursionError, ValueError):
        findings.refuse_all(name, "it is not JSON that a map would have", "Export it again")
        return Source(name, (), (), is_map=True)
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "Feature":
        found, kind = {"features": [found]}, "FeatureCollection"
    if kind != "FeatureCollection" or not isinstance(found.get("features"), list):
        said = "TopoJSON" if kind == "Topology" else f"a {kind}" if isinstance(kind, str) else "no GeoJSON"
        findings.refuse_all(name, f"it is {said[:60]}, not a FeatureCollection", "Export it as GeoJSON with its table of attributes")
        return Source(name, (), (), is_map=True)
    if (crs := _other_crs(found.get("crs"))) is not None:
        findings.refuse_all(name, f"its coordinates are in {crs[:80]}, not in WGS84",
                            "Export it in WGS84 (EPSG:4326), in QGIS or with `ogr2ogr -t_srs EPSG:4326`")
    features = found["features"]
    if not features:
        findings.refuse_all(name, "it has no features", "Export it again")
    if len(features) > MOST_ROWS:
        findings.refuse_all(name, f"it has more than {MOST_ROWS} features", "Cut it by district")
    rows = tuple(_features(name, features, findings)) if not findings.broken else ()
    return Source(name, rows, tuple(dict.fromkeys(column for row in rows for column in row.cells)), is_map=True)


def _features(name: str, features: list[Any], findings: Findings) -> Iterator[SourceRow]:
    for number, feature in enumerate(features, 1):
        where = f"{name} feature {number}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            findings.refuse(where, "it is no Feature", "Export the file again")
            continue
        about, geometry = feature.get("properties"), feature.get("geometry")
        cells = {str(key).strip(): _cell(value) for key, value in about.items()} if isinstance(about, dict) else {}
        if isinstance(feature.get("id"), str | int):
            cells.setdefault("id", _cell(feature["id"]))
        yield SourceRow(where, cells, geometry if isinstance(geometry, dict) else None)


def _cell(value: object) -> str:
    """An attribute as CSV would have it: 4.0 -> 4, null -> empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split())


def _other_crs(crs: object) -> str | None:
    """The name of a reference system that is not WGS84, as old GeoJSON files state it."""
    if crs is None:
        return None
    about = crs.get("properties") if isinstance(crs, dict) else None
    named = str(about.get("name") or about.get("href") or "") if isinstance(about, dict) else ""
    return None if named.endswith(WGS84) else named or "a reference system it does not name"
