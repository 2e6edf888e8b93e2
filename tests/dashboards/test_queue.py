"""The queue: what waits, in which order, for whom, and what each line says."""

from __future__ import annotations

import re
import zlib
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from dashboards.queries import queue
from dashboards.queries.queue import Wanted
from gateway.decisions import planning
from gateway.doors import intake
from gateway.governing import duty
from gateway.journal.canonical import derived_id
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, table
from gateway.machine import jobs
from gateway.needs import escalating
from gateway.node import Node
from tests.conftest import START, Clock, MakeNode, sms
from tests.dashboards.planting import Seed, app_of, as_role, need_id, token
from tests.dashboards.queueing import WATER, act, officer, shown, status, undo

NEED = table(Need)


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    return seed


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
        f"message|{older}", f"need|{WATER}",
        f"report|{ids[vague]}", *sorted((f"report|{ids[lost]}", f"message|{unread}"), key=lambda line: line.split("|")[1]),
        f"need|{need_id('S1604', 'WAT02')}"]


def test_an_emergency_in_which_somebody_is_in_danger_comes_before_older_ones(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    def hears(words: str) -> None:
        clock.on(minutes=5)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(words, words, f"+5917{zlib.crc32(words.encode()) % 10**7:07}", clock())])
        jobs.classify_due(node)

    def emergencies() -> list[str]:
        page = as_role(app, "planner").get("/queue/?kind=emergency&lang=en").text
        return [words for words in re.findall(r"incendio|adentro|heridos", page)]
    for words in ("incendio en Pampahasi", "se cayo el muro y mi hijo esta adentro en Kupini", "derrumbe en Obrajes hay heridos"):
        hears(words)
    assert emergencies() == ["adentro", "heridos", "incendio"], "of two in danger the one who waits longer is first"
    clock.on(days=4)
    assert emergencies() == ["incendio", "adentro", "heridos"], "what was told days ago is in the order of its age"
    assert "before all those of the last three days" in as_role(app, "planner").get("/queue/?lang=en").text


@pytest.mark.parametrize(("label", "hours", "first"), [
    ("on the day it came a plain need is first", 2, "need"), ("whoever was promised a reader is not left for ever", 25, "message")])
def test_a_text_that_nobody_understood_becomes_urgent_when_a_day_went_by(planted: Seed, node: Node, clock: Clock, label: str, hours: int,
                                                                        first: str) -> None:
    planted.unread("asdf")
    clock.on(hours=hours)
    planted.report("sin agua", urgency=3, at=clock())
    with node.database.reading() as c:
        lines, _, _ = queue.page(c, node, Wanted())
    assert lines[0].what == first, label


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
        assert "Promised by Nov 27, 2026" in page
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
        [("emergency",), ("verify",), ("overdue", "verify"), ("no_place",), ("unread",)], False)
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
