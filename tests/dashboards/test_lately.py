"""What a person did last is named wherever it is said, and leads back to the need that left every list."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from dashboards.queries import trail as seen
from gateway.decisions import trail
from gateway.node import Node
from tests.conftest import Clock
from tests.dashboards.planting import Seed, as_role, need_id, token
from tests.dashboards.queueing import officer
from tests.gateway.pictures import jpeg
from tests.ranking.test_gathered import restrict

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


def did(page: str) -> list[tuple[str, str]]:
    """(address, action) of each line of what was done lately."""
    part = re.search(r'<details class="did">.*?</details>', page, re.S)
    return re.findall(r'<li><a href="/officer/needs/(\w+)">.*?</a> · (.*?) · <time', part[0]) if part else []


def test_the_desk_leads_back_to_what_left_every_list(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    client = officer(app, node, "S1600")
    assert did(client.get("/officer/?lang=en").text) == []
    decide(client, WATER, "verify")
    clock.on(minutes=90)  # longer than it can be taken back
    decide(client, LIGHT, "not_found")
    for language, title in (("es", "Lo que hice hace poco"), ("fr", "Ce que j’ai fait récemment"), ("ar", "ما فعلته مؤخرًا")):
        assert title in client.get(f"/officer/?lang={language}").text
    assert did(client.get("/officer/?lang=en").text) == [(LIGHT, "Not found on the spot"), (WATER, "Verified")]
    assert 'name="photo"' in client.get(f"/officer/needs/{WATER}").text
    clock.on(minutes=1)
    decide(client, WATER, "note", note="and the photo")
    assert did(client.get("/officer/?lang=en").text) == [(WATER, "Noted"), (LIGHT, "Not found on the spot")], "a need stands there once"
    clock.on(minutes=1)
    client.post("/officer/undo", data={"csrf_token": token(client)})
    assert did(client.get("/officer/?lang=en").text)[0] == (WATER, "Taken back")
    assert did(as_role(app, "officer").get("/officer/?lang=en").text) == [], "what others did stands elsewhere"


def test_it_is_short_and_shows_nothing_that_was_closed_since(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    for n in range(12):
        planted.report(f"pothole {n}", category="ACC02", place=sorted(node.city.place)[n])
    client = as_role(app, "officer")
    for n in range(12):
        clock.on(minutes=1)
        decide(client, need_id(sorted(node.city.place)[n], "ACC02"), "verify")
    assert len(did(client.get("/officer/?lang=en").text)) == trail.MOST
    clock.on(minutes=1)
    decide(client, WATER, "verify")
    reference = planted.references_of("WAT01 S1604")[0]
    assert did(client.get("/officer/?lang=en").text)[0][0] == WATER
    restrict(node, planted.ids[reference])
    assert WATER not in [need for need, _ in did(client.get("/officer/?lang=en").text)], "its only report may not be seen any more"


def test_it_costs_the_desk_one_look_up(app: Flask, planted: Seed, node: Node) -> None:
    asked: list[tuple[str, Any]] = []
    with node.database.reading() as c:
        event.listen(c, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        seen.steps(c, "nobody", None)
    query, values = asked[0]
    assert len(asked) == 1
    with node.database.reading() as c:
        plan = [str(row[3]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    assert [line for line in plan if line.startswith("SCAN")] == [], plan


@pytest.mark.parametrize(("action", "words"), [("verify", "si, 3 gradas"), ("not_found", "no hay nada aqui")])
def test_words_given_with_a_decision_stand_under_seen_on_the_spot(action: str, words: str, app: Flask, planted: Seed, node: Node,
                                                                  clock: Clock) -> None:
    client, planner = officer(app, node, "S1600"), as_role(app, "planner")

    def seen_there(by: FlaskClient, page: str) -> str:
        return by.get(f"/{page}/needs/{WATER}?lang=en").text.partition('id="notes"')[2].partition("</section>")[0]
    decide(client, WATER, action, note=words)
    for page in (seen_there(client, "officer"), seen_there(planner, "planner")):
        assert words in page
        assert "Nobody has written down" not in page
        assert page.count('class="report"') == 1
    clock.on(minutes=1)
    decide(client, WATER, "note", note="later")
    assert re.findall(r"<p>(?:<[^>]+>)*([^<]+)<", seen_there(client, "officer")) == ["later", words], "the newest first"
    decide(client, LIGHT, "verify", note="of another need")
    assert "of another need" not in seen_there(client, "officer")


def test_what_was_taken_back_is_seen_no_more_and_words_stand_with_their_photo(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    client = officer(app, node, "S1600")

    def cards() -> list[tuple[bool, bool]]:
        page = client.get(f"/officer/needs/{WATER}?lang=en").text.partition('id="notes"')[2].partition("</section>")[0]
        return [("<img" in card, "muro peligroso" in card) for card in page.split("<article")[1:]]
    sent = {"csrf_token": token(client), "do": "verify", "note": "muro peligroso", "photo": (io.BytesIO(jpeg()), "x.jpg")}
    assert client.post(f"/officer/needs/{WATER}", data=sent).status_code == 303
    assert cards() == [(True, True)], "one form is one note"
    clock.on(minutes=1)
    client.post("/officer/undo", data={"csrf_token": token(client)})
    assert cards() == []
