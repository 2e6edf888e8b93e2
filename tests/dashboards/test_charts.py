"""The charts of the desk: what their tables say of the worked example, what stays hidden, and that a chart is its table."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import dashboards
from dashboards import charted, indicators
from dashboards.charts import months_until
from dashboards.indicators import Counted, Said
from gateway import ranking
from gateway.decisions import planning, releasing
from gateway.journal.canonical import iso
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed
from tests.dashboards.test_sheets import lines_of
from tests.ranking.planting import need_id
from tests.ranking.test_gathered import restrict

# of the npm package echarts 6.1.0, dist/echarts.min.js; its integrity there is sha512-q0yaFPggC9FU...
ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"


def told(lamps: int) -> str:
    """A quarter in which so many wrote of lamps: 9 are few enough to be hidden."""
    said = [Said("S1600", "WAT", "waiting", None, f"a{n}") for n in range(40)]
    said += [Said("C0800", what, "done", None, f"{what}{n}") for what, many in (("WST", 25), ("LIT", lamps)) for n in range(many)]
    return indicators.packed(indicators.count(said, 10))


def test_the_flows_of_the_worked_example(desk: FlaskClient) -> None:
    flows = lines_of(desk, "flows", "")
    assert {(flow["category"], flow["programme"] or flow["reason"]): (flow["needs"], flow["covered"], flow["possible"], flow["unfunded"])
            for flow in flows} == {
        ("RSK", "P-G1"): ("1", "1", "0", "0"), ("ACC", "P-G3"): ("1", "1", "0", "0"), ("LIT", "P-G2"): ("1", "0", "1", "18000"),
        ("TEN", "P-G4"): ("1", "0", "1", "0"), ("ACC", "not_eligible"): ("1", "0", "0", "26000"),
        ("SAN", "no_component"): ("1", "0", "0", "210000"), ("WST", "window_closed"): ("1", "0", "0", "6000")}
    assert sum(int(flow["needs"]) for flow in flows) == 7


def test_what_people_linked_is_another_picture(desk: FlaskClient, city: Node) -> None:
    planning.link_need(city, need_id("N3"), "G2", why="the same stairs", by="ana")
    by_link = {(flow["category"], flow["programme"] or flow["reason"]): flow["needs"] for flow in lines_of(desk, "flows", "answer=linked")}
    assert [answer for _, answer in by_link if answer != charted.UNDECIDED] == ["P-G2"]
    assert sum(map(int, by_link.values())) == 7


def test_filters_are_those_of_the_address(desk: FlaskClient) -> None:
    assert sum(int(flow["needs"]) for flow in lines_of(desk, "flows", "place=S1701")) == 2
    assert {flow["category"] for flow in lines_of(desk, "flows", "category=LIT")} == {"LIT"}
    assert sum(int(age["needs"]) for age in lines_of(desk, "ages", "category=LIT")) == 1
    page = desk.get("/planner/flows?place=S1701&category=SAN&answer=linked&measure=priority&lang=en").text
    assert re.findall(r'<option value="([^"]+)" selected', page) == ["S1701", "SAN", "linked", "priority"]
    assert desk.get("/planner/flows?place=nowhere&measure=length&category=LIT01").status_code == 200, "nonsense asks for all"


def test_needs_wait_in_bands(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        made = ranking.find(c)
    assert made is not None
    found = charted.ages(made.ranking.lines)
    assert sum(age.needs for age in found) == 7
    for age in found:
        inside = [line for line in made.ranking.lines if line.need.age >= age.first and (age.last is None or line.need.age <= age.last)]
        assert (age.needs, age.gap) == (len(inside), sum(line.cls == "gap" for line in inside))


def test_what_is_restricted_is_in_no_chart(desk: FlaskClient, city: Node) -> None:
    before = sum(int(month["opened"]) for month in lines_of(desk, "months", ""))
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N2')}'")]
    restrict(city, *reports)
    assert "LIT" not in {flow["category"] for flow in lines_of(desk, "flows", "")}
    assert sum(int(age["needs"]) for age in lines_of(desk, "ages", "")) == 6
    assert sum(int(month["opened"]) for month in lines_of(desk, "months", "")) == before - 1


def test_a_cell_that_was_hidden_is_no_number_in_a_trend(desk: FlaskClient, city: Node) -> None:
    for quarter, lamps in (("2024-Q3", 9), ("2024-Q4", 30)):
        releasing.release(city, quarter, told(lamps), 10, by="ana")
    lines = {(line["row"], line["period"]): line["reports"] for line in lines_of(desk, "trends", "by=what")}
    assert lines["LIT", "2024-Q4"] == "30"
    assert lines["LIT", "2024-Q3"] == ""
    page = desk.get("/planner/trends?by=what&lang=en").text
    [row] = re.findall(r"<tr[^>]*><th[^>]*>Lighting.*?</tr>", page, re.S)
    assert re.findall(r'data-n="(\d+)"', row) == ["30"], "the chart has nothing to draw there"
    assert row.count("not told") == 1
    assert [line["reports"] for line in lines_of(desk, "trends", "by=all")] == ["74", "95"]


def test_a_quarter_of_which_nothing_is_told_is_a_gap() -> None:
    few, many = Counted(), indicators.unpacked(told(30))
    assert charted.told_of({"2024-Q3": few, "2024-Q4": many}, "all") == [charted.Series("*", (None, 95))]
    assert all(series.counts[0] is None for series in charted.told_of({"2024-Q3": few, "2024-Q4": many}, "what"))


@pytest.mark.parametrize(("label", "today", "first", "last"), [
    ("two years up to a day", date(2026, 11, 25), "2024-12", "2026-11"),
    ("in January", date(2026, 1, 3), "2024-02", "2026-01"),
])
def test_months(label: str, today: date, first: str, last: str) -> None:
    starts = months_until(today, "America/La_Paz")
    assert (starts[0][0], starts[-1][0], len(starts)) == (first, last, 24)
    assert iso(starts[-1][1]).endswith("-01T04:00:00.000Z"), "the city's months"


def test_needs_by_month_are_opened_and_done(seed: Seed, node: Node) -> None:
    from tests.dashboards.planting import app_of, as_role
    from tests.dashboards.planting import need_id as planted
    seed.accounts()
    seed.report(category="WAT01")
    seed.report(category="WST01")
    planning.change_status(node, planted("S1604", "WST01"), "done", note="", by="ana", after=None)
    client = as_role(app_of(node), "planner")
    last = lines_of(client, "months", "")[-1]
    assert (last["opened"], last["done"]) == ("2", "1")
    assert lines_of(client, "months", "category=WAT")[-1] == {"month": last["month"], "opened": "1", "done": "0"}
    assert lines_of(client, "months", "place=S1701")[-1]["opened"] == "0"


def test_the_library_is_the_one_that_was_published() -> None:
    static = Path(dashboards.__file__).parent / "static"
    assert hashlib.sha256((static / "echarts.js").read_bytes()).hexdigest() == ECHARTS
    licence = (static / "echarts.LICENSE.txt").read_text("utf-8")
    for needed in ("Apache ECharts\nCopyright 2017-2026", "Apache License", "d3", "zrender"):
        assert needed in licence


def test_each_chart_is_drawn_from_its_table(seed: Seed, open_page: OpenPage) -> None:
    seed.accounts()
    seed.report("sin luz")
    ranking.make(seed.node, by="ana")
    for quarter, lamps in (("2026-Q1", 9), ("2026-Q2", 30)):
        releasing.release(seed.node, quarter, told(lamps), 10, by="ana")
    page = open_page(role="planner")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    for address, charts in (("/planner/flows", 1), ("/planner/ages", 1), ("/planner/trends?by=what", 2)):
        page.goto(address)
        page.wait_for_selector(".chart[data-ready] svg path", state="attached")
        assert page.locator(".chart[data-ready] svg").count() == charts
    page.evaluate("document.querySelector('#quarters td[data-n]').dataset.n = 77000")
    page.evaluate("dispatchEvent(new Event('resize'))")
    assert "80,000" in page.locator(".chart[data-chart=lines]").inner_text(), "the axis follows the table"
    assert complaints == []
    assert page.locator(".chart[data-chart=lines]").get_attribute("role") == "img"
