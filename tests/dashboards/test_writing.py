"""Writing to those who speak for a need from its page: the price first, then once; the thread without numbers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from gateway.decisions import guarding, planning
from gateway.doors import intake
from gateway.journal.canonical import derived_id, iso
from gateway.journal.entries import all_facts
from gateway.journal.facts.answers import AnswerReplied
from gateway.journal.facts.needs import ReportClassified, ReportGathered
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.facts.visits import DESK
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Reply, Task, table
from gateway.node import Node
from tests.conftest import MakeNode, sms
from tests.dashboards.planting import NOW, PASSWORD, Seed, app_of, as_role, need_id, sign_in, token

WATER = need_id("S1604", "WAT01")
ADDRESS, WORDS = f"/officer/needs/{WATER}/answer", "El jueves de 8 a 12 no hay agua"
CONTACT, REPLY, TASK = table(Contact), table(Reply), table(Task)


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra="[governor]\nprice_per_segment = 0.25\n")


@pytest.fixture
def planted(node: Node) -> Seed:
    """Two phones that may be written to, one of another country."""
    seed = Seed(node)
    seed.accounts()
    planning.enrol(node, "luz", "officer", ["S1701"], PASSWORD)
    for sender, number in (("a", "+59170000001"), ("b", "+59170000002"), ("c", "+33600000001")):
        seed.report("sin agua", sender=sender)
        with node.database.writing() as c:
            insert(c, CONTACT, [{"sender": sender, "channel": "console", "number": node.vault.seal(number.encode())}])
    return seed


@pytest.fixture
def client(app: Flask, planted: Seed) -> FlaskClient:
    return as_role(app, "planner")


def sent(node: Node) -> list[str]:
    with node.database.reading() as c:
        return sorted(c.execute(select(REPLY.c.text).where(REPLY.c.kind == "answer")).scalars())


def key_of(page: str) -> str:
    found = re.search('name="key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_price_comes_first_and_the_texts_once(client: FlaskClient, node: Node) -> None:
    form = {"csrf_token": token(client), "text": WORDS}
    shown = client.post(f"{ADDRESS}?lang=en", data=form)
    assert shown.status_code == 200
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", shown.text))
    assert figures == {"Phones": "2", "Segments a phone, at most": "1", "Segments in all": "2", "Price": "0.50"}
    assert f"Aviso 10005: {WORDS}" in shown.text
    assert "1 phone is of a country that is not written to." in shown.text
    assert sent(node) == []
    confirmed = form | {"send": "yes", "key": key_of(shown.text), "to": ""}
    for _ in range(2):
        assert client.post(ADDRESS, data=confirmed).status_code == 303
    assert sent(node) == [f"Aviso 10005: {WORDS}", f"Aviso 10017: {WORDS}"]
    page = client.get(f"/planner/needs/{WATER}?lang=en").text
    assert "ana-planner wrote to 2 phones." in page
    assert "ana-planner wrote to the residents." in page, "the journal"
    with node.database.reading() as c:
        assert [fact.by for fact in all_facts(c, ["need_answered"])] == ["ana-planner"]


def test_a_confirmation_without_its_form_is_shown_the_price_again(client: FlaskClient, node: Node) -> None:
    assert client.post(ADDRESS, data={"csrf_token": token(client), "text": WORDS, "send": "yes"}).status_code == 200
    assert sent(node) == []


@pytest.mark.parametrize(("label", "more", "status"), [
    ("no token",                        {"csrf_token": ""}, 400),
    ("no words",                        {"text": "  "}, 409),
    ("too long",                        {"text": "a" * 310}, 409),
    ("a report of another need",        {"to": "nothing"}, 404),
])
def test_what_is_refused(client: FlaskClient, node: Node, label: str, more: dict[str, str], status: int) -> None:
    form = {"csrf_token": token(client), "text": WORDS, "send": "yes", "key": "k"} | more
    assert client.post(ADDRESS, data=form).status_code == status, label
    assert sent(node) == []


def test_an_officer_writes_in_their_areas_alone(app: Flask, planted: Seed, node: Node) -> None:
    client = app.test_client()
    sign_in(client, "luz")
    form = {"csrf_token": token(client), "text": WORDS, "send": "yes", "key": "k"}
    assert client.post(ADDRESS, data=form).status_code == 404
    planted.report("sin agua en kupini", place="S1701")
    elsewhere = f"/officer/needs/{need_id('S1701', 'WAT01')}/answer"
    assert client.post(elsewhere, data={"csrf_token": token(client), "text": WORDS}).status_code == 200
    assert client.post(elsewhere, data=form | {"csrf_token": token(client), "to": planted.ids["10005"]}).status_code == 404
    assert sent(node) == []
    officer = as_role(app, "officer")
    answered = officer.post(ADDRESS, data=form | {"csrf_token": token(officer), "to": planted.ids["10005"]})
    assert (answered.status_code, answered.location) == (303, f"/officer/needs/{WATER}")
    assert sent(node) == [f"Aviso 10005: {WORDS}"]
    assert "ana-officer wrote to the phone of report 10005." in officer.get(f"/officer/needs/{WATER}?lang=en").text


def test_the_thread_shows_what_came_back_and_no_number(client: FlaskClient, planted: Seed, node: Node) -> None:
    message = derived_id("message", "back")
    planted.write(
        MessageReceived(message=message, sender="a", channel="console", provider_id="back", text="<b>yo abro</b>", received_at="2026"),
        AnswerReplied(report=planted.ids["10005"], message=message, sender="a", need=WATER, answer="x", text="<b>yo abro</b>"), at=NOW)
    page = client.get(f"/planner/needs/{WATER}?lang=en").text
    assert "Written back about report 10005." in page
    assert "&lt;b&gt;yo abro&lt;/b&gt;" in page
    assert "70000001" not in page
    guarding.restrict(node, message, why="", by="vera")
    assert "yo abro" not in client.get(f"/planner/needs/{WATER}").text


def test_a_need_whose_reports_are_all_restricted_is_nobody_s_to_write_to(node: Node) -> None:
    seed = Seed(node)
    seed.accounts()
    seed.report(restricted=True)
    client = as_role(app_of(node), "planner")
    assert client.post(ADDRESS, data={"csrf_token": token(client), "text": WORDS}).status_code == 404


@pytest.fixture
def field(make_node: MakeNode) -> Node:
    """A box in the field that took one phone's texts itself, and knows of two others and of somebody who came in person."""
    node = make_node("kiosk", role="field")
    seed = Seed(node)
    seed.accounts()
    for sender in ("own", "hub1", "hub2"):
        seed.report("sin agua", sender=sender)
    with node.database.writing() as c:
        insert(c, CONTACT, [{"sender": "own", "channel": "console", "number": node.vault.seal(b"+59170000001")}])
    seed.write(MessageReceived(message="m1", sender="came", channel=DESK, provider_id="1", text="no hay agua", received_at=iso(NOW),
                               road=DESK),
               ReportFiled(report="r1", message="m1", sender="came", reference="99990", intent="report", language="es", category="WAT01",
                           place_code="S1604"),
               ReportClassified(report="r1", category="WAT01", confidence=0.9, urgency=2, restricted=False, model="rules"),
               ReportGathered(report="r1", need=WATER))
    return node


def asked(node: Node, language: str = "en") -> str:
    client = as_role(app_of(node), "officer")
    page = client.post(f"{ADDRESS}?lang={language}", data={"csrf_token": token(client), "text": WORDS}).text
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def test_an_officer_in_the_field_reads_why_others_are_not_written_to(field: Node) -> None:
    page = asked(field)
    assert "Phones 1 " in page
    assert "2 phones are at the hub: their numbers are not on this machine. They can be written to from there." in page
    assert "1 person came in person and left no number." in page
    for language, said in (("es", "2 teléfonos están en el nodo central"), ("fr", "2 téléphones sont au nœud central"),
                           ("ar", "هاتفان في العقدة المركزية")):
        assert said in asked(field, language)


def test_where_nobody_can_be_written_to_the_reasons_stand_beside_it(field: Node) -> None:
    with field.database.writing() as c:
        c.execute(delete(CONTACT))
    page = asked(field)
    assert "3 phones are at the hub" in page
    assert "Nobody can be written to about this." in page


def test_of_one_report_the_reason_is_that_phones(client: FlaskClient, node: Node, planted: Seed) -> None:
    reference = planted.report("sin agua", sender="afar")
    page = client.post(f"{ADDRESS}?lang=en", data={"csrf_token": token(client), "text": WORDS, "to": planted.ids[reference]}).text
    assert "1 phone is at another machine, which took its texts" in page
    assert "country" not in page
    whole = client.post(f"{ADDRESS}?lang=en", data={"csrf_token": token(client), "text": WORDS}).text
    assert "1 phone is at another machine" in whole


@pytest.mark.parametrize("language", ["es", "en", "fr", "ar"])
def test_who_writes_down_a_number_and_answers_it_does_not_learn_whether_it_said_stop(client: FlaskClient, node: Node, planted: Seed,
                                                                                    language: str) -> None:
    """To the letter the page of a phone that wants texts; it gets none all the same."""
    pages, sent = [], []
    for said in ("STOP", "HOLA"):
        number = f"+5917111{len(pages)}991"
        with node.database.writing() as c:
            intake.receive(c, node, [sms(said, said, number, node.now())])
            c.execute(delete(TASK))
        reference = planted.report("sin agua", sender=node.vault.sender(number))
        form = {"csrf_token": token(client), "text": WORDS, "to": planted.ids[reference], "key": said}
        before = client.post(f"{ADDRESS}?lang={language}", data=form).text
        after = client.post(f"{ADDRESS}?lang={language}", data=form | {"send": "yes"})
        flashed = re.findall(r'<p class="note done".*?</p>', client.get(after.location).text)
        pages.append([re.sub(r'"[0-9a-f]{16}"|csrf_token" value="[^"]+"', "", page.replace(reference, "N").replace(
            planted.ids[reference], "id")) for page in (before, *flashed)])
        with node.database.reading() as c:
            sent.append(c.execute(select(REPLY.c.id).where(REPLY.c.kind == "answer", REPLY.c.sender == node.vault.sender(number))).all())
    assert pages[0] == pages[1]
    assert len(pages[0]) == 2, "one before, and one that says it was done"
    assert [len(each) for each in sent] == [0, 1]
