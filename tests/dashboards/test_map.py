"""The map: what lies in each area, real outlines where a city has them, schematic ones said to be so, nothing restricted, no stranger."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboards.areas import Area, areas, hexagon, reach, shading
from gateway import geometry, ranking
from gateway.journal import ledger
from gateway.journal.places import BoundaryDrawn
from gateway.matching import Lacking
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed
from tests.ranking.planting import need_id
from tests.ranking.test_gathered import restrict

SQUARE = ((((-68_110_000, -16_500_000), (-68_100_000, -16_500_000), (-68_100_000, -16_490_000), (-68_110_000, -16_490_000),
            (-68_110_000, -16_500_000)),),)


def told(desk: FlaskClient) -> dict[str, dict[str, Any]]:
    return {area["code"]: area for area in desk.get("/planner/map/areas.json").get_json()["areas"]}


def test_an_area_holds_what_lies_in_it(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        made = ranking.find(c)
    assert made is not None
    found = areas(made.ranking.lines)
    scores = {line.need.place: line.priority.score for line in reversed(made.ranking.lines)}
    assert [area for area in found if area.code == "S1701"] == [Area("S1701", 2, 1, scores["S1701"], Lacking(210_000, 0))]
    assert [sum(getattr(area, name) for area in found) for name in ("needs", "uncovered")] == [7, 3]
    assert sum(area.unfunded.least or 0 for area in found) == 260_000
    shown = told(desk)
    assert {code: area["needs"] for code, area in shown.items() if area["needs"]} == {area.code: area.needs for area in found}
    page = desk.get("/planner/map?lang=en").text
    assert [re.sub(r".*place=", "", href) for href in re.findall(r'<th scope="row" role="rowheader"><a href="([^"]+)"', page)] == [
        area.code for area in found]


def test_schematic_areas_are_said_to_be_so_and_real_ones_are_not(desk: FlaskClient, city: Node) -> None:
    assert all(area["schematic"] for area in told(desk).values())
    assert "Schematic:" in desk.get("/planner/map?lang=en").text
    with city.database.writing() as c:
        ledger.write(c, city.origin, [BoundaryDrawn(place="S1701", shape=geometry.encoded(SQUARE), digest="x")], at=city.now(), by="ana")
    shown = told(desk)
    assert not shown["S1701"]["schematic"]
    assert shown["S1701"]["rings"][0][0][0] == [-16.5, -68.11]
    with_needs = {code for code, area in shown.items() if area["needs"]}
    # among real outlines only what has needs is drawn by its point
    assert {code for code, area in shown.items() if area["schematic"]} == with_needs - {"S1701"}
    assert "Schematic:" not in desk.get("/planner/map?lang=en").text


def test_schematic_areas_do_not_lie_on_each_other() -> None:
    points = [(-16.5, -68.10), (-16.5, -68.102), (-16.51, -68.10)]
    for one in points:
        for other in points:
            if one != other:
                away = ((one[0] - other[0]) ** 2 + ((one[1] - other[1]) * 0.9588) ** 2) ** 0.5 * 111_320
                assert reach(one, points) + reach(other, points) <= away + 1
    corners = hexagon(points[0], 100)
    assert corners[0] == corners[-1]
    assert len(corners) == 7


@pytest.mark.parametrize(("needs", "shades"), [([1, 1, 1], {1: 1}), ([], {}), ([5, 3, 2, 1], {1: 1, 2: 2, 3: 3, 5: 4}),
                                               ([9, 1, 1, 1], {1: 1, 9: 4})])
def test_shades_part_areas_evenly(needs: list[int], shades: dict[int, int]) -> None:
    assert shading(needs) == shades


def test_what_is_restricted_is_on_no_map(desk: FlaskClient, city: Node) -> None:
    before = told(desk)
    with city.database.reading() as c:
        place = c.exec_driver_sql(f"SELECT place_code FROM need WHERE id = '{need_id('N2')}'").scalar_one()
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N2')}'")]
    restrict(city, *reports)
    assert told(desk)[place]["needs"] == before[place]["needs"] - 1


def test_the_map_is_drawn_from_here_alone(seed: Seed, open_page: OpenPage, address: str) -> None:
    """In a browser, under the content policy: areas and works are there, dark and light, and nobody else was asked."""
    seed.accounts()
    seed.works()
    for n in range(6):
        seed.report("sin luz", category=("LIT01", "WAT01")[n % 2], place=("S1604", "S1701", "C0801")[n % 3])
    ranking.make(seed.node, by="ana")
    page = open_page(role="planner", width=1280)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/planner/map")
    page.wait_for_selector("#map[data-ready]")
    assert page.evaluate("document.querySelectorAll('#map path.area').length") > 100
    assert page.evaluate("document.querySelectorAll('#map path.shade-1, #map path.shade-4').length") >= 1
    assert page.evaluate("document.querySelectorAll('#map path.work').length") >= 2
    assert complaints == []
    assert [url for url in asked if not url.startswith(address)] == []
    assert json.loads(page.evaluate("document.getElementById('map').dataset.ready")) > 100
