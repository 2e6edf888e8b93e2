"""What a person did last is named wherever it is said, and leads back to the need that left every list."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.node import Node
from tests.dashboards.planting import Seed, as_role, need_id, token
from tests.dashboards.queueing import officer

WATER, LIGHT, FAR = need_id("S1604", "WAT01"), need_id("S1604", "LIT01"), need_id("P1314", "WAT01")


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    for place, category in (("S1604", "WAT01"), ("S1604", "LIT01"), ("P1314", "WAT01")):
        seed.report(f"{category} {place}", category=category, place=place)
    return seed


def decide(client: FlaskClient, need: str, action: str, **form: str) -> None:
    assert client.post(f"/officer/needs/{need}", data={"csrf_token": token(client), "do": action, **form}).status_code == 303


def box(page: str) -> tuple[str, str]:
    """The classes of the box that says what was done last, and its words."""
    found = re.search(r'<div class="note([^"]*)deed" role="status">(.*?)</p>', page, re.S)
    assert found is not None
    return found[1].strip(), " ".join(re.sub(r"<[^>]+>", " ", found[2]).split())


def test_the_box_names_the_need_and_is_not_green_on_another(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    decide(client, WATER, "verify")
    kind, said = box(client.get(f"/officer/needs/{WATER}?lang=en").text)
    assert (kind, "Verified: 1 done · this need · " in said) == ("done", True)
    other = client.get(f"/officer/needs/{LIGHT}?lang=en").text
    kind, said = box(other)
    assert kind == "", "green is for what was done here"
    assert said.startswith(f"Your last action was not on this need. Verified: 1 done · No water · {node.city.place_name('S1604')} · ")
    assert f'href="/officer/needs/{WATER}"' in other
    for address in ("/officer/", "/queue/"):
        page = client.get(f"{address}?lang=en").text
        assert box(page)[0] == "done"
        assert f'<a href="/officer/needs/{WATER}">No water · ' in page


@pytest.mark.parametrize(("language", "said"), [
    ("es", "Su última acción no fue sobre esta necesidad."), ("fr", "Votre dernière action ne concernait pas ce besoin."),
    ("ar", "آخر ما فعلته لم يكن على هذه الحاجة.")])
def test_the_box_speaks_the_language_of_the_page(language: str, said: str, app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    decide(client, WATER, "verify")
    assert said in client.get(f"/officer/needs/{LIGHT}?lang={language}").text


def test_many_are_named_three_and_a_planner_is_led_to_the_planners_page(app: Flask, planted: Seed, node: Node) -> None:
    for category in ("WST01", "ACC02"):
        planted.report(category, category=category)
    client = as_role(app, "planner")
    needs = [WATER, LIGHT, FAR, need_id("S1604", "WST01"), need_id("S1604", "ACC02")]
    sent = {"csrf_token": token(client), "do": "verify", "item": [f"need|{need}|" for need in needs]}
    assert client.post("/queue/", data=sent).status_code == 303
    page = client.get("/queue/?lang=en").text
    assert "5 done" in page
    assert re.findall(r'<a href="/planner/needs/(\w+)">', page.partition("deed")[2].partition("</p>")[0]) == needs[:3]
    assert "…" in box(page)[1]


def test_what_was_taken_back_is_named_too(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    decide(client, WATER, "not_found")
    client.post("/officer/undo", data={"csrf_token": token(client)})
    assert f"Taken back: 1 done · No water · {node.city.place_name('S1604')}" in box(client.get("/officer/?lang=en").text)[1]
