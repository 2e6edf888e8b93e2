"""The outbox's page says what leaves and what it costs, and has the switch that stops it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from gateway.governing import governor
from gateway.journal.canonical import derived_id
from gateway.journal.facts.replies import ReplyFailed, ReplyUncertain
from gateway.journal.rows import upsert
from gateway.journal.tables import Meter, table
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, Seed, app_of, as_role, token

HERE = "/planner/outbox?lang=en"
RULES = "[governor]\nsegments_per_day = 500\nprice_per_segment = 0.05\n"


def switch(client: FlaskClient, **form: str) -> str:
    page = client.post("/planner/outbox", data={"csrf_token": token(client), **form}, follow_redirects=True)
    return page.text


def test_the_page_says_what_left_and_stops_it(make_node: MakeNode) -> None:
    node: Node = make_node(extra=RULES, now=lambda: NOW)
    Seed(node).accounts()
    client = as_role(app_of(node), "planner")
    with node.database.writing() as c:
        day, month = governor.keys(node, NOW)
        upsert(c, table(Meter), [{"id": day, "segments": 120}, {"id": month, "segments": 900}])
    page = client.get(HERE).text
    assert all(figure in page for figure in ("120 / 500", ">900<", ">45.00<"))
    assert "a loop of two machines" in switch(client, sending="stop", why="a loop of two machines")
    with node.database.reading() as c:
        stopped = governor.stopped(c)
    assert stopped is not None
    assert "<button name=\"sending\" value=\"start\">" in client.get(HERE).text
    switch(client, sending="start")
    with node.database.reading() as c:
        assert governor.stopped(c) is None


def test_what_may_or_may_not_have_left_is_said_to_be_for_a_person(make_node: MakeNode) -> None:
    node: Node = make_node(now=lambda: NOW)
    seed = Seed(node)
    seed.accounts()
    seed.report()
    client = as_role(app_of(node), "planner")
    assert "nobody knows whether it left" not in client.get(HERE).text
    seed.write(ReplyUncertain(reply=derived_id("reply", str(seed.count)), reason="HTTP 503"), at=NOW)
    assert "nobody knows whether it left, so it is not sent again" in client.get(HERE).text


@pytest.mark.parametrize(("language", "words"), [
    ("es", "no quiere mensajes"), ("fr", "ne veut pas de messages"), ("ar", "لا يريد رسائل"), ("en", "wants no texts")])
def test_why_a_reply_did_not_leave_is_said_in_words_and_a_providers_code_as_it_is(make_node: MakeNode, language: str, words: str) -> None:
    node: Node = make_node(now=lambda: NOW)
    seed = Seed(node)
    seed.accounts()
    for n, reason in enumerate(("opted_out", "21211"), 1):
        seed.report()
        seed.write(ReplyFailed(reply=derived_id("reply", str(n)), reason=reason), at=NOW)
    page = as_role(app_of(node), "planner").get(f"/planner/outbox?state=failed&lang={language}").text
    assert f"<small>{words}</small>" in page
    assert "opted_out" not in page
    assert '<bdi dir="ltr">21211</bdi>' in page
