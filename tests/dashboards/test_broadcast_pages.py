"""A planner's broadcast on its pages: written, its price read, tried, let go, held up, ended; and a poll with its result."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.governing import duty
from gateway.journal.facts.broadcasts import BroadcastPrepared, BroadcastStarted, PollClosed
from gateway.machine import jobs
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
    assert not re.findall('name="do"', page), "what is done can neither be held up nor ended nor tried"
    assert "El corte del lunes" in client.get("/planner/broadcasts/").text


def test_where_nobody_wrote_down_what_a_segment_costs_the_page_says_so(make_node: MakeNode, clock: Clock) -> None:
    node = make_node(extra='[outbox]\nchannel = "console"\n')
    Seed(node).accounts()
    reporters(node, clock, 12)
    client = as_role(app_of(node), "planner")
    page, _ = written(client)
    assert figures(page)["Price"] == "not known"
    assert "price_per_segment under [governor]" in page
    assert "price_per_segment under [governor]" in client.get("/planner/outbox?lang=en").text


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
    page = post(client, address, do="stop")
    assert "0 of 162 phones got it, 0 wait for it." in page
    assert "162 phones do not get it: it was ended" in page
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


@pytest.fixture
def closed(seed: Seed) -> Callable[..., str]:
    """A poll that is over, as a page shows it."""
    def made(counts: dict[str, int], apart: dict[str, int] | None = None) -> str:
        seed.accounts()
        seed.write(BroadcastPrepared(broadcast="b", title="x", audience="place", code="S1604", texts={"es": "¿Que?"},
                                     options={"es": "Cancha|Parque"}, closes_at="2026-12-01T03:59:59.000Z"),
                   BroadcastStarted(broadcast="b", phones=180), PollClosed(broadcast="b", counts=counts, apart=apart or {}))
        return as_role(app_of(seed.node), "planner").get("/planner/broadcasts/b?lang=en").text
    return made


@pytest.mark.parametrize(("label", "counts", "cells"), [
    ("all large enough", {"A F": 40, "A U": 30, "B F": 25, "B U": 44}, [["70", "40", "30"], ["69", "25", "44"]]),
    ("few women chose one: nothing of the inside can be solved for", {"A F": 40, "A U": 30, "B F": 3, "B U": 44},
     [["70", "not told", "not told"], ["47", "not told", "not told"]]),
    ("nobody of one sex chose it, and that is nobody", {"A F": 40, "A U": 30, "B U": 44}, [["70", "40", "30"], ["44", "0", "44"]]),
    ("few chose it at all: how many is told, by whom is not", {"A F": 40, "A U": 30, "B U": 2}, [["70"], ["2"]]),
    ("nobody told their sex", {"A U": 30, "B U": 20}, [["30"], ["20"]])])
def test_a_result_tells_options_and_points_at_nobody(closed: Callable[..., str], label: str, counts: dict[str, int],
                                                     cells: list[list[str]]) -> None:
    page = closed(counts)
    rows = [re.findall(r'<td role="cell" data-label="[^"]*">(?:<span class="few">)?([^<]*?) ?<', row)[:-1]
            for row in re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL)]
    assert rows == cells, label


def test_a_result_of_few_tells_nothing(closed: Callable[..., str]) -> None:
    page = closed({"A F": 4, "B U": 5}, {"A": 3})
    assert "Fewer than 10 people voted" in page
    assert "Cancha" not in page.partition('id="votes"')[2].partition("As they read it")[0]


def test_who_wrote_by_themselves_is_told_apart_and_not_when_few(closed: Callable[..., str]) -> None:
    page = closed({"A U": 30, "B U": 20}, {"A": 3, "B": 12})
    assert "fewer than 10" in page
    assert re.search(r"counted apart\">12</td>", page)


def test_a_poll_is_written_and_sways_nobody_while_it_is_open(client: FlaskClient, node: Node, clock: Clock) -> None:
    page, address = written(client, **{"text-es": "¿Que primero?", "options-es": "Cancha\r\nParque\r\n", "closes": "2026-11-28"})
    assert "¿Que primero? A Cancha B Parque. Responda VOTO y la letra hasta el 28/11." in page
    post(client, address, do="start")
    jobs.work(node)
    for n in range(11):
        say(node, clock, "A", phone(n))
    say(node, clock, "VOTO B", phone(700))
    page = client.get(f"{address}?lang=en").text
    assert "11 people voted so far. 1 more wrote by themselves." in page
    assert 'data-label="Votes"' not in page
    clock.on(days=4)
    jobs.work(node)
    page = as_role(app_of(node), "planner").get(f"{address}?lang=en").text
    assert "The vote is over" in page
    assert "11 people voted." in page
    assert "12 of 12 phones got it" in page.partition("The result, to those who voted")[2]


def test_who_ends_a_poll_early_is_told_what_becomes_of_its_votes_before_and_after(client: FlaskClient, node: Node, clock: Clock) -> None:
    _, address = written(client, **{"text-es": "¿Que hacemos primero?", "options-es": "Cancha\nParque", "closes": "2026-11-28"})
    before = "Ended for good before its last day, its votes are not counted and nobody hears a result."
    page = post(client, address, do="start")
    assert before in page
    jobs.work(node)
    say(node, clock, "A", phone(0))
    page = post(client, address, do="pause")
    assert "Votes are taken while it is held up." in page
    say(node, clock, "voto b", phone(1))
    page = post(client, address, do="stop")
    after = "2 people voted. It was ended before its last day: the votes are not counted, and nobody hears a result."
    assert after in " ".join(page.split())
    assert before not in page
    assert "so far" not in page
    assert "Votes are taken until" not in page


@pytest.mark.parametrize("closes", ["", "soon", "2020-01-01"])
def test_a_poll_without_an_end_is_refused(client: FlaskClient, closes: str) -> None:
    form = {**FORM, "options-es": "Cancha\nParque", "closes": closes, "csrf_token": token(client)}
    assert client.post("/planner/broadcasts/new", data=form).status_code == 409
