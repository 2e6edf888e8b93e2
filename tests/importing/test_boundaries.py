"""Outlines: drawn on the places that stand, kept small and once, and read against each other."""

from __future__ import annotations

import json
import math

from sqlalchemy import select

from gateway import geometry
from gateway.importing import Mapping
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Boundary, table
from gateway.node import Node
from tests.importing.conftest import Bring
from tests.importing.drawing import Ring, area, feature, square, units

OTB = Mapping(name="nom", parent="Distrito {distrito}", level="otb")
BOUNDARY = table(Boundary)


def coast(lon: float, lat: float, points: int = 600) -> Ring:
    ring = [[lon + 0.004 * math.cos(n / points * math.tau), lat + 0.004 * math.sin(n / points * math.tau)] for n in range(points)]
    return [*ring, ring[0]]


def drawn(node: Node) -> dict[str, geometry.Area]:
    with node.database.reading() as c:
        return {code: geometry.decoded(shape) for code, shape in c.execute(select(BOUNDARY.c.id, BOUNDARY.c.shape))}


def bodies(node: Node, kind: str) -> list[str]:
    with node.database.reading() as c:
        return list(c.execute(select(ENTRY.c.body).where(ENTRY.c.kind == kind)).scalars())


def test_an_outline_is_drawn_on_the_place_that_stands_and_a_new_one_is_made(bring: Bring, node: Node) -> None:
    text = units(feature(area(square(-68.09, -16.52)), nom="KUPINI", distrito=17),
                 feature(area(square(-68.07, -16.52)), nom="LOS MOLINOS", distrito=17.0))
    summary = bring("boundaries", text, mapping=OTB)
    assert (summary.new, summary.changed, summary.refused) == (1, 1, 0)
    assert set(drawn(node)) == {"S1701", "S1799"}
    node.renew()
    kupini, new = node.city.place["S1701"], node.city.place["S1799"]
    assert (kupini["name"], kupini["kind"], new["name"], new["kind"]) == ("Kupini", "zone", "Los Molinos", "otb")
    # the pack's estimate lay outside the outline; now the place stands in its own middle
    assert (kupini["lon"], kupini["lat"]) == ("-68.085000", "-16.515000")
    assert bring("boundaries", text, mapping=OTB).same == 2
    assert len(bodies(node, "boundary_drawn")) == 2
    rebuild(node.database, verify=True)


def test_a_point_that_lies_inside_is_left_where_it_is(bring: Bring, node: Node) -> None:
    before = node.city.place["S1701"]
    bring("boundaries", units(feature(area(square(-68.0950, -16.5090, 0.003)), nom="KUPINI", distrito=17)), mapping=OTB)
    node.renew()
    assert node.city.place["S1701"] == before
    assert bodies(node, "place_recorded") == []


def test_an_outline_is_kept_simplified_and_once(bring: Bring, node: Node) -> None:
    ring = coast(-68.09, -16.52)
    text = units(feature(area(ring), nom="KUPINI", distrito=17))
    bring("boundaries", text, mapping=OTB)
    kept = drawn(node)["S1701"]
    assert len(kept[0][0]) < 60
    whole = ((tuple((geometry.micro(x), geometry.micro(y)) for x, y in ring),),)
    assert abs(geometry.hectares(kept) / geometry.hectares(whole) - 1) < 0.01
    assert max(map(len, bodies(node, "boundary_drawn"))) < 700 < len(text) / 20
    turned = units(feature(area([*ring[300:-1], *ring[:301]]), nom="KUPINI", distrito=17))
    assert bring("boundaries", turned, mapping=OTB).same == 1


def test_another_outline_of_the_same_place_is_a_change(bring: Bring, node: Node) -> None:
    bring("boundaries", units(feature(area(square(-68.09, -16.52)), nom="KUPINI", distrito=17)), mapping=OTB)
    assert bring("boundaries", units(feature(area(square(-68.09, -16.52, 0.011)), nom="KUPINI", distrito=17)), mapping=OTB).changed == 1
    assert len(bodies(node, "boundary_drawn")) == 2
    assert len(drawn(node)) == 1


def test_parts_without_area_are_left_out_and_said(bring: Bring, node: Node) -> None:
    """Cutting a map leaves slivers of three points behind; real files are full of them."""
    sliver = [[-68.2, -16.4], [-68.19, -16.4], [-68.2, -16.4], [-68.2, -16.4]]
    both = {"type": "MultiPolygon", "coordinates": [[sliver], [square(-68.09, -16.52), square(-68.088, -16.518, 0.001)]]}
    summary = bring("boundaries", units(feature(both, nom="KUPINI", distrito=17)), mapping=OTB)
    assert [str(line) for line in summary.lines] == ["note: units.geojson feature 1: 1 of its 2 parts have no area and were left out."]
    assert [len(polygon) for polygon in drawn(node)["S1701"]] == [2]


def test_whoever_lies_elsewhere_by_the_map_than_by_the_file_is_said(bring: Bring) -> None:
    districts = units(feature(area(square(-68.10, -16.53, 0.04)), nom="Distrito 17"),
                      feature(area(square(-68.10, -16.49, 0.04)), nom="Distrito 16"))
    assert bring("boundaries", districts, name="nom", level="district").changed == 2
    here, there = square(-68.09, -16.52), square(-68.09, -16.47)
    summary = bring("boundaries", units(feature(area(here), nom="LOS MOLINOS", distrito=17),
                                        feature(area(there), nom="LAS LOMITAS", distrito=17)), mapping=OTB)
    assert summary.written
    assert [str(line) for line in summary.lines] == [
        "note: units.geojson feature 2: Las Lomitas lies in Distrito 17 by the file and in Distrito 16 by the map. Check which is right."]


def test_of_two_places_of_one_name_the_one_under_the_outline_is_meant(bring: Bring, node: Node) -> None:
    left, right = square(-68.10, -16.53), square(-68.08, -16.53)
    both = units(feature(area(left), nom="LOS MOLINOS", clave="1"), feature(area(right), nom="LOS MOLINOS", clave="2"))
    assert bring("boundaries", both, name="nom", parent="=Distrito 17", level="otb").refused == 1  # two of one name need keys
    assert bring("boundaries", both, name="nom", parent="=Distrito 17", level="otb", key="clave").new == 2
    again = units(feature(area(square(-68.0799, -16.5299)), nom="LOS MOLINOS"))
    assert bring("boundaries", again, name="nom", level="otb").changed == 1
    node.renew()
    moved = [code for code, place in node.city.place.items() if place["name"] == "Los Molinos" and place["lon"].startswith("-68.07")]
    assert len(moved) == 1
    assert len(drawn(node)) == 2


def test_a_map_of_points_gives_places_without_outlines(bring: Bring, node: Node) -> None:
    points = json.dumps({"type": "FeatureCollection", "features": [
        feature({"type": "Point", "coordinates": [-68.09, -16.52]}, nom="LOS MOLINOS", distrito="17"),
        feature(area(square(-68.07, -16.52)), nom="LAS LOMITAS", distrito="17")]})
    assert bring("places", points, mapping=OTB).new == 2
    assert drawn(node) == {}
    node.renew()
    assert {place["lon"] for code, place in node.city.place.items() if code in ("S1798", "S1799")} == {"-68.090000", "-68.065000"}
