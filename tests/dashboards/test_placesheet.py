"""The sheet of a place: its needs, what covers them, what is known of it with source and date, and what is missing."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from gateway.node import Node
from tests.dashboards.test_sheets import lines_of
from tests.ranking.planting import need_id
from tests.ranking.test_gathered import restrict


def test_the_sheet_of_a_place_of_the_worked_example(desk: FlaskClient) -> None:
    page = desk.get("/planner/place?place=C0502&lang=en").text
    assert re.findall(r'<th scope="row" role="rowheader"><a href="/planner/needs/(\w+)"', page) == [need_id("N3"), need_id("N7")]
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for shown in ("53.58", "not eligible: planimetry", "Approved plan of the place · is not as the rule asks",
                  "example of the pack", "Feb 1, 2026",
                  "PBCV Alto Tacagua"):
        assert shown in words, shown
    assert "/bulletin/C0502" in page
    lines = {(line["kind"], line["figure"]): line["value"] for line in lines_of(desk, "place", "place=C0502")}
    assert (lines["figure", "needs"], lines["figure", "gap"], lines["figure", "unfunded"]) == ("2", "1", "26000")
    assert lines["fact", "planimetry"] == "false"


def test_a_place_without_needs_and_one_that_is_none(desk: FlaskClient) -> None:
    assert desk.get("/planner/place?place=P1314").status_code == 200
    assert desk.get("/planner/place?place=nowhere").location == "/planner/map"
    assert lines_of(desk, "place", "place=nowhere") == []


def test_what_is_restricted_is_on_no_sheet(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N3')}'")]
    restrict(city, *reports)
    page = desk.get("/planner/place?place=C0502&lang=en").text
    assert need_id("N3") not in page
    assert "is not as the rule asks" not in page, "nor what kept it from a work"


def test_the_map_leads_to_the_sheets(desk: FlaskClient) -> None:
    assert "place=S1701" in "".join(re.findall(r'href="(/planner/place\?[^"]+)"', desk.get("/planner/map").text))
