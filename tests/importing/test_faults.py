"""Every fault of a map or a table of places has its line: where, what, what to do. And one fault keeps all of the file out."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from gateway.importing import Mapping
from gateway.journal.entries import ENTRY
from gateway.node import Node
from tests.importing.conftest import Bring
from tests.importing.drawing import Ring, area, feature, square, table, units

BOW_TIE: Ring = [[-68.10, -16.50], [-68.09, -16.49], [-68.09, -16.50], [-68.10, -16.49], [-68.10, -16.50]]
GOOD = feature(area(square(-68.05, -16.52)), name="Los Molinos", lies="Distrito 17")
OPTIONS = {"parent": "lies", "level": "otb"}


def entries(node: Node) -> int:
    with node.database.reading() as c:
        return int(c.execute(select(func.count()).select_from(ENTRY)).scalar_one())


MAPS = [
    ("latitude first", area([[y, x] for x, y in square(-68.1, -16.5)]),
     "latitude and longitude are swapped in (-16.5, -68.1)", "Swap them: GeoJSON has the longitude first"),
    ("metres of a projection", area([[592_000 + x, 8_175_000 + y] for x, y in square(0, 0, 500)]),
     "(592000, 8175000) are no degrees but probably metres of a projection", "Export it in WGS84"),
    ("another city", area(square(-66.1, -17.4)), "(-66.1, -17.4) lies outside La Paz", "Mend the coordinates"),
    ("nowhere", area([[0, 0], [0, 0], [0, 0], [0, 0]]), "(0, 0) lies outside La Paz", "Mend the coordinates"),
    ("a ring left open", area(square(-68.1, -16.5)[:-1]), "a ring is not closed", "Repeat the first point at its end"),
    ("a ring of three points", area([*square(-68.1, -16.5)[:2], [-68.1, -16.5]]), "a ring has 3 points and needs four at least", "Draw"),
    ("a bow tie", area(BOW_TIE), "its outline crosses itself at (-68.095, -16.495)", "Redraw it there"),
    ("a hole that sticks out", area(square(-68.1, -16.5), square(-68.095, -16.495)), "its outline crosses itself", "Redraw it there"),
    ("a speck", area(square(-68.1, -16.5, 0.00005)), "its area is nothing", "Draw it again"),
    ("a line there and back", area([[-68.1, -16.5], [-68.09, -16.5], [-68.08, -16.5], [-68.1, -16.5]]), "its area is nothing", "Draw"),
    ("a point", {"type": "Point", "coordinates": [-68.1, -16.5]}, "its geometry is a Point, not an area", "Draw it as a polygon"),
    ("a line", {"type": "LineString", "coordinates": [[-68.1, -16.5], [-68.0, -16.5]]}, "its geometry is a LineString", "Draw it as"),
    ("a collection", {"type": "GeometryCollection", "geometries": []}, "its geometry is a GeometryCollection", "Draw it as a polygon"),
    ("no geometry", None, "it has no geometry", "Draw it, or take it out"),
    ("an area without rings", {"type": "Polygon", "coordinates": []}, "its area has no rings", "Draw it again"),
    ("coordinates as text", area([["-68.1", "-16.5"]] * 5), "its coordinates are no numbers", "Export the file again"),
    ("coordinates that are not there", area([[None, None]] * 5), "its coordinates are no numbers", "Export the file again"),
    ("a number beyond all numbers", area([[float("inf"), -16.5]] * 5), "its coordinates are no numbers", "Export the file again"),
    ("more points than a district has", area([[-68.1, -16.5]] * 20_001), "its outline has 20001 points, and 20000 are", "Simplify"),
    ("a point of one number", area([[-68.1]] * 5), "a point is no pair of coordinates", "Export the file again"),
]


@pytest.mark.parametrize(("label", "geometry", "what", "do"), MAPS, ids=[m[0] for m in MAPS])
def test_a_bad_outline_is_named_and_keeps_the_whole_file_out(bring: Bring, node: Node, label: str, geometry: object, what: str,
                                                             do: str) -> None:
    before = entries(node)
    text = units(GOOD, feature(geometry, name="La Loma", lies="Distrito 17"))  # type: ignore[arg-type]
    summary = bring("boundaries", text, **OPTIONS)
    assert (summary.new, summary.refused, summary.written) == (1, 1, False)
    refused = [line for line in summary.lines if not line.note]
    assert [line.where for line in refused] == ["units.geojson feature 2"]
    assert refused[0].what.startswith(f"La Loma: {what}")
    assert refused[0].do.startswith(do)
    assert entries(node) == before
    assert bring("boundaries", text, mapping=Mapping(**OPTIONS, skip_refused=True)).written  # type: ignore[arg-type]
    assert entries(node) == before + 2  # the good one: a place and its outline


TABLES = [
    ("no name", ("", "S1700", "", "", ""), "the name is empty"),
    ("a name encoded twice", ("PeÃ±a", "S1700", "", "", ""), "the name 'PeÃ±a' was encoded twice; it probably was 'Peña'"),
    ("a parent that is no place", ("La Loma", "Distrito 99", "", "", ""), "it should lie in 'Distrito 99', which is no place"),
    ("half a point", ("La Loma", "S1700", "-16.5", "", ""), "La Loma: it has a latitude only"),
    ("a latitude that is no number", ("La Loma", "S1700", "16°30'S", "-68.1", ""), "La Loma: its coordinates are no numbers"),
    ("a swapped point", ("La Loma", "S1700", "-68.1", "-16.5", ""), "La Loma: latitude and longitude are swapped in (-16.5, -68.1)"),
    ("a point in the ocean", ("La Loma", "S1700", "0", "0", ""), "La Loma: (0, 0) lies outside La Paz"),
    ("a code no phone could write", ("La Loma", "S1700", "", "", "06.141.01"), "'06.141.01' is no code that a resident could type"),
    ("a code of another place", ("La Loma", "S1700", "", "", "S1701"), "S1701 is Kupini here and La Loma in the file"),
    ("a letter that does not go with the district", ("La Loma", "S1700", "", "", "Z1798"), "Z1798 cannot be: district 17 goes with S"),
    ("no parent and no letters", ("La Loma", "", "", "", ""), "La Loma is new and the file does not say where it lies"),
    ("a place inside itself", ("Kupini", "S1701", "", "", "S1701"), "Kupini (S1701) would lie in itself"),
    ("a district inside its own zone", ("Distrito 17", "S1701", "", "", "S1700"), "Distrito 17 (S1700) would lie in itself"),
]


@pytest.mark.parametrize(("label", "row", "what"), TABLES, ids=[t[0] for t in TABLES])
def test_a_bad_row_is_named_and_keeps_the_whole_file_out(bring: Bring, node: Node, label: str, row: tuple[str, ...], what: str) -> None:
    before = entries(node)
    head = ("name", "parent", "lat", "lon", "code")
    summary = bring("places", table(head, ("Los Molinos", "S1700", "-16.52", "-68.05", ""), row))
    assert [(line.where, line.what[:len(what)]) for line in summary.lines if not line.note] == [("places.csv line 3", what)]
    assert all(line.do for line in summary.lines if not line.note)
    assert (summary.new, summary.refused, summary.written) == (1, 1, False)
    assert entries(node) == before


@pytest.mark.parametrize(("label", "rows", "line", "what"), [
    ("a code twice", [("A Uno", "S1700", "S1790", ""), ("A Dos", "S1700", "S1790", "")], 3, "A Dos: its code S1790 is that of places.csv"),
    ("a key twice", [("A Uno", "S1700", "", "k1"), ("A Dos", "S1700", "", "k1")], 3, "A Dos: its key k1 is that of places.csv line 2"),
    ("a known place twice", [("Kupini", "S1700", "", ""), ("KUPINI", "S1700", "", "")], 3, "it is Kupini (S1701), as places.csv line 2"),
    ("a new place twice", [("La Loma", "S1700", "", ""), ("La  loma", "S1700", "", "")], 3, "it is La Loma (S1799), as places.csv line 2"),
    ("a row whose parent was refused", [("La Loma", "S1700", "12", ""), ("Loma Chica", "La Loma", "", "")], 3, "it should lie in"),
    ("two places that lie in each other", [("A Uno", "A Dos", "", ""), ("A Dos", "A Uno", "", "")], 2, "it should lie in 'A Dos'")])
def test_rows_that_contradict_each_other_are_named(bring: Bring, label: str, rows: list[tuple[str, ...]], line: int, what: str) -> None:
    summary = bring("places", table(("name", "parent", "code", "key"), *rows))
    assert not summary.written
    assert [said for said in summary.lines if said.where == f"places.csv line {line}" and said.what.startswith(what)]


def test_a_parent_of_which_there_are_two_is_asked_about(bring: Bring) -> None:
    bring("places", table(("name", "parent"), ("La Loma", "S1700"), ("La Loma", "S1600")))
    summary = bring("places", table(("name", "parent"), ("Loma Chica", "La Loma")))
    assert summary.lines[0].what == "2 places are called 'La Loma' (S1699, S1799)"
    assert summary.lines[0].do == "Write the code of one"


@pytest.mark.parametrize(("label", "options", "what", "do"), [
    ("no column of names", {"name": "nombre"}, "it has no column 'nombre'; it has name, lies", "Did you mean 'name'?"),
    ("no column of parents", {"parent": "Distrito {distrito}"}, "it has no column 'distrito'", "Name the right one"),
    ("a condition no row meets", {"where": ("lies=Distrito 3",)}, "no row meets the conditions", "Check --where")])
def test_a_mapping_that_does_not_fit_the_file_is_said_once(bring: Bring, label: str, options: dict[str, object], what: str,
                                                           do: str) -> None:
    summary = bring("boundaries", units(GOOD, GOOD), **options)
    assert summary.broken
    assert [(line.where, line.what[:len(what)], line.do) for line in summary.lines] == [("units.geojson", what, do)]


def test_a_file_without_a_column_of_names_says_which_option_is_missing(bring: Bring) -> None:
    summary = bring("places", table(("nombre", "distrito"), ("La Loma", "17")))
    assert (summary.broken, summary.lines[0].do) == (True, "Name it with --name-field")


def test_boundaries_are_not_drawn_in_a_table(bring: Bring) -> None:
    assert bring("boundaries", table(("name", "parent"), ("La Loma", "S1700"))).broken
