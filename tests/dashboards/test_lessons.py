"""The page of what was learned: what, from whom, which words; forgetting one lesson or all of an account's."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.decisions import planning
from gateway.node import Node
from tests.dashboards.planting import Seed, as_role, token

PAGE = "/planner/lessons?lang=en"
TRACUNA = "la tracuna de mi cuadra no bota nada"


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    return seed


def test_nothing_was_learned_yet(app: Flask, planted: Seed) -> None:
    page = as_role(app, "planner").get(PAGE).text
    assert "Nothing was learned yet." in page
    assert "Nobody has taught anything yet." in page


def test_a_lesson_is_shown_with_who_taught_it_and_what_moved_and_is_forgotten(app: Flask, planted: Seed, node: Node) -> None:
    report = planning.read_message(node, planted.unread(TRACUNA), "WAT03", "S1701", why="", by="rosa")
    client = as_role(app, "planner")
    page = client.get(PAGE).text
    assert TRACUNA in page
    assert "Read by rosa" in page
    assert "Words that moved: tracuna" in page
    assert "1 lesson" in page
    assert node.meaning(TRACUNA)[0][0] == "WAT03"
    answer = client.post("/planner/lessons?lang=en", data={"csrf_token": token(client), "report": report, "do": "forget"})
    assert answer.status_code == 303
    page = client.get(PAGE).text
    assert "Forgotten. The reports stay as they were read." in page
    assert "Words that moved:" not in page
    assert node.meaning(TRACUNA)[0][0] != "WAT03"
    client.post("/planner/lessons?lang=en", data={"csrf_token": token(client), "report": report, "do": "again"})
    assert "It is learned again." in client.get(PAGE).text
    assert node.meaning(TRACUNA)[0][0] == "WAT03"


def test_all_of_an_account_is_forgotten(app: Flask, planted: Seed, node: Node) -> None:
    for text in (TRACUNA, "el zumbarro de la plaza parpadea"):
        planning.read_message(node, planted.unread(text), "WAT03", "S1701", why="", by="rosa")
    client = as_role(app, "admin")
    client.post("/planner/lessons?lang=en", data={"csrf_token": token(client), "account": "rosa", "do": "forget"})
    page = client.get(PAGE).text
    assert "forgotten: 2" in page
    assert "Learn all of it again" in page
    assert node.school.learnt == {}
    client.post("/planner/lessons?lang=en", data={"csrf_token": token(client), "account": "rosa", "do": "again"})
    assert len(node.school.learnt) == 2
    assert "forgotten: 2" not in client.get(PAGE).text


def test_a_lesson_that_counts_little_says_so(app: Flask, planted: Seed, node: Node) -> None:
    planning.read_message(node, planted.unread("no hay agua en todo el barrio"), "LIT01", "S1701", why="", by="rosa")
    assert "It counts little so far" in as_role(app, "planner").get(PAGE).text


def test_hostile_words_stay_words_and_restricted_ones_stay_out(app: Flask, planted: Seed, node: Node) -> None:
    planning.read_message(node, planted.unread("<script>x</script> tracuna seca rota"), "WAT03", "S1701", why="", by="rosa")
    planning.read_message(node, planted.unread("ZZSECRET tracuna seca rota"), "SAF03", "S1701", why="", by="rosa")
    for role in ("planner", "focal", "admin"):
        page = as_role(app, role).get(PAGE).text
        assert "<script>x" not in page
        assert "ZZSECRET" not in page
        assert "1 lesson" in page


def test_what_is_not_there_cannot_be_forgotten(app: Flask, planted: Seed) -> None:
    client = as_role(app, "planner")
    for form in ({"report": "nothing"}, {"account": "nobody"}, {}):
        assert client.post("/planner/lessons", data={"csrf_token": token(client), "do": "forget", **form}).status_code == 404
