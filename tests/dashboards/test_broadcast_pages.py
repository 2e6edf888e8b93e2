"""A planner's broadcast on its pages: written, its price read, tried, let go, held up, ended; and a poll with its result."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway import duty, jobs
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import Seed, app_of, as_role, token
from tests.gateway.crowd import heard, phone, reporters
from tests.gateway.phones import say

FORM = {"title": "El corte del lunes", "place": "S1701", "text-es": "El lunes no hay agua.", "key": "0123456789abcdef"}


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra='[governor]\nprice_per_segment = 0.25\n[outbox]\nchannel = "console"\nautomatic_per_day = 50\n')


@pytest.fixture
def client(app: Flask, node: Node, clock: Clock) -> FlaskClient:
    Seed(node).accounts()
    reporters(node, clock, 12)
    return as_role(app, "planner")


def post(client: FlaskClient, address: str, **form: str) -> str:
    """What a form leads to: the page after it, in English."""
    answer = client.post(address, data={**form, "csrf_token": token(client)})
    return client.get(f"{answer.location}?lang=en").text if answer.status_code == 303 else answer.text


def written(client: FlaskClient, **more: str) -> tuple[str, str]:
    """A new broadcast's page, and its address."""
    answer = client.post("/planner/broadcasts/new", data={**FORM, **more, "csrf_token": token(client)})
    assert answer.status_code == 303, answer.text
    return client.get(f"{answer.location}?lang=en").text, answer.location


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", page))


def test_the_price_comes_first_and_nothing_leaves_before_the_button(client: FlaskClient, node: Node) -> None:
    page, address = written(client)
    assert figures(page) == {"People": "12", "Segments in all": "12", "Price": "3.00", "Days it takes": "1"}
    assert "El lunes no hay agua. Para no recibir mas: BAJA" in page
    jobs.work(node)
    assert heard(node) == {}
    page = post(client, address, do="start")
    assert 'max="12" value="0"' in page
    jobs.work(node)
    page = client.get(f"{address}?lang=en").text
    assert "12 of 12 phones got it, 0 wait for it." in page
    assert 'max="12" value="12"' in page
    assert "All done" in page
    assert "El corte del lunes" in client.get("/planner/broadcasts/").text


def test_it_is_tried_held_up_gone_on_with_and_ended(client: FlaskClient, node: Node, clock: Clock) -> None:
    reporters(node, clock, 150, first=100)
    page, address = written(client)
    assert "barrio duty add" in page
    duty.add(node, "guardia", phone(999))
    assert "guardia" in client.get(address).text
    assert "On its way" in post(client, address, do="try", phone="guardia", language="es")
    post(client, address, do="start")
    assert "Held up" in post(client, address, do="pause")
    jobs.work(node)
    assert heard(node) == {}
    post(client, address, do="resume")
    assert "Ended" in post(client, address, do="stop")
    jobs.work(node)
    assert heard(node) == {}
    assert client.post(address, data={"do": "resume", "csrf_token": token(client)}).status_code == 409


def test_what_is_refused_keeps_what_was_typed(client: FlaskClient) -> None:
    answer = client.post("/planner/broadcasts/new?lang=en", data={**FORM, "place": "S1604", "csrf_token": token(client)})
    assert answer.status_code == 409
    assert "10 people at least" in answer.text
    assert "El lunes no hay agua." in answer.text
    answer = client.post("/planner/broadcasts/new?lang=en", data={**FORM, "place": "pampa", "csrf_token": token(client)})
    assert "Choose the place below." in answer.text
    assert "El lunes no hay agua." in answer.text


def test_an_audience_that_shrank_is_said_and_does_not_start(client: FlaskClient, node: Node, clock: Clock) -> None:
    _, address = written(client)
    for n in range(3):
        say(node, clock, "BAJA", phone(n))
    page = client.get(f"{address}?lang=en").text
    assert "10 people at least" in page
    assert 'value="start"' not in page
    assert client.post(address, data={"do": "start", "csrf_token": token(client)}).status_code == 409


def test_what_a_planner_types_is_never_markup(client: FlaskClient) -> None:
    page, address = written(client, title="<script>alert(1)</script>", **{"text-es": "<b>agua</b> {{7*7}}"})
    for shown in (page, client.get("/planner/broadcasts/").text):
        assert "<script>alert" not in shown
        assert "<b>agua" not in shown


def test_another_nodes_broadcast_is_nobodys_here(client: FlaskClient, make_node: MakeNode, clock: Clock) -> None:
    _, address = written(client)
    other = make_node("other")
    Seed(other).accounts()
    assert as_role(app_of(other), "planner").get(address).status_code == 404
