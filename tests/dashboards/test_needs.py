"""What a planner sees of needs, in which order, and what comes of a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards.queries import needs as seen
from dashboards.queries.needs import Wanted
from gateway import pinning, planning
from gateway.journal.canonical import derived_id
from gateway.journal.events import CommandGiven
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
        [line], more = seen.needs(c, Wanted())
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
        first, more = seen.needs(c, Wanted())
        second, end = seen.needs(c, Wanted(page=2))
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
