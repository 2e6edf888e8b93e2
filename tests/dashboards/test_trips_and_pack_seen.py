"""Trips and the commission's papers with something on them, as they are seen: wide and narrow, light and dark, from either side."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient

from dashboards import indicators, mobility
from dashboards.indicators import Said
from gateway import ranking
from gateway.decisions import deciding, releasing, ruling
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, app_of, as_role, need_id

WATER = need_id("S1604", "WAT01")


@pytest.fixture
def planted(seed: Seed, node: Node) -> Seed:
    """A quarter told with trips, one sex of a district without any, and a commission that met."""
    seed.accounts()
    seed.works()
    with seed.together():
        for n in range(24):
            seed.report("sin luz", category=("WAT01", "LIT01", "ACC02")[n % 3], place=("S1604", "S1701", "C0801", "P1314")[n % 4])
    told = [Said("S1600", "WAT", "done", "FM"[n % 2], f"s{n}") for n in range(60)]
    legs = [mobility.Said(("S1600", "M0900")[n % 2], "FM"[n % 2] if n % 5 else None, ("care", "work")[n % 7 % 2], 10 + n % 11 * 5,
                          1 + n % 5, f"t{n // 2}", f"s{n % 170}") for n in range(400)]
    releasing.release(node, "2026-Q3", mobility.into(indicators.packed(indicators.count(told, 10)), mobility.count(legs, 10)), 10, by="ana")
    deciding.cost_need(node, WATER, 30_000, source="a visit", by="ana")
    run = ranking.make(node, by="ana")
    ruling.decide(node, WATER, ruling.Said(decision="refused", met_on=node.today.isoformat(), work="", until="", reason="no es de aqui",
                                           why="", run=run), by="ana", after=None)
    return seed


@pytest.mark.parametrize(("width", "scheme", "language"), [(360, "dark", "ar"), (1280, "light", "es"),
                                                           pytest.param(360, "light", "es", marks=pytest.mark.campaign),
                                                           pytest.param(1280, "dark", "ar", marks=pytest.mark.campaign)])
def test_both_fit_and_are_accessible(width: int, scheme: str, language: str, planted: Seed, open_page: OpenPage) -> None:
    page = open_page(role="planner", width=width, scheme=scheme, language=language)
    for address in ("/planner/trips", "/planner/pack?budget=60000&needs=6"):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = d.classList.contains('paper') })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def client(planted: Seed) -> FlaskClient:
    return as_role(app_of(planted.node), "planner")


def test_where_nobody_of_a_sex_travelled_it_says_so_and_nothing_of_zero(client: FlaskClient) -> None:
    cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(
        r'<td role="cell"[^>]*>(.*?)</td>', client.get("/planner/trips?lang=en").text, re.S)]
    assert "no legs" in cells
    assert not [cell for cell in cells if "0 of 0" in cell]


@pytest.mark.parametrize("address", ["/planner/trips", "/planner/indicators"])
def test_a_quarter_reads_from_left_to_right_in_arabic(address: str, client: FlaskClient) -> None:
    page = client.get(f"{address}?lang=ar").text
    selects = re.findall(r"<select[^>]*>(?=(?:<option[^>]*>[^<]*</option>)*<option[^>]*>20\d\d-Q)", page)
    assert selects
    assert all('dir="ltr"' in select for select in selects)


def test_the_agenda_is_numbered_as_the_minutes_are(planted: Seed, open_page: OpenPage) -> None:
    page = open_page(role="planner")
    page.goto("/planner/pack?needs=3")
    assert page.evaluate("getComputedStyle(document.querySelector('section[aria-labelledby=agenda] ol')).listStyleType") == "decimal"
