"""What a planner sees of needs, in which order, and what comes of a decision."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards.queries import needs as seen
from dashboards.queries.needs import Wanted
from gateway.decisions import pinning, planning
from gateway.journal.canonical import derived_id, iso
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import CommandGiven, RepairJudged
from gateway.journal.facts.tellings import ChangeTold
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, table
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, Seed, app_of, as_role, need_id, token

PIN = "detras del molino"
WATER, LIGHT, WASTE = need_id("S1604", "WAT01"), need_id("P1314", "LIT01"), need_id("S1701", "WST01")


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.works()
    seed.accounts()
    seed.report("mi calle sin agua", sender="a", urgency=2)
    seed.report("seguimos sin agua", sender="a", urgency=2, at=NOW - timedelta(days=3))
    seed.report("no hay luz", category="LIT01", place="P1314", urgency=4)
    seed.report("basura", category="WST01", place="S1701", urgency=2, sender="b", at=NOW - timedelta(days=9))
    seed.report("mas basura", category="WST01", place="S1701", urgency=2, sender="c")
    return seed


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The needs of the list, in its order."""
    page = client.get(f"/planner/?{query}").text
    places = [(page.find(f"/planner/needs/{need}"), need) for need in (WATER, LIGHT, WASTE)]
    return [need for at, need in sorted(places) if at >= 0]


@pytest.mark.parametrize(("label", "query", "expected"), [
    ("urgency first, then people", "", [LIGHT, WASTE, WATER]),
    ("a zone", "place=S1604", [WATER]),
    ("a district has what its zones have", "place=S1600", [WATER]),
    ("a macrodistrict too", "place=S0000", [WASTE, WATER]),
    ("an unknown place is no filter", "place=nowhere", [LIGHT, WASTE, WATER]),
    ("a category has its subcategories", "category=WAT", [WATER]),
    ("a subcategory", "category=WAT01", [WATER]),
    ("another subcategory", "category=WAT02", []),
    ("at least urgent", "urgency=3", [LIGHT]),
    ("a status", "status=verified", [WASTE]),
    ("nothing is closed yet", "status=closed", []),
    ("every status", "status=all", [LIGHT, WASTE, WATER]),
    ("answered by a work", "covered=yes", [WATER]),
    ("by none", "covered=no", [LIGHT, WASTE]),
    ("two filters at once", "place=S0000&covered=no", [WASTE]),
    ("nonsense in every filter", "place=%00&category=;&urgency=-1&status=x&covered=2&page=-5", [LIGHT, WASTE, WATER]),
    ("a page far out", "page=99999999999", []),
])
def test_the_list(label: str, query: str, expected: list[str], app: Flask, planted: Seed, node: Node) -> None:
    planning.link_need(node, WATER, "W-1", why="", by="ana")
    planning.change_status(node, WASTE, "verified", note="", by="ana", after=None)
    assert listed(as_role(app, "planner"), query) == expected


def test_people_are_phones_not_messages_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    first = seed.report("sin agua", sender="a")
    seed.report("todavia sin agua", sender="a")
    seed.report("yo igual", sender="b")
    taken_back = seed.report("me equivoque", sender="c")
    seed.write(CommandGiven(message="m", sender="c", intent="cancel", language="es", report=seed.ids[taken_back], reference=taken_back))
    for sender in ("a", "b", "d", "d"):
        seed.support(first, sender)
    seed.report("me pega", sender="e", restricted=True)
    with node.database.reading() as c:
        [line], more = seen.needs(c, node, Wanted())
        assert seen.need(c, WATER) is not None
        assert seen.need(c, "nothing") is None
    assert (line.people, line.reports, more) == (3, 3, False)


def test_every_page_answers_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.works()
    seed.accounts()
    reference = seed.report()
    seed.report(place=None, place_text=PIN)
    pinning.pin(node, "tienda de Lucha", "S1701", by="ana")
    seed.report(restricted=True)
    seed.unread("qwerty")
    planning.link_need(node, WATER, "W-1", why="", by="ana")
    client = as_role(app_of(node), "focal")
    for path in ("/", "/?district=S1600", f"/track/{reference}", "/planner", "/planner/?place=S0000&category=WAT&urgency=2&covered=yes",
                 f"/planner/needs/{WATER}", "/planner/inbox", "/planner/outbox?state=queued", "/planner/quarantine", "/planner/restricted",
                 "/officer/landmarks", f"/officer/landmarks/pin?phrase={PIN}"):
        assert client.get(path, follow_redirects=True).status_code == 200, path


def test_fifty_a_page(app: Flask, seed: Seed, node: Node) -> None:
    zones = [row["code"] for row in node.city.places if row["kind"] == "zone"][:51]
    with seed.together():
        for zone in zones:
            seed.report(place=zone)
    with node.database.reading() as c:
        first, more = seen.needs(c, node, Wanted())
        second, end = seen.needs(c, node, Wanted(page=2))
    assert (len(first), more, len(second), end) == (50, True, 1, False)
    assert {line.place_code for line in first + second} == set(zones)


def test_a_need_shows_its_reports_works_reasons_and_journal(app: Flask, planted: Seed) -> None:
    page = as_role(app, "planner").get(f"/planner/needs/{WATER}?lang=en").text
    for words in ("mi calle sin agua", "seguimos sin agua", "word: agua", "two phones", "Suggested: same district", "Red de agua Pampahasi",
                  "Gradas Kupini", "The need was opened.", "Report 10005 joined."):
        assert words in page, words
    assert page.index("Red de agua Pampahasi") < page.index("Other works") < page.index("Gradas Kupini")


def test_a_decision_is_an_entry_by_the_person_and_shows_in_the_journal(app: Flask, planted: Seed) -> None:
    client = as_role(app, "planner")
    address = f"/planner/needs/{WATER}"
    client.post(f"{address}/link", data={"csrf_token": token(client), "work": "W-1", "why": "the same pipe"})
    page = client.get(f"{address}?lang=en").text
    assert "ana-planner linked the work Red de agua Pampahasi." in page
    assert "the same pipe" in page
    client.post(f"{address}/status", data={"csrf_token": token(client), "status": "planned", "note": "for 2027", "after": ""})
    page = client.get(address).text
    assert "ana-planner set the status to “Planned”." in page
    assert "for 2027" in page
    client.post(f"{address}/unlink", data={"csrf_token": token(client), "work": "W-1", "why": "another street", "after": ""})
    page = client.get(address).text
    assert "ana-planner took back the link to Red de agua Pampahasi." in page
    assert "another street" in page


def test_two_people_who_answer_the_same_page_are_told(app: Flask, planted: Seed) -> None:
    one, two = as_role(app, "planner"), as_role(app, "admin")
    address = f"/planner/needs/{WATER}?lang=en"
    one.post(f"/planner/needs/{WATER}/status", data={"csrf_token": token(one), "status": "verified", "after": ""})
    assert "at the same time" not in one.get(address).text
    two.post(f"/planner/needs/{WATER}/status", data={"csrf_token": token(two), "status": "rejected", "after": ""})
    assert "at the same time" in one.get(address).text


@pytest.mark.parametrize(("label", "address", "form", "status"), [
    ("an unknown need", "/planner/needs/nothing/link", {"work": "W-1"}, 404),
    ("an unknown work", f"/planner/needs/{WATER}/link", {"work": "W-9"}, 404),
    ("no work chosen", f"/planner/needs/{WATER}/link", {}, 303),
    ("an unknown status", f"/planner/needs/{WATER}/status", {"status": "deleted"}, 409),
    ("an unknown decision", "/planner/inbox/" + derived_id("message", "1"), {"decision": "burn"}, 409),
    ("an unknown text", "/planner/inbox/nothing", {"decision": "noted"}, 404),
    ("a form too long", f"/planner/needs/{WATER}/status", {"status": "open", "note": "x" * 200_000}, 413),
    ("a note with every odd character", f"/planner/needs/{WATER}/status", {"status": "open", "note": "\x00\u202e\ud800<b>"}, 303),
])
def test_a_wrong_decision_is_refused_in_words(label: str, address: str, form: dict[str, str], status: int, app: Flask,
                                              planted: Seed) -> None:
    client = as_role(app, "planner")
    sent = {"csrf_token": token(client)} | {k: v.encode("utf-8", "surrogatepass") for k, v in form.items()}
    answer = client.post(address, data=sent)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert client.get(f"/planner/needs/{WATER}").status_code == 200


def test_a_text_is_settled_with_one_button(app: Flask, planted: Seed) -> None:
    message = planted.unread("qwerty qwerty")
    reference = planted.report("hay un hueco", category="ACC01", place=None, errors=("missing_place",))
    client = as_role(app, "planner")
    page = client.get("/planner/inbox?lang=en").text
    assert "qwerty qwerty" in page
    assert "hay un hueco" in page
    assert reference in page
    assert "no place" in page
    assert "2 texts wait" in client.get("/planner/").text
    client.post(f"/planner/inbox/{message}", data={"csrf_token": token(client), "decision": "not_a_need"})
    client.post(f"/planner/inbox/{derived_id('message', str(planted.count))}", data={"csrf_token": token(client), "decision": "noted"})
    page = client.get("/planner/inbox").text
    assert "qwerty qwerty" not in page
    assert "hay un hueco" not in page


def test_work_put_aside_is_shown_and_tried_again(app: Flask, planted: Seed, node: Node) -> None:
    with node.database.writing() as c:
        c.exec_driver_sql("INSERT INTO task (kind, subject, due_at, attempts, error, quarantined_at) VALUES "
                          "('classify', 'r1', '2026-11-25T00:00:00.000Z', 5, 'ValueError', '2026-11-25T00:00:00.000Z')")
    client = as_role(app, "planner")
    assert "ValueError" in client.get("/planner/quarantine").text
    client.post("/planner/quarantine", data={"csrf_token": token(client), "kind": "classify", "subject": "r1"})
    assert "ValueError" not in client.get("/planner/quarantine").text


def test_trying_a_text_says_why_and_stores_nothing(app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "planner")
    with node.database.reading() as c:
        before = c.exec_driver_sql("SELECT count(*) FROM entry").scalar()
    page = client.post("/planner/try?lang=en", data={"csrf_token": token(client), "text": "no hay agua en pampahasi hace 3 dias"}).text
    for words in ("No water", "Pampahasi", "no hay agua", "<dd><bdi>3</bdi>"):
        assert words in page, words
    with node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM entry").scalar() == before


def test_a_need_says_who_will_be_told_and_was_and_a_planner_may_hold_it_back(app: Flask, planted: Seed, node: Node) -> None:
    with node.database.writing() as c:
        insert(c, table(Contact), [{"sender": "a", "channel": "console", "number": node.vault.seal(b"+59170000001")}])
    client, address = as_role(app, "planner"), f"/planner/needs/{WATER}"
    assert "Nothing was decided yet" in client.get(f"{address}?lang=en").text
    client.post(f"{address}/status", data={"csrf_token": token(client), "status": "rejected", "reason": "another company", "after": ""})
    page = client.get(address).text
    assert "1 phone will be told" in page
    assert "another company" in page
    client.post(f"{address}/telling", data={"csrf_token": token(client), "hold": "yes"})
    page = client.get(address).text
    assert "ana-planner holds it back" in page
    assert "phone will be told" not in page
    client.post(f"{address}/telling", data={"csrf_token": token(client), "hold": "no"})
    assert "1 phone will be told" in client.get(address).text


def test_confirmed_stands_beside_closed_and_a_no_is_shown(app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "planner")
    planning.change_status(node, WATER, "done", note="", by="ana", after=None)
    for sender, fixed, partly in (("a", True, False), ("b", False, True), ("c", False, False), ("c", True, False)):
        planted.write(RepairJudged(need=WATER, report="r", message="m", sender=sender, fixed=fixed, partly=partly), by="resident")
    page = client.get(f"/planner/needs/{WATER}?lang=en").text
    figures = re.findall(r"<dt>(Confirmed by residents|Partly|Not fixed)</dt><dd>(\d+)</dd>", page)
    assert figures == [("Confirmed by residents", "2"), ("Partly", "1"), ("Not fixed", "0")]
    assert "the need is open again" in page
    assert "A resident says that it is fixed in part." in page
    assert ">not fixed</span>" in client.get("/planner/").text


def test_what_was_told_by_a_report_that_turns_out_restricted_is_on_no_page(app: Flask, planted: Seed, node: Node) -> None:
    reply = planted.report("sin agua", sender="z")
    planted.write(ReplyQueued(reply="told", sender="z", channel="console", kind="news_verified", language="es", text="Aviso nuevo",
                              segments=1, due_at=iso(NOW)),
                  ChangeTold(need=WATER, reply="told", sender="z", report=planted.ids[reply], change="0", stage="verified"))
    client = as_role(app, "planner")
    for path in ("/planner/outbox", "/planner/export/outbox.csv"):
        assert "Aviso nuevo" in client.get(path).text
    planted.write(ReportClassified(report=planted.ids[reply], category="WAT01", confidence=1.0, urgency=2, restricted=True, model="rules"))
    for path in ("/planner/outbox", "/planner/export/outbox.csv"):
        assert "Aviso nuevo" not in client.get(path).text
