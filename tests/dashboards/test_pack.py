"""The commission's papers: the agenda in the order of the run, the evidence, the money, what was decided, and who has to do what."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from gateway import deciding, ranking
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed
from tests.matching.example import SAID
from tests.ranking.planting import name_of, need_id, planted
from tests.ranking.test_gathered import restrict


@pytest.fixture
def city(make_node: MakeNode, clock: Clock) -> Node:
    node = planted(make_node, clock)
    Seed(node).accounts()
    run = ranking.make(node, by="ana")
    with node.database.reading() as c:
        made = ranking.find(c, run)
    assert made is not None
    matches = {(name_of(m.need), m.work): m for line in made.ranking.lines for m in line.matches}
    deciding.decide_proposal(node, matches["N1", "G1"], run, "accepted", why="", by="ana")
    deciding.decide_proposal(node, matches["N2", "G2"], run, "refused", why="other street", by="luis")
    return node


def needs_in(section: str, page: str) -> list[str]:
    part = re.search(rf'aria-labelledby="{section}".*?</section>', page, re.S)
    assert part is not None
    return [name_of(need) for need in re.findall(r"/planner/needs/(\w+)", part[0])]


def test_the_papers_hold_what_was_ranked_bought_and_decided(desk: FlaskClient) -> None:
    page = desk.get("/planner/pack?lang=en&budget=60000").text
    order = [need["id"] for need in sorted(SAID["needs"], key=lambda need: -need["priority"])]
    assert needs_in("agenda", page) == needs_in("evidence", page) == order
    assert sorted(needs_in("buys", page)) == sorted(SAID["portfolio"]["picked"])
    assert "other street" in page
    assert needs_in("dispatch", page) == ["N1", *(name for name in order if name != "N1")], "first works with their needs, then nobody's"
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for figure in ("67.50", "50,000", "10,000", "210,000", "not eligible: planimetry"):
        assert figure in words, figure


def test_an_agenda_is_as_long_as_it_is_asked_for(desk: FlaskClient) -> None:
    assert len(needs_in("agenda", desk.get("/planner/pack?needs=3").text)) == 3
    assert len(needs_in("agenda", desk.get("/planner/pack?needs=0").text)) == 7
    assert 'aria-labelledby="buys"' not in desk.get("/planner/pack").text
    assert desk.get("/planner/pack?needs=many").status_code == 409


def test_what_is_restricted_is_on_no_paper(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N2')}'")]
    restrict(city, *reports)
    page = desk.get("/planner/pack?budget=60000").text
    assert need_id("N2") not in page
    assert "other street" not in page, "nor what was decided about it"


def test_on_paper_there_is_nothing_to_press(seed: Seed, open_page: OpenPage) -> None:
    seed.accounts()
    seed.report("sin luz")
    ranking.make(seed.node, by="ana")
    page = open_page(role="planner", width=800, language="es")
    page.goto("/planner/pack")
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('form, nav, header, button')].filter(e => e.offsetParent !== null).length") == 0
    assert page.locator("#agenda").is_visible()
    assert len(page.pdf()) > 5000
