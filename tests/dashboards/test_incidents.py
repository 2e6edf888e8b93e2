"""The page of incidents: each kind in words, in every language, for who plans; only an administrator takes one over."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask

from dashboards.incidents import DO, KINDS
from gateway.channels import fetched
from gateway.governing import roads
from gateway.journal.canonical import iso
from gateway.journal.rows import upsert
from gateway.journal.tables import Incident, table
from gateway.node import Node
from gateway.trouble import canaries
from tests.conftest import START, MakeNode
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, app_of, as_role, token

FACTS: dict[str, list[dict[str, object]]] = {
    roads.SILENT: [{"days": 27, "asked": 3}, {"days": 0, "asked": 0}],
    roads.FAILING: [{"failed": 5, "of": 5, "reason": "<b>20003</b>"}],
    roads.UNDELIVERED: [{"failed": 12, "of": 20}],
    roads.AGED: [{"waiting": 41}, {"waiting": 9, "full": 1}],
    roads.PHONE: [{"battery": 12}, {"battery": -1}],
    roads.ROUND_TRIP: [{"lost": 2, "reason": "", "asked": 0}, {"lost": 1, "reason": "", "asked": 1}],
}


@pytest.fixture
def troubled(node: Node, seed: Seed) -> Node:
    seed.accounts()
    plant(node)
    return node


def plant(node: Node) -> None:
    rows = [{"id": f"{kind}{n}", "kind": kind, "place": f"camino-{kind}-{n}", "since": iso(START), "opened_at": iso(START),
             "closed_at": None, "facts": json.dumps(facts), "phones": n, "taken_by": "", "taken_at": None}
            for kind, some in FACTS.items() for n, facts in enumerate(some)]
    rows.append(rows[0] | {"id": "over", "place": "camino-viejo", "closed_at": iso(START)})
    with node.database.writing() as c:
        upsert(c, table(Incident), rows)


def test_every_kind_has_its_words() -> None:
    assert set(KINDS) == set(DO) == set(FACTS) == set(roads.KINDS)


@pytest.mark.parametrize(("language", "words"), [
    ("es", ("Fallaron 5 de los últimos 5 envíos", "La batería de camino-phone-0 está en 12 %", "Días comparados: 27",
            "en una hora; lo demás espera la siguiente")),
    ("fr", ("5 des 5 derniers envois", "à 12 %", "Jours comparés : 27", "en une heure ; le reste")),
    ("ar", ("فشلت 5 من آخر 5", "عند 12 %", "27", "إرساله في ساعة")),
    ("en", ("5 of the last 5 sendings", "is at 12 %", "Days compared with: 27", "all that they may send in an hour")),
])
def test_what_stands_is_said_with_where_since_when_and_what_to_do(language: str, words: tuple[str, ...], troubled: Node,
                                                                  app: Flask) -> None:
    page = as_role(app, "planner").get(f"/planner/incidents?lang={language}").text
    for said in words:
        assert said in page
    assert "camino-viejo" in page
    assert "&lt;b&gt;20003" in page
    assert "<b>20003" not in page


def test_an_administrator_takes_one_over_and_others_see_who(troubled: Node, app: Flask) -> None:
    admin = as_role(app, "admin")
    assert admin.post("/planner/incidents/aged0/take", data={"csrf_token": token(admin)}).status_code == 303
    assert admin.post("/planner/incidents/over/take", data={"csrf_token": token(admin)}).status_code == 404
    page = as_role(app, "planner").get("/planner/incidents?lang=en").text
    assert "ana-admin looks after it" in page
    assert "I look after it" not in page, "who plans reads"
    assert as_role(app, "planner").post("/planner/incidents/aged0/take").status_code in (400, 403)


@pytest.mark.parametrize(("role", "desk"), [("officer", "/officer/"), ("officer", "/queue/"), ("planner", "/planner/"),
                                            ("planner", "/queue/"), ("focal", "/queue/")])
def test_whoever_sits_at_a_desk_sees_there_what_is_wrong_on_the_roads(role: str, desk: str, node: Node, seed: Seed, app: Flask) -> None:
    seed.accounts()
    client = as_role(app, role)
    assert "Trouble on the roads" not in client.get(f"{desk}?lang=en").text
    plant(node)
    page = client.get(f"{desk}?lang=en").text
    assert 'href="/planner/incidents">Trouble on the roads of texts</a>' in page
    assert "A phone needs help (<bdi>camino-phone-0</bdi>)" in page
    assert "camino-viejo" not in page, "what is over troubles nobody"
    assert client.get("/planner/incidents").status_code == 200


def test_a_machine_without_trouble_says_so(node: Node, seed: Seed, app: Flask) -> None:
    seed.accounts()
    page = as_role(app, "planner").get("/planner/incidents?lang=en").text
    assert "Every road is well." in page
    assert "no channel is named in [canary]" in page


@pytest.mark.parametrize("language", ["es", "ar"])
def test_it_fits_a_phone_and_axe_is_content(language: str, troubled: Node, open_page: OpenPage) -> None:
    page = open_page(role="admin", width=360, language=language)
    page.goto("/planner/incidents")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).response["violations"] == []


def test_a_channel_of_phones_is_said_to_carry_no_test_text_and_to_cost_nothing(make_node: MakeNode) -> None:
    node = make_node(extra='\n[android]\nenabled = true\nphones = { office = "+59170000900" }\n[canary]\nchannels = ["android", "http"]\n')
    Seed(node).accounts()
    page = as_role(app_of(node), "planner").get("/planner/incidents?lang=en").text
    assert canaries.mute(node) == fetched(node.config), "what pages are told is what leaves"
    said = {line.partition(":")[0]: line for line in re.findall(r"<p><bdi>(\w+</bdi>:.*?)</p>", page, re.S)}
    assert "carry no test text" in said["android</bdi>"]
    assert "segments" not in said["android</bdi>"]
    assert "segments in thirty days" in said["http</bdi>"]
