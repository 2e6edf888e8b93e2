"""What a file may look like from outside: encodings, delimiters, broken ends, sizes; each oddity is said in a line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.errors import Problem
from gateway.importing import files
from gateway.importing.faults import Findings
from tests.importing.drawing import area, feature, save, square, table, units

ROWS = [("name", "parent"), ("Ñuñoa Alta", "S1700"), ("Las Peñas", "S1700")]
MAP = units(feature(area(square(-68.1, -16.5)), name="Ñuñoa"))


def read(folder: Path, name: str, text: str | bytes) -> tuple[files.Source, Findings]:
    findings = Findings()
    return files.read(save(folder, name, text), findings), findings


@pytest.mark.parametrize(("label", "raw", "said"), [
    ("UTF-8", table(*ROWS).encode(), None),
    ("UTF-8 with a byte order mark, as spreadsheets write it", b"\xef\xbb\xbf" + table(*ROWS).encode(), None),
    ("UTF-16, as spreadsheets call Unicode", table(*ROWS, delimiter="\t").encode("utf-16"), "UTF-16"),
    ("Latin-1 is read and said", table(*ROWS).encode("cp1252"), "line 2 is not UTF-8, so the file was read as Latin-1"),
    ("semicolons", table(*ROWS, delimiter=";").encode(), None),
    ("tabs", table(*ROWS, delimiter="\t").encode(), None),
    ("lines of Windows", table(*ROWS).replace("\n", "\r\n").encode(), None),
    ("empty lines in between", table(ROWS[0], ("", ""), *ROWS[1:]).encode(), None),
    ("empty lines before", b"\n\r\n" + table(*ROWS).encode(), None)])
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, label: str, raw: bytes, said: str | None) -> None:
    source, findings = read(tmp_path, "places.csv", raw)
    assert [row.cells for row in source.rows] == [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    assert not findings.broken
    assert not findings.refused
    assert [str(line) for line in findings.lines if said not in str(line)] == [] if said else not findings.lines


@pytest.mark.parametrize(("label", "name", "text", "where", "what"), [
    ("a line with too many cells", "p.csv", "name,parent\nA,B\nC,D,E\n", "p.csv line 3", "it has 3 cells and the first line has 2"),
    ("a line with too few cells", "p.csv", "name,parent\nA\n", "p.csv line 2", "it has 1 cells and the first line has 2"),
    ("a line is counted as editors count, past quoted line ends", "p.csv", 'name,parent\n"A\nB",C\nD\n', "p.csv line 4", "it has 1 cells"),
    ("a quote that never ends", "p.csv", 'name\n"A\nB\n', "p.csv line", "it is not CSV"),
    ("two columns of one name", "p.csv", "name,name\nA,B\n", "p.csv line 1", "two columns are called 'name'"),
    ("a first line and nothing else", "p.csv", "name,parent\n", "p.csv", "it has a first line and no rows"),
    ("a map cut off in the middle", "m.geojson", MAP[:-20], "m.geojson line 1", "it is not JSON"),
    ("JSON, but no map", "m.geojson", '{"places": []}', "m.geojson", "it is no GeoJSON, not a FeatureCollection"),
    ("a list of numbers", "m.json", "[1, 2]", "m.json", "it is no GeoJSON"),
    ("TopoJSON", "m.json", '{"type": "Topology", "arcs": []}', "m.json", "it is TopoJSON"),
    ("a bare geometry", "m.geojson", json.dumps(area(square(-68.1, -16.5))), "m.geojson", "it is a Polygon, not a FeatureCollection"),
    ("a map without features", "m.geojson", units(), "m.geojson", "it has no features"),
    ("a feature that is none", "m.geojson", '{"type": "FeatureCollection", "features": [7]}', "m.geojson feature 1", "it is no Feature"),
    ("brackets without end", "m.geojson", "[" * 100_000, "m.geojson", "it is not JSON"),
    ("a number of ten thousand digits", "m.geojson", '{"type": ' + "9" * 10_000 + "}", "m.geojson", "it is not JSON"),
    ("coordinates in UTM, as the file says", "m.geojson", units(feature(None, name="A"), crs={
        "type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32719"}}), "m.geojson",
     "its coordinates are in urn:ogc:def:crs:EPSG::32719"),
    ("a reference system without a name", "m.geojson", units(feature(None, name="A"), crs={"type": "link"}), "m.geojson",
     "its coordinates are in a reference system it does not name")])
def test_what_is_wrong_with_a_file_is_said_where_it_is(tmp_path: Path, label: str, name: str, text: str, where: str, what: str) -> None:
    _, findings = read(tmp_path, name, text)
    assert len(findings.lines) == 1
    line = findings.lines[0]
    assert line.where.startswith(where)
    assert line.what.startswith(what)
    assert line.do
    assert findings.broken or findings.refused == {line.where}


@pytest.mark.parametrize("crs", [None, "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_the_names_of_wgs84_are_known(tmp_path: Path, crs: str | None) -> None:
    more = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    source, findings = read(tmp_path, "m.geojson", units(feature(area(square(-68.1, -16.5)), name="A", district=4.0, none=None), **more))
    assert not findings.lines
    assert source.rows[0].cells == {"name": "A", "district": "4", "none": ""}


@pytest.mark.parametrize(("label", "name", "raw", "reason"), [
    ("an empty file", "p.csv", b"", "it is empty"),
    ("a file of blanks", "p.csv", b" \n \n", "it is empty"),
    ("a picture", "p.csv", bytes(range(256)) * 20, "it holds no text"),
    ("a shapefile", "p.shp", b"x", "it is a shapefile; save it as GeoJSON in WGS84"),
    ("a spreadsheet", "p.xlsx", b"x", "it is a spreadsheet; save it as CSV")])
def test_what_is_no_file_of_rows_is_refused_in_one_line(tmp_path: Path, label: str, name: str, raw: bytes, reason: str) -> None:
    with pytest.raises(Problem) as fault:
        read(tmp_path, name, raw)
    assert fault.value.code == "import.unreadable"
    assert reason in str(fault.value)


def test_a_hundred_megabytes_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.geojson"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 100 * 1024 * 1024)  # a hole: no byte of it lies on the disk
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the file was opened"))
    with pytest.raises(Problem) as fault:
        files.read(path, Findings())
    assert "it has 100 MB and at most 20 MB are read" in str(fault.value)


def test_a_file_that_is_not_there_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(Problem) as fault:
            files.read(path, Findings())
        assert fault.value.code == "import.unreadable"


def test_more_rows_than_a_city_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    for name, text in (("p.csv", "name\nA\nB\nC\n"), ("m.geojson", units(*[feature(None, name=n) for n in "ABC"]))):
        _, findings = read(tmp_path, name, text)
        assert findings.broken
        assert "more than 2" in findings.lines[0].what
