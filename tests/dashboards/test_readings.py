"""Saying what a text is about, from the inbox or from a need: what is offered, what is refused, and taking it back."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboards import labels
from gateway.journal.canonical import derived_id
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Reply, Report, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import Seed, app_of, as_role, need_id, token
from tests.dashboards.queueing import officer

REPORT, NEED, REPLY = table(Report), table(Need), table(Reply)
INBOX = "/planner/inbox?lang=en"


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    return seed


def read(client: FlaskClient, message: str, category: str, place: str, **more: str) -> tuple[int, str]:
    answer = client.post(f"/planner/inbox/{message}/read?lang=en", data={
        "csrf_token": token(client), "category": category, "place": place, "why": "she called", "after": ""} | more)
    return answer.status_code, answer.text


def where(node: Node, message: str) -> tuple[object, ...]:
    """(category, place) of a text's report, and the place of the need that it stands in."""
    with node.database.reading() as c:
        return tuple(c.execute(select(REPORT.c.category, REPORT.c.place_code, NEED.c.place_code)
                               .outerjoin(NEED, NEED.c.id == REPORT.c.need).where(REPORT.c.message == message)).one())


def planned_report(node: Node, message: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(REPORT.c.id).where(REPORT.c.message == message)).scalar_one())


def last(seed: Seed) -> str:
    return derived_id("message", str(seed.count))


@pytest.mark.parametrize("language", ["es", "en", "fr", "ar"])
def test_every_kind_of_need_is_offered_in_the_readers_language(language: str, app: Flask, planted: Seed) -> None:
    message = planted.unread("qwerty")
    page = as_role(app, "planner").get(f"/planner/inbox/{message}/read?lang={language}").text
    offered = re.findall(r'<option value="(\w+)"', page)
    assert offered == [code for code in labels.taxonomy() if len(code) > 3]
    assert len(offered) == 89
    assert page.count("<optgroup") == 16
    assert labels.category("LIT01", language) in page


def test_a_text_nobody_understood_is_read_joins_its_need_and_is_taken_back(app: Flask, planted: Seed, node: Node) -> None:
    message = planted.unread("la lampara de las gradas")
    client = as_role(app, "planner")
    assert f"/planner/inbox/{message}/read" in client.get(INBOX).text
    assert read(client, message, "LIT01", "Kupini")[0] == 303
    page = client.get(INBOX).text
    assert "It joins its need within seconds" in page
    assert "la lampara" not in page, "it waits for nobody"
    assert "Read by ana-planner on Nov 25, 2026" in page
    assert "she called" in page
    jobs.work(node)
    assert where(node, message) == ("LIT01", "S1701", "S1701")
    with node.database.reading() as c:
        assert c.execute(select(REPLY.c.id)).all() == [], "nobody was answered"
        report, entry = re.findall(r'name="report" value="(\w+)"><input type="hidden" name="after" value="([^"]+)"', page)[0]
    rebuild(node.database, verify=True)
    client.post(f"/planner/inbox/{message}/unread", data={"csrf_token": token(client), "report": report, "after": entry})
    page = client.get(INBOX).text
    assert "says again what it said before" in page
    assert "la lampara" in page
    assert "Read by ana-planner" not in page
    rebuild(node.database, verify=True)


def test_a_report_of_a_need_that_was_understood_wrongly_moves(app: Flask, planted: Seed, node: Node) -> None:
    reference = planted.report("mi calle sin luz")
    message, report = last(planted), planted.ids[reference]
    client = as_role(app, "planner")
    address = f"/planner/needs/{need_id('S1604', 'WAT01')}"
    assert f"/planner/inbox/{message}/read?report={report}" in client.get(address).text
    page = client.get(f"/planner/inbox/{message}/read?report={report}&lang=en").text
    assert '<option value="WAT01" selected>' in page
    assert 'value="Pampahasi (S1604)"' in page
    assert read(client, message, "LIT01", "Kupini", report=report)[0] == 303
    jobs.work(node)
    assert where(node, message) == ("LIT01", "S1701", "S1701")
    assert client.get(address).status_code == 404, "nothing is left of the need it stood in"


def test_what_lacks_one_thing_is_given_it_and_leaves_the_list(app: Flask, planted: Seed, node: Node) -> None:
    reference = planted.report("hay un hueco", category="ACC01", place=None, errors=("missing_place",))
    client = as_role(app, "planner")
    assert read(client, last(planted), "", "Kupini", report=planted.ids[reference])[0] == 303
    page = client.get(INBOX).text
    assert "once both its kind and its place are known" in page
    assert "hay un hueco" in page, "now its kind is missing"
    assert read(client, last(planted), "ACC01", "Kupini", report=planted.ids[reference])[0] == 303
    assert "hay un hueco" not in client.get(INBOX).text
    jobs.work(node)
    assert where(node, last(planted)) == ("ACC01", "S1701", "S1701")


@pytest.mark.parametrize(("label", "category", "place", "said"), [
    ("nothing at all", "", "", "Say what it is about, or where it is."),
    ("a kind that is none", "XXX99", "Kupini", "Choose the kind of need from the list."),
    ("a group of kinds", "WAT", "Kupini", "Choose the kind of need from the list."),
    ("a place of two", "LIT01", "seguencoma", "Choose the place below."),
    ("a place that is none", "LIT01", "xqzwv", "No place is called so."),
])
def test_every_slip_has_its_words(label: str, category: str, place: str, said: str, app: Flask, planted: Seed, node: Node) -> None:
    message = planted.unread("qwerty")
    status, page = read(as_role(app, "planner"), message, category, place)
    assert (status, said in page) == (409, True), label
    assert "she called" in page, "what was typed is kept"
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.id)).all() == []


@pytest.mark.parametrize(("label", "restricted", "intent"), [
    ("a restricted report", True, "report"), ("violence", True, "protection"), ("not classified yet", None, "report")])
@pytest.mark.parametrize("role", ["planner", "admin", "focal"])
def test_restricted_reports_stay_out(role: str, label: str, restricted: bool | None, intent: str, app: Flask, planted: Seed) -> None:
    reference = planted.report("ZZSECRET", restricted=restricted, intent=intent, need=False)
    message, report = last(planted), planted.ids[reference]
    client = as_role(app, role)
    for query in ("", f"?report={report}"):
        answer = client.get(f"/planner/inbox/{message}/read{query}")
        assert (answer.status_code, "ZZSECRET" in answer.text) == (404, False), label
    for more in ({}, {"report": report}):
        assert read(client, message, "WAT01", "Kupini", **more)[0] == 404, label
    assert client.post(f"/planner/inbox/{message}/unread", data={"csrf_token": token(client), "report": report}).status_code == 404


def test_a_text_read_as_violence_leaves_every_list_and_is_the_focal_points(app: Flask, planted: Seed, node: Node) -> None:
    message = planted.unread("ZZSECRET")
    client = as_role(app, "planner")
    assert "only for the focal point" in client.get(f"/planner/inbox/{message}/read?lang=en").text
    assert read(client, message, "SAF03", "Kupini")[0] == 303
    page = client.get(INBOX).text
    assert "only the focal point reads this text" in page
    assert "ZZSECRET" not in page
    assert "Read by ana-planner" not in page
    assert client.get(f"/planner/inbox/{message}/read").status_code == 404
    jobs.work(node)
    report = planned_report(node, message)
    assert "ZZSECRET" in as_role(app, "focal").get(f"/planner/restricted/{report}").text


def test_two_who_read_one_text_without_seeing_each_other_are_told(app: Flask, planted: Seed) -> None:
    message = planted.unread("qwerty")
    assert read(as_role(app, "planner"), message, "LIT01", "Kupini")[0] == 303
    assert read(as_role(app, "admin"), message, "WAT01", "Pampahasi")[0] == 303
    client = as_role(app, "planner")
    assert "contested" in client.get(INBOX).text
    report = re.findall(r'name="report" value="(\w+)"', client.get(INBOX).text)[0]
    page = client.get(f"/planner/inbox/{message}/read?report={report}&lang=en").text
    assert "Two people read this text" in page
    assert "Read by ana-admin" in page


def test_the_page_reads_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.accounts()
    message = seed.unread("qwerty")
    client = as_role(app_of(node), "planner")
    assert client.get(f"/planner/inbox/{message}/read").status_code == 200
    assert read(client, message, "LIT01", "Kupini")[0] == 303
    jobs.work(node)
    assert where(node, message) == ("LIT01", "S1701", "S1701")
    page = client.get(INBOX).text
    assert "Read by ana-planner" in page


@pytest.mark.parametrize(("label", "areas", "place", "get", "post"), [
    ("a text of their area, put elsewhere in it",   ("S1600",), "S1604", 200, 303),
    ("a text of their area, put outside it",        ("S1600",), "S1701", 200, 409),
    ("a text of their area, put nowhere",           ("S1600",), "",      200, 409),
    ("a text of another's area",                    ("S1700",), "S1701", 404, 404),
    ("a text of any area, for who has all",         ("*",),     "S1701", 200, 303),
])
def test_an_officer_reads_what_lies_in_their_areas(
        label: str, areas: tuple[str, ...], place: str, get: int, post: int, app: Flask, planted: Seed, node: Node) -> None:
    planted.report("no hay agua en la esquina")
    message, client = last(planted), officer(app, node, *areas)
    assert client.get(f"/planner/inbox/{message}/read").status_code == get
    assert read(client, message, "LIT01", place)[0] == post
    assert where(node, message)[:2] == (("LIT01", place) if post == 303 else ("WAT01", "S1604"))


def test_an_officer_of_a_part_of_the_city_reads_no_text_without_a_place_and_nobody_a_restricted_one(
        app: Flask, planted: Seed, node: Node) -> None:
    stray = planted.unread("qwerty")
    planted.report("me pega", category="SAF03", restricted=True)
    client = officer(app, node, "S1600")
    for message in (stray, last(planted)):
        assert client.get(f"/planner/inbox/{message}/read").status_code == 404
        assert read(client, message, "LIT01", "S1604")[0] == 404
    assert as_role(app, "officer").get(f"/planner/inbox/{stray}/read").status_code == 200, "this one has the whole city"
    assert as_role(app, "officer").get(f"/planner/inbox/{last(planted)}/read").status_code == 404


def test_the_queue_offers_reading_to_an_officer_and_leads_back(app: Flask, planted: Seed, node: Node) -> None:
    planted.report("no hay agua", category="WAT", need=False)
    client = officer(app, node, "S1600")
    page = client.get("/queue/?lang=en").text
    address = re.search(r'class="read" href="([^"]+)"', page)
    assert address is not None
    assert client.get(unescape(address[1])).status_code == 200
    assert 'data-key="e"' in client.get(f"/queue/report/{planned_report(node, last(planted))}").text
    report = planned_report(node, last(planted))
    answer = client.post(f"/planner/inbox/{last(planted)}/read", data={
        "csrf_token": token(client), "category": "WAT01", "place": "S1604", "report": report, "queue": "rows=50"})
    assert (answer.status_code, answer.location) == (303, "/queue/?rows=50")
