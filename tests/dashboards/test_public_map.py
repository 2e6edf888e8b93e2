"""The map for anybody: the numbers of the board and no others, and no shade that tells a hidden one."""

from __future__ import annotations

import json
import re

from flask.testing import FlaskClient

from dashboards import publicmap
from dashboards.board import fold
from dashboards.placetree import PlaceTree
from dashboards.queries.board import counts
from gateway import geometry
from gateway.journal import ledger
from gateway.journal.facts.places import BoundaryDrawn
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, app_of
from tests.dashboards.test_map import SQUARE


def rows(client: FlaskClient, query: str = "") -> dict[str, tuple[str, list[str]]]:
    """district -> (its shade, what is printed of it)"""
    page = client.get(f"/map?lang=en{query}").text
    printed = r'<span[^>]*(?:dir="ltr"|class="few")>(?:<span aria-hidden="true">)?([^<]+)<'
    return {code: (shade, [cell.strip() for cell in re.findall(printed, row)])
            for shade, code, row in re.findall(r'<tr role="row" data-shade="(\d)".*?district=(\w+)#where(.*?)</tr>', page, re.S)}


def planted(seed: Seed) -> FlaskClient:
    with seed.together():
        for place, many in (("S1604", 30), ("C0502", 12), ("P1314", 9)):
            for n in range(many):
                seed.report(f"agua {n}", place=place)
        for n in range(12):
            seed.report(f"SECRET {n}", category="WST01", place="S1701", restricted=True)
    return app_of(seed.node).test_client()


def test_the_map_prints_what_the_board_prints(seed: Seed) -> None:
    client = planted(seed)
    shown = rows(client)
    assert shown["S1600"][1][0] == "30"
    assert shown["C0500"][1][0] == "12"
    assert shown["P1300"] == (shown["E0100"][0], ["hidden", "hidden"]), "nine phones look like nobody"
    assert shown["E0100"] == ("0", ["hidden", "hidden"])
    assert int(shown["S1600"][0]) > int(shown["C0500"][0]) > 0
    assert "SECRET" not in client.get("/map?category=WST").text
    assert 'value="WST"' not in client.get("/map").text, "nor is there a kind of need that only few may read about"


def test_shades_come_from_printed_numbers_alone(seed: Seed, node: Node) -> None:
    planted(seed)
    tree = PlaceTree.of(node.city)
    of = {row["code"]: d for row in node.city.places if (d := tree.district(row["code"]))}
    with node.database.reading() as c:
        board = fold(counts(c, of, "2000", ()), tuple(tree.districts(every=True)), 10, "now")
    found = publicmap.cells(board, "WAT")
    assert {district for district, shade in publicmap.shades(found).items() if shade} == {"S1600", "C0500"}
    assert publicmap.kinds(board) == ["WAT"]


def test_real_outlines_where_a_city_brought_them(seed: Seed, node: Node) -> None:
    client = planted(seed)
    assert "Schematic:" in client.get("/map?lang=en").text
    with node.database.writing() as c:
        ledger.write(c, node.origin, [BoundaryDrawn(place="S1600", shape=geometry.encoded(SQUARE), digest="x")], at=node.now(), by="ana")
        drawn = publicmap.outlines(c, PlaceTree.of(node.city), ["S1600", "C0500"])
    assert [drawn[code][1] for code in ("S1600", "C0500")] == [False, True]
    assert json.loads(drawn["S1600"][0])[0][0][0] == [-16.5, -68.11]


def test_before_anybody_wrote(client: FlaskClient) -> None:
    assert "Too few have written yet" in client.get("/map?lang=en").text


def test_it_is_drawn_from_the_table(seed: Seed, open_page: OpenPage) -> None:
    planted(seed)
    page = open_page()
    page.goto("/map")
    page.wait_for_selector("#map[data-ready]")
    assert page.locator("#map path.area").count() == page.locator("#districts tr[data-rings]").count() > 10
    assert page.locator("#map path.shade-0").count() == page.locator("#districts tr[data-shade='0'][data-rings]").count()
