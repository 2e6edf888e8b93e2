"""The map: what lies in each area, real outlines where a city has them, schematic ones said to be so, nothing restricted, no stranger."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import expect

from dashboards.areas import Area, areas, hexagon, reach, shading
from gateway import geometry, ranking
from gateway.decisions import planning
from gateway.journal import ledger
from gateway.journal.canonical import derived_id
from gateway.journal.facts.matching import NeedsMerged
from gateway.journal.facts.places import BoundaryDrawn
from gateway.journal.facts.triage import CLUSTER, DutyAlerted
from gateway.matching import Lacking
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import NOW, Seed, app_of, as_role
from tests.dashboards.planting import need_id as planted_id
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
    assert page.locator("#map .sign.works").count() >= 2
    assert complaints == []
    assert [url for url in asked if not url.startswith(address)] == []
    assert json.loads(page.evaluate("document.getElementById('map').dataset.ready")) > 100


def many(seed: Seed, phones: int, place: str, category: str, *, texts: int = 1, at: datetime = NOW) -> list[str]:
    """So many phones report a kind of need in a place, each of them so many times, and the duty officer was told; their reports."""
    references = [seed.report("sin agua", category=category, place=place, sender=f"{place}{n}", at=at)
                  for n in range(phones) for _ in range(texts)]
    reports = [seed.ids[reference] for reference in references]
    seed.write(DutyAlerted(alert=derived_id("alert", CLUSTER, place, category), report=reports[-1], reason=CLUSTER,
                           need=planted_id(place, category), place_code=place, category=category, people=phones), at=at)
    return reports


def clusters_told(seed: Seed) -> list[tuple[str, str]]:
    """What the map tells, and that its table and its file say the same."""
    desk = as_role(app_of(seed.node), "planner")
    told = desk.get("/planner/map/areas.json?lang=en").get_json()["clusters"]
    page = desk.get("/planner/map?lang=en").text
    table = re.search(r'aria-labelledby="many">.*?</section>', page, re.S)
    assert table is not None
    rows = re.findall(r'/planner/needs/([^"]+)">(.*?)</a></th><td[^>]*>(\d+)<', table[0])
    assert [need for need, *_ in rows] == [one["need"] for one in told]
    assert [one["said"].split()[0] for one in told] == [people for *_, people in rows]
    file = desk.get("/planner/sheets/clusters.csv").text.splitlines()[1:]
    assert [line.split(",")[3] for line in file] == [people for *_, people in rows]
    return [(one["place"], one["said"]) for one in told]


def test_where_many_report_the_same_there_is_a_sign_and_a_line(seed: Seed) -> None:
    seed.accounts()
    reports = many(seed, 12, "S1604", "WAT01")
    many(seed, 10, "S1701", "LIT01")
    many(seed, 9, "C0502", "LIT01")
    many(seed, 11, "S1700", "LIT01", at=NOW - timedelta(days=8))
    ranking.make(seed.node, by="ana")
    assert clusters_told(seed) == [("S1604", "12 people report the same"), ("S1701", "10 people report the same")], (
        "fewer than the rule asks for are none, and what is older than its days is over")
    restrict(seed.node, *reports[:2])
    assert ("S1604", "10 people report the same") in clusters_told(seed), "what was restricted since counts no more"
    restrict(seed.node, reports[2])
    assert [place for place, _ in clusters_told(seed)] == ["S1701"], "and what is too few then is told nowhere"


def test_one_phone_makes_no_cluster_however_often_it_writes(seed: Seed) -> None:
    seed.accounts()
    many(seed, 1, "S1604", "WAT01", texts=30)
    many(seed, 10, "S1701", "LIT01", texts=3)
    ranking.make(seed.node, by="ana")
    assert clusters_told(seed) == [("S1701", "10 people report the same")]


def test_what_is_done_is_no_cluster_any_more(seed: Seed) -> None:
    seed.accounts()
    many(seed, 12, "S1604", "WAT01")
    ranking.make(seed.node, by="ana")
    with seed.node.database.reading() as c:
        after = c.exec_driver_sql(f"SELECT status_entry FROM need WHERE id = '{planted_id('S1604', 'WAT01')}'").scalar_one()
    planning.change_status(seed.node, planted_id("S1604", "WAT01"), "done", note="", by="ana", after=after)
    assert clusters_told(seed) == []


def test_what_is_merged_with_a_need_that_is_done_is_no_cluster_either(seed: Seed) -> None:
    seed.accounts()
    elder, younger = planted_id("S1701", "WAT01"), planted_id("S1604", "WAT01")
    seed.report("sin agua", category="WAT01", place="S1701", at=NOW - timedelta(days=1))
    many(seed, 12, "S1604", "WAT01")
    seed.write(NeedsMerged(need=elder, other=younger), by="ana")
    ranking.make(seed.node, by="ana")
    assert [place for place, _ in clusters_told(seed)] == ["S1604"]
    planning.change_status(seed.node, elder, "done", note="", by="ana", after=None)
    assert clusters_told(seed) == []


def test_signs_gather_at_a_distance_and_part_when_one_looks_nearer(seed: Seed, open_page: OpenPage) -> None:
    """Needs, kinds that many report and works have signs of their own, which a keyboard reaches, opens and takes off the map."""
    seed.accounts()
    seed.works()
    for place in ("S1604", "S1605", "S1701", "C0502"):
        seed.report("sin luz", category="LIT01", place=place)
    many(seed, 12, "S1604", "WAT01")
    ranking.make(seed.node, by="ana")
    page = open_page(role="planner", width=1280)
    page.goto("/planner/map")
    page.wait_for_selector("#map[data-ready]")

    def counted(kind: str) -> list[int]:
        return [int(text) for text in page.locator(f"#map .sign.{kind}").all_inner_texts()]
    far = counted("needs")
    assert sum(far) == 5
    assert sum(counted("works")) == len(page.locator("#works ~ details tbody tr").all())
    assert page.locator("#map .sign.clusters").all_inner_texts() == ["!"]
    said = page.locator("#map .sign.clusters").get_attribute("aria-label")
    assert said is not None
    assert "12 people report the same" in said
    assert Axe().run(page).violations_count == 0
    page.locator("#map .sign.needs[aria-label*='look nearer']").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map .sign.needs")).not_to_have_count(len(far))
    assert sum(counted("needs")) == 5, "none is lost"
    page.locator("#legend [data-shows=works]").focus()
    page.keyboard.press("Space")
    assert not page.locator("#map .sign.works").first.is_visible()
    page.locator("#map .sign.clusters").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/planner/needs/{planted_id('S1604', 'WAT01')}")
