"""Deciding in the queue: what fits what, two hundred at a time, taking back, and who is on it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from gateway.decisions import planning
from gateway.journal.entries import ENTRY
from gateway.journal.projections import state_hash
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Report, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock
from tests.dashboards.planting import Seed, as_role, need_id, token
from tests.dashboards.queueing import WATER, act, entry_of, message_of, settled, shown, status, undo

REPORT = table(Report)


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    return seed


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


@pytest.mark.parametrize(("what", "action", "offered"), [
    ("a report takes what settles it", "verify", "23456"), ("a need takes what was seen there", "noted", "178"),
    ("a text cannot be confirmed", "confirm", "3456")])
def test_what_does_not_fit_names_the_keys_that_do(what: str, action: str, offered: str, app: Flask, planted: Seed) -> None:
    client = as_role(app, "planner")
    planted.report(place="S1701", category="WAT01")
    item = {"verify": f"report|{planted.ids[planted.report('hueco', category='ACC01', place=None)]}|",
            "noted": f"need|{need_id('S1701', 'WAT01')}|", "confirm": f"message|{planted.unread('qwerty')}|"}[action]
    said = act(client, action, [item]).split("These fit:")[1].split("</li>")[0]
    assert re.findall(r"<kbd>(\d)</kbd>", said) == list(offered), what


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
