"""The queue: what waits, in which order, for whom; what is decided in bulk, what is left alone, and taking it back."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboards.queries import queue
from dashboards.queries.queue import Wanted
from gateway import duty, escalating, intake, jobs, planning
from gateway.journal.canonical import derived_id
from gateway.journal.entries import ENTRY
from gateway.journal.projections import state_hash
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Need, Reading, Report, table
from gateway.node import Node
from tests.conftest import START, Clock, MakeNode, sms
from tests.dashboards.planting import PASSWORD, Seed, app_of, as_role, need_id, sign_in, token

MESSAGE, NEED, READING, REPORT = (table(of) for of in (Message, Need, Reading, Report))
WATER = need_id("S1604", "WAT01")


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    return seed


def shown(client: FlaskClient, query: str = "") -> list[str]:
    """The lines of the queue as their boxes name them."""
    page = client.get(f"/queue/?lang=en{query}").text
    return [unescape(value) for value in re.findall(r'name="item" value="([^"]+)"', page)]


def act(client: FlaskClient, do: str, items: list[str], **more: str) -> str:
    answer = client.post("/queue/?lang=en", data={"do": do, "item": items, "csrf_token": token(client), **more})
    assert answer.status_code == 303, answer.text
    return client.get(f"/queue/?lang=en{'&' + urlsplit(answer.location).query if urlsplit(answer.location).query else ''}").text


def settled(node: Node, message: str) -> str | None:
    with node.database.reading() as c:
        return c.execute(select(MESSAGE.c.settled).where(MESSAGE.c.id == message)).scalar_one()  # type: ignore[no-any-return]


def status(node: Node, need: str = WATER) -> tuple[object, ...]:
    with node.database.reading() as c:
        return tuple(c.execute(select(NEED.c.status, NEED.c.status_at, NEED.c.contested).where(NEED.c.id == need)).one())


def message_of(seed: Seed) -> str:
    return derived_id("message", str(seed.count))


def officer(app: Flask, node: Node, *areas: str) -> FlaskClient:
    planning.enrol(node, "luz", "officer", areas, PASSWORD)
    client = app.test_client()
    assert sign_in(client, "luz").status_code == 303
    return client


def test_everything_that_waits_is_there_once_and_in_the_order_that_the_page_states(app: Flask, planted: Seed, node: Node,
                                                                                   clock: Clock) -> None:
    early = START.replace(day=24)
    planted.report("poca presion", category="WAT02", urgency=1)
    planted.report("sin agua", urgency=3)
    lost = planted.report("hay un hueco", category="ACC01", place=None, urgency=2, errors=("missing_place",))
    unread = planted.unread("qwerty")
    older = planted.unread("asdf", at=early)
    vague = planted.report("algo de agua", category="WAT", urgency=2, at=early, need=False)
    fire = planted.report("incendio", category="RSK05", intent="emergency", urgency=4)
    planted.report("me pega", category="SAF03", restricted=True)
    planted.report("todavia no clasificado", restricted=None)
    planning.read_message(node, planted.unread("la lampara"), "LIT01", "S1701", why="", by="ana")
    ids = planted.ids
    assert [line.rpartition("|")[0] for line in shown(as_role(app, "planner"))] == [
        f"report|{ids[fire]}", f"need|{need_id('S1604', 'RSK05')}",
        f"message|{older}", f"need|{WATER}", f"message|{unread}",
        f"report|{ids[vague]}", f"report|{ids[lost]}", f"need|{need_id('S1604', 'WAT02')}"]


@pytest.mark.parametrize(("kind", "count"), [
    ("", 6), ("emergency", 1), ("contested", 1), ("overdue", 2), ("unread", 1), ("no_place", 1), ("unsure", 1), ("verify", 2)])
def test_each_reason_is_a_filter_of_the_address_and_says_how_many(kind: str, count: int, app: Flask, planted: Seed, node: Node) -> None:
    planted.report("sin agua", at=START.replace(day=10))
    planning.change_status(node, WATER, "verified", note="", by="ana", after=None)
    planning.change_status(node, WATER, "open", note="", by="luis", after=None)
    planning.change_status(node, WATER, "planned", note="", by="eva", after="something else")
    planted.report("incendio", category="RSK05", intent="emergency", urgency=4, at=START.replace(day=24), need=False)
    planted.report("foco", category="LIT01", at=START.replace(day=2))
    planted.report("muro", category="ACC03", at=START.replace(month=8, day=10))
    planted.report("hay un hueco", category="ACC01", place=None)
    planted.unread("qwerty")
    client = as_role(app, "planner")
    page = client.get(f"/queue/?lang=en&kind={kind}").text
    lines = shown(client, f"&kind={kind}")
    expected = {"": 6}.get(kind, count)
    told = re.findall(r'aria-current="true">[^<]*<span class="badge">(\d+)</span>', page)
    assert (len(lines), told[-1]) == (expected, str(expected))


def test_area_and_category_are_filters_too_and_lead_back_from_a_decision(app: Flask, planted: Seed) -> None:
    planted.report("sin agua", place="S1701")
    planted.report("sin agua", place="P1314")
    planted.report("foco", category="LIT01", place="S1701")
    planted.unread("qwerty")
    client = as_role(app, "planner")
    assert len(shown(client)) == 4
    assert [line.split("|")[1] for line in shown(client, "&place=S1700&category=WAT")] == [need_id("S1701", "WAT01")]
    answer = client.post("/queue/", data={"do": "verify", "item": shown(client, "&place=S1700&category=WAT"), "csrf_token": token(client),
                                          "back": "place=S1700&category=WAT&next=//elsewhere.example", "at": "3"})
    where = urlsplit(answer.location)
    assert (where.netloc, where.path, parse_qs(where.query), where.fragment) == (
        "", "/queue/", {"place": ["S1700"], "category": ["WAT"]}, "row-3")


def test_an_officer_sees_and_decides_inside_their_areas_alone(app: Flask, planted: Seed, node: Node) -> None:
    planted.report("ZZHERE", place="S1701")
    planted.report("ZZELSEWHERE", place="P1314")
    planted.unread("ZZNOWHERE")
    planted.report("ZZNOPLACE", place=None)
    lost = f"report|{planted.ids[planted.references_of('ZZNOPLACE')[0]]}|"
    client = officer(app, node, "S1700")
    page = client.get("/queue/?lang=en").text
    assert [words for words in ("ZZHERE", "ZZELSEWHERE", "ZZNOWHERE", "ZZNOPLACE") if words in page] == ["ZZHERE"]
    assert shown(client, "&place=P1314") == []
    theirs, other = need_id("S1701", "WAT01"), need_id("P1314", "WAT01")
    page = act(client, "verify", [f"need|{theirs}|", f"need|{other}|"])
    assert page.count("it lies outside your areas") == 1
    assert "1 done" in page
    assert "P1314" not in page
    assert (status(node, theirs)[0], status(node, other)[0]) == ("verified", "open")
    assert "it lies outside your areas" in act(client, "confirm", [lost])
    for address in (f"/queue/need/{other}", f"/queue/report/{lost.split('|')[1]}"):
        assert client.get(address).status_code == 404
        assert client.post(f"{address}/take", data={"csrf_token": token(client)}).status_code == 404
    assert client.get(f"/queue/need/{theirs}").status_code == 200


@pytest.mark.parametrize("role", ["officer", "planner", "focal", "admin"])
def test_restricted_reports_are_nowhere_and_only_the_focal_point_reads_how_many(role: str, app: Flask, planted: Seed, node: Node) -> None:
    reference = planted.report("ZZSECRET", category="SAF03", restricted=True, urgency=4, intent="protection")
    planted.report("ZZUNSURE", restricted=None, need=False)
    client = as_role(app, role)
    page = client.get("/queue/?lang=en").text
    assert ("ZZSECRET" in page, "ZZUNSURE" in page, shown(client)) == (False, False, [])
    assert ("1 restricted report in 30 days" in page) == (role == "focal")
    report = planted.ids[reference]
    for what, id in (("report", report), ("need", need_id("S1604", "SAF03")), ("message", derived_id("message", "1"))):
        assert client.get(f"/queue/{what}/{id}").status_code == 404
    page = act(client, "confirm", [f"report|{report}|"])
    assert "it is not there any more" in page
    assert reference not in page


ALL = ("verify", "confirm", "noted", "not_a_need", "answered_by_phone", "taken_up", "reject")


@pytest.mark.parametrize(("what", "fits"), [
    ("need", {"verify", "reject"}), ("message", {"noted", "not_a_need", "answered_by_phone", "taken_up"}),
    ("report", {"confirm", "noted", "not_a_need", "answered_by_phone", "taken_up"})])
def test_what_fits_what(what: str, fits: set[str], app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "planner")
    fitting = set()
    for action in ALL:
        if what == "need":
            place = f"S17{ALL.index(action) + 1:02d}"
            planted.report(place=place, category="WAT01")
            item = f"need|{need_id(place, 'WAT01')}|"
        elif what == "message":
            item = f"message|{planted.unread('qwerty')}|"
        else:
            item = f"report|{planted.ids[planted.report('hueco', category='ACC01', place=None)]}|"
        page = act(client, action, [item])
        assert ("this action does not fit it" in page) != ("1 done" in page)
        fitting |= {action} if "1 done" in page else set()
    assert fitting == fits
    rebuild(node.database, verify=True)


def test_two_hundred_at_a_time_each_its_own_entry_and_one_line_for_each_that_failed(app: Flask, planted: Seed, node: Node) -> None:
    with planted.together():
        messages = [planted.unread(f"texto {n}") for n in range(200)]
    planning.settle_message(node, messages[7], "noted", note="", by="luis")
    client = as_role(app, "planner")
    items = shown(client, "&rows=200")
    assert len(items) == 199
    page = act(client, "not_a_need", [*items, f"message|{messages[7]}|"])
    assert "199 done" in page
    assert page.count("it was so already") == 1
    with node.database.reading() as c:
        rows = c.execute(select(ENTRY.c.subject).where(ENTRY.c.kind == "message_settled")).scalars().all()
    assert sorted(rows) == sorted(messages), "each its own entry, and the one of before"
    assert shown(client) == []
    too_many = client.post("/queue/", data={"do": "noted", "item": [f"message|{n}|" for n in range(201)], "csrf_token": token(client)})
    assert too_many.status_code == 409
    page = client.get("/queue/").text
    undone = client.post("/queue/undo", data={"csrf_token": token(client)})
    assert undone.status_code == 303
    assert len(shown(client, "&rows=200")) == 199
    assert settled(node, messages[7]) == "noted", "what another decided stays"
    rebuild(node.database, verify=True)


def test_undo_withdraws_ones_own_last_facts_and_leaves_what_others_decided_since(app: Flask, planted: Seed, node: Node,
                                                                                 clock: Clock) -> None:
    planted.report("sin agua")
    planted.report("foco", category="LIT01")
    lost = planted.report("hueco", category="ACC01", place=None)
    unread = planted.unread("qwerty")
    light = need_id("S1604", "LIT01")
    client, other = as_role(app, "planner"), as_role(app, "admin")
    stood = status(node)
    act(client, "verify", [f"need|{WATER}|", f"need|{light}|"])
    clock.on(minutes=5)
    act(other, "reject", [f"need|{light}|{entry_of(node, light)}"])
    assert "1 done" in undo(client)
    page = client.get("/queue/?lang=en").text
    assert "somebody decided since" in page
    assert "ana-admin" in page
    assert status(node) == stood, "the clock of the promise goes on as if nothing had been"
    assert status(node, light)[0] == "rejected"
    assert "nothing to take back" in undo(client), "only the last action, and not the taking back"
    act(client, "confirm", [f"report|{planted.ids[lost]}|"])
    assert [line for line in shown(client) if planted.ids[lost] in line], "its place is still missing"
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.model).where(REPORT.c.id == planted.ids[lost])).scalar_one() == "person"
    undo(client)
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.model).where(REPORT.c.id == planted.ids[lost])).scalar_one() != "person"
    act(client, "taken_up", [f"message|{unread}|"])
    assert settled(node, unread) == "taken_up"
    clock.on(minutes=61)
    assert "nothing to take back" in undo(client), "an hour later it is history"
    assert settled(node, unread) == "taken_up"
    rebuild(node.database, verify=True)


def undo(client: FlaskClient) -> str:
    assert client.post("/queue/undo?lang=en", data={"csrf_token": token(client)}).status_code == 303
    return client.get("/queue/?lang=en").text


def entry_of(node: Node, need: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar_one() or "")


def test_who_is_on_it_holds_it_for_six_minutes_and_may_be_relieved(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    planted.report("sin agua")
    ana, eva = as_role(app, "planner"), as_role(app, "admin")
    with node.database.reading() as c:
        before = state_hash(c)
    assert "You are on it for 6 minutes" in ana.get(f"/queue/need/{WATER}?lang=en").text
    assert "ana-planner is on it" in eva.get("/queue/?lang=en").text
    assert "You are on it" in ana.get("/queue/?lang=en").text
    assert "ana-planner is on it since" in eva.get(f"/queue/need/{WATER}?lang=en").text
    page = act(eva, "verify", shown(eva))
    assert "somebody else is on it" in page
    assert status(node)[0] == "open"
    assert eva.post(f"/queue/need/{WATER}/take", data={"csrf_token": token(eva)}).status_code == 303
    assert "You took it over from ana-planner" in eva.get(f"/queue/need/{WATER}?lang=en").text
    assert "ana-admin is on it" in ana.get(f"/queue/need/{WATER}?lang=en").text
    clock.on(seconds=361)
    assert "ana-admin is on it" not in ana.get("/queue/?lang=en").text
    ana.get(f"/queue/need/{WATER}")
    ana.post(f"/queue/need/{WATER}/leave", data={"csrf_token": token(ana)})
    assert "ana-planner is on it" not in eva.get("/queue/?lang=en").text
    with node.database.reading() as c:
        assert state_hash(c) == before, "a hold is no fact"
    assert "1 done" in act(eva, "verify", shown(eva))


def test_two_who_verify_and_reject_without_seeing_each_other_are_told_and_one_decides(app: Flask, planted: Seed, node: Node) -> None:
    planted.report("sin agua")
    ana, eva = as_role(app, "planner"), as_role(app, "admin")
    act(eva, "verify", shown(eva))
    seen_by_both = f"need|{WATER}|{entry_of(node, WATER)}"
    act(ana, "reject", [seen_by_both])
    act(eva, "verify", [seen_by_both])
    assert [line.split("|")[1] for line in shown(ana, "&kind=contested")] == [WATER]
    act(ana, "confirm", shown(ana, "&kind=contested"))
    assert (shown(ana), status(node)[0]) == ([], "verified"), "the later of the two in the journal stands"


def test_a_reading_that_two_disagree_on_is_confirmed_by_a_third(app: Flask, planted: Seed, node: Node) -> None:
    message = planted.unread("qwerty")
    report = planning.read_message(node, message, "LIT01", "S1701", why="", by="eva", after="")
    planning.read_message(node, message, "LIT01", "S1604", why="", by="luis", after="", report=report)
    jobs.work(node)
    client = as_role(app, "planner")
    [line] = shown(client, "&kind=contested")
    act(client, "confirm", [line])
    assert shown(client, "&kind=contested") == []
    undo(client)
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.place_code)).scalar_one() == "S1604", "what was read before stands again"
    rebuild(node.database, verify=True)


def test_the_promise_its_break_and_its_pause_are_said(app: Flask, node: Node, clock: Clock, planted: Seed) -> None:
    def hears(number: str, words: str) -> None:
        clock.on(seconds=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"{number}{clock()}", words, number, clock())])
        jobs.classify_due(node)

    client = as_role(app, "planner")
    hears("+59170000001", "no hay agua en Kupini")
    with node.database.reading() as c:
        need = c.execute(select(NEED.c.id)).scalar_one()
    for address in ("/queue/", f"/queue/need/{need}", f"/planner/needs/{need}"):
        page = client.get(f"{address}?lang=en").text
        assert "Promised by Nov 28, 2026" in page
        assert "(2 working days)" in page
        assert "Overdue</span>" not in page
    hears("+59170000001", "NO")
    hears("+59170000002", "hay un derrumbe")
    escalating.look(node)
    page = client.get("/queue/?lang=en").text
    assert page.count("The clock stands still: we wait for the resident since Nov 25, 2026") == 2, "of the need, and of what has no place"
    clock.on(days=5)
    client = as_role(app, "planner")
    escalating.look(node)
    page = client.get("/queue/?lang=en").text
    assert "The clock stands still" not in page, "the question is over"
    clock.on(days=5)
    client = as_role(app, "planner")
    escalating.look(node)
    for address in ("/queue/", f"/queue/need/{need}", f"/planner/needs/{need}"):
        page = client.get(f"{address}?lang=en").text
        assert "Overdue</span>" in page
        assert "planners were told" in page


def test_clusters_stand_on_top_and_a_duty_phone_is_missed(make_node: MakeNode, clock: Clock) -> None:
    node = make_node(extra="\n[triage]\ncluster_people = 2\n")
    Seed(node).accounts()
    app = app_of(node)
    for n in range(2):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(n, "no hay agua en Kupini", f"+5917000000{n}", clock())])
        jobs.classify_due(node)
    page = as_role(app, "planner").get("/queue/?lang=en").text
    assert "2 people report the same" in page
    assert "place=S1701&amp;category=WAT01" in page
    assert "No duty phone is set up" in page
    assert "No duty phone is set up" not in as_role(app, "officer").get("/queue/?lang=en").text
    duty.add(node, "guardia", "+59170009001")
    assert "No duty phone is set up" not in as_role(app, "planner").get("/queue/?lang=en").text
    assert "2 people report" not in officer(app, node, "P1300").get("/queue/?lang=en").text


def test_a_text_that_another_page_answers_for_is_not_settled_here_by_guessing_its_id(app: Flask, planted: Seed, node: Node) -> None:
    planted.report("me pega", category="SAF03", restricted=True, intent="protection")
    assert "it is not there any more" in act(as_role(app, "planner"), "noted", [f"message|{message_of(planted)}|"])
    assert settled(node, message_of(planted)) is None


@pytest.mark.parametrize(("label", "form"), [
    ("no such action", {"do": "sell", "item": f"need|{WATER}|"}), ("no such thing", {"do": "verify", "item": "account|x|"}),
    ("nonsense", {"do": "verify", "item": "\x00"})])
def test_a_forged_form_changes_nothing(label: str, form: dict[str, str], app: Flask, planted: Seed, node: Node) -> None:
    planted.report("sin agua")
    client = as_role(app, "planner")
    assert client.post("/queue/", data=form | {"csrf_token": token(client)}).status_code in (404, 409)
    assert "Choose at least one first" in act(client, "verify", [])
    assert status(node)[0] == "open"


def test_a_reading_leads_back_to_the_queue(app: Flask, planted: Seed, node: Node) -> None:
    message = planted.unread("la lampara")
    client = as_role(app, "planner")
    assert f"/planner/inbox/{message}/read?queue=kind%3Dunread" in client.get("/queue/?lang=en&kind=unread").text.replace("&amp;", "&")
    answer = client.post(f"/planner/inbox/{message}/read", data={
        "csrf_token": token(client), "category": "LIT01", "place": "Kupini", "after": "", "queue": "kind=unread&x=//elsewhere.example"})
    assert (answer.status_code, answer.location) == (303, "/queue/?kind=unread")


def test_both_databases_answer_alike(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.accounts()
    seed.report("sin agua", at=START.replace(day=2))
    seed.report("hueco", category="ACC01", place=None)
    seed.report("incendio", category="RSK05", intent="emergency", urgency=4)
    seed.unread("qwerty")
    with node.database.reading() as c:
        lines, more, counts = queue.page(c, node, Wanted())
    assert ([line.kinds for line in lines], more) == (
        [("emergency",), ("verify",), ("overdue", "verify"), ("unread",), ("no_place",)], False)
    assert counts["all"] == 5
    client = as_role(app_of(node), "planner")
    page = act(client, "verify", shown(client))
    assert "2 done" in page
    assert "2 done" in undo(client)
    rebuild(node.database, verify=True)


def test_the_queue_walks_through_nothing_that_does_not_wait(planted: Seed, node: Node) -> None:
    """Each table that grows with the city is entered by an index that holds only what waits."""
    planted.report("hueco", category="ACC01", place=None)
    planted.unread("qwerty")
    with node.database.reading() as c:
        query = select(queue._sources(c, node, Wanted()).subquery()).compile(c.engine, compile_kwargs={"literal_binds": True})
        plan = [str(row[3]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    walks = {line for line in plan if line.startswith("SCAN") and line.split()[1] in ("message", "report", "sender", "entry", "reply")}
    assert walks == {"SCAN message USING INDEX ix_message_waits", "SCAN report USING COVERING INDEX ix_report_waits",
                     "SCAN message USING COVERING INDEX ix_message_settled"}
