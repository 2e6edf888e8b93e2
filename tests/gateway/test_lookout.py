"""Incidents: opened once, told once by another road, closed when the cause is gone, and shown wherever somebody looks."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from gateway.channels import kannel, signed
from gateway.channels.values import Failed, Inbound, Outcome, Sent
from gateway.doors import intake
from gateway.governing import duty, governor, handsets, roads
from gateway.journal.canonical import iso
from gateway.journal.rows import upsert
from gateway.journal.tables import Reply, Road, Task, table
from gateway.machine import doctor, health
from gateway.node import Node
from gateway.sending import outbox
from gateway.trouble import incidents, sounding
from gateway.trouble.lookout import Lookout
from tests.conftest import START, Clock, MakeNode, sms

REPLY, ROAD, TASK = table(Reply), table(Road), table(Task)
TWO = """
[http]
send_url = "http://127.0.0.1:9/send"
number = "+59122000001"

[kannel]
enabled = true
number = "+59122000002"

[governor]
price_per_segment = 0.05
"""


@pytest.fixture
def box(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Two channels, and somebody on duty."""
    for name in ("BARRIO_HTTP_SECRET", "BARRIO_KANNEL_SECRET"):
        monkeypatch.setenv(name, "a-secret-for-tests-of-roads")
    monkeypatch.setenv("BARRIO_KANNEL_USERNAME", "barrio")
    monkeypatch.setenv("BARRIO_KANNEL_PASSWORD", "barrio")
    monkeypatch.setattr(signed, "send", lambda *_: Sent("there"))
    monkeypatch.setattr(kannel, "send", lambda *_: Sent("there"))
    node = make_node(extra=TWO)
    duty.add(node, "guardia", "+59170009001")
    return node


def hear(node: Node, at: datetime, n: int, road: str = "webhook", *, answered: bool = True) -> None:
    """A text came in by Kannel, and was answered."""
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("kannel", "local", f"t{n}", f"+5917{n % 10_000_000:07d}", "gracias", at, b"raw", road)])
    while answered and outbox.send_due(node):
        pass


def look(lookout: Lookout, node: Node) -> int:
    """What is told leaves at once."""
    opened = lookout.look()
    while outbox.send_due(node):
        pass
    return opened


def standing(node: Node) -> list[tuple[str, str]]:
    with node.database.reading() as c:
        return [(one.kind, one.where) for one in incidents.listed(c) if one.closed_at is None]


def told(node: Node) -> list[tuple[str, str, str]]:
    with node.database.reading() as c:
        return [(row.kind, row.channel, row.text) for row in c.execute(
            select(REPLY.c.kind, REPLY.c.channel, REPLY.c.text).where(REPLY.c.kind.like("alert_%")).order_by(REPLY.c.position))]


def test_a_channel_that_falls_silent_is_seen_told_by_the_other_and_forgotten_when_it_speaks(box: Node, clock: Clock) -> None:
    hear(box, clock(), 1)
    lookout = Lookout(box)
    clock.on(hours=23)
    assert lookout.look() == 0, "a young channel may be quiet for a day"
    clock.on(hours=2)
    assert look(lookout, box) == 1
    assert standing(box) == [("silent", "kannel")]
    assert told(box) == [("alert_silent", "http", "Barrio: por kannel no llega ningun texto desde 25/11 08:00. "
                                                  "Mande un SMS de prueba y mire Incidentes.")]
    clock.on(hours=3)
    assert (lookout.look(), Lookout(box).look()) == (0, 0), "once, whoever looks"
    assert len(told(box)) == 1
    hear(box, clock(), 2)
    lookout.look()
    assert standing(box) == []


def test_texts_that_come_only_because_we_asked_do_not_hide_that_the_way_in_is_broken(box: Node, clock: Clock) -> None:
    hear(box, clock(), 1)
    for n in range(2, 5):
        clock.on(hours=9)
        hear(box, clock(), n, "reconcile")
    Lookout(box).look()
    with box.database.reading() as c:
        [one] = incidents.listed(c)
    assert (one.kind, one.facts["asked"]) == ("silent", 3)


def test_what_is_usual_is_learned_from_the_channels_own_weeks(box: Node, clock: Clock) -> None:
    moment, n = START - timedelta(days=20), 0
    while moment <= START:  # La Paz, 8 to 20 at night: a text every twenty minutes
        if moment.hour >= 12:
            clock.moment, n = moment, n + 1
            hear(box, moment, n)
        moment += timedelta(minutes=20)
    clock.moment = START + timedelta(hours=2)
    assert Lookout(box).look() == 1
    assert standing(box) == [("silent", "kannel")]


def test_a_provider_that_refuses_opens_one_incident_and_its_next_success_closes_it(box: Node, clock: Clock,
                                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    lookout = Lookout(box)
    answers: list[Outcome] = [Failed("20003", permanent=False, mendable=True)]
    monkeypatch.setattr(kannel, "send", lambda *_: answers[0])
    for n in range(5):
        assert (n < 4) or lookout.look() == 0
        hear(box, clock(), n)
    assert lookout.look() == 1
    assert standing(box) == [("failing", "kannel")]
    with box.database.reading() as c:
        assert "20003" in incidents.reasons(c)[0]
    answers[0] = Sent("there")
    hear(box, clock(), 9)
    lookout.look()
    assert standing(box) == []


def test_trouble_that_comes_and_goes_is_told_once_an_hour(box: Node, clock: Clock) -> None:
    lookout = Lookout(box)
    for went in ("fffff", "fffffs", "fffffsfffff", "s"):
        with box.database.writing() as c:
            upsert(c, ROAD, [{"channel": "http", "went": went, "failing_since": iso(clock()), "reason": "HTTP 503"}])
        clock.on(minutes=5)
        look(lookout, box)
    assert len(told(box)) == 1
    with box.database.reading() as c:
        assert len(incidents.listed(c)) == 1


def test_without_another_road_nobody_is_texted(make_node: MakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_HTTP_SECRET", "a-secret-for-tests-of-roads")
    node = make_node(extra='[http]\nsend_url = "http://127.0.0.1:9/send"\n')
    duty.add(node, "guardia", "+59170009001")
    with node.database.writing() as c:
        upsert(c, ROAD, [{"channel": "http", "went": "fffff", "failing_since": iso(clock()), "reason": "HTTP 503"}])
    assert Lookout(node).look() == 1
    assert told(node) == []


@pytest.mark.parametrize(("label", "change", "aged"), [
    ("they may leave", "", True), ("everything was stopped", "stop", False), ("they wait for the morning", "night", False),
    ("the caps have no room", "cap", False), ("the provider is tried again in five minutes", "later", True),
])
def test_replies_that_wait(label: str, change: str, aged: bool, box: Node, clock: Clock) -> None:
    hear(box, clock(), 1, answered=False)
    clock.on(minutes=20)
    if change == "stop":
        governor.stop(box, by="ana", why="test")
    if change == "night":
        clock.moment = START.replace(hour=7)  # three in the morning in La Paz, and what waits came in the evening
        with box.database.writing() as c:
            c.execute(update(REPLY).values(queued_at=iso(clock() - timedelta(hours=6))))
            c.execute(update(TASK).values(due_at=iso(clock() + timedelta(hours=5))))
    if change == "cap":
        with box.database.writing() as c:
            c.execute(update(TASK).values(due_at=iso(clock() + timedelta(hours=20))))
    if change == "later":
        with box.database.writing() as c:
            c.execute(update(TASK).values(due_at=iso(clock() + timedelta(minutes=5))))
    Lookout(box).look()
    assert (("aged", "kannel") in standing(box)) is aged, label


def test_what_the_phones_that_carry_texts_say_of_themselves_is_looked_at(box: Node, clock: Clock) -> None:
    said = SimpleNamespace(phone="p", name="azul", clock=int(clock().timestamp() * 1000), version=30, battery=12, power="battery",
                           network="WIFI", event=None)
    with box.database.writing() as c:
        handsets.heard(c, said, clock())
    assert look(Lookout(box), box) == 1
    assert standing(box) == [("phone", "azul")]
    said.clock, said.power = said.clock + 1, "usb"
    with box.database.writing() as c:
        handsets.heard(c, said, clock())
    Lookout(box).look()
    assert standing(box) == []


def test_a_phone_that_runs_out_is_told_and_is_no_reason_to_call_the_box_unwell(box: Node, clock: Clock) -> None:
    phones = [roads.Phone("azul", clock(), 12, False)]
    lookout = Lookout(box, lambda c: phones)
    assert look(lookout, box) == 1
    assert told(box)[0][0] == "alert_phone"
    assert not any("azul" in words for words in health.faults(box))
    clock.on(minutes=16)
    lookout.look()
    assert any("azul" in words for words in health.faults(box)), "but one that nobody hears is"
    phones[0] = roads.Phone("azul", clock(), 90, True)
    lookout.look()
    assert standing(box) == []


@pytest.mark.parametrize(("label", "roads_there", "by"), [
    ("by another channel", "http", [("alert_phone", "http")]),
    ("by nobody, where the phone is the only road", "", []),
    ("by another phone that is well", "roof", [("alert_phone", "android")]),
])
def test_who_is_on_duty_is_not_told_of_a_silent_phone_by_that_phone(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch, clock: Clock,
                                                                    label: str, roads_there: str, by: list[tuple[str, str]]) -> None:
    monkeypatch.setenv("BARRIO_ANDROID_PASSWORD", "a-password-for-tests")
    monkeypatch.setenv("BARRIO_HTTP_SECRET", "a-secret-for-tests-of-roads")
    http = '\n[http]\nsend_url = "http://127.0.0.1:9/send"\nnumber = "+59122000001"\n' if roads_there == "http" else ""
    node = make_node(extra='\n[android]\nenabled = true\nphones = { office = "+59170000900" }\n' + http)
    duty.add(node, "guardia", "+59170009001")
    phones = [roads.Phone("office", clock() - timedelta(minutes=16), 80, True)]
    phones += [roads.Phone("roof", clock(), 80, True)] if roads_there == "roof" else []
    Lookout(node, lambda c: phones).look()
    assert [(kind, channel) for kind, channel, _ in told(node)] == by, label
    with node.database.reading() as c:
        assert [one.phones for one in incidents.listed(c)] == [len(by)], "the page says who was told"


def test_a_phone_whose_hour_is_full_is_not_called_a_worker_that_stands_still(box: Node, clock: Clock,
                                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    hear(box, clock(), 1, answered=False)
    with box.database.writing() as c:
        c.execute(update(REPLY).values(channel="android"))
        said = SimpleNamespace(phone="p", name="azul", clock=1, version=30, battery=90, power="usb", network="WIFI", event=None)
        handsets.heard(c, said, clock())
        handsets.full(c, "p", True, clock())
    monkeypatch.setattr("gateway.trouble.lookout.configured", lambda node: ["android", "http"])
    clock.on(minutes=16)
    with box.database.writing() as c:
        handsets.heard(c, SimpleNamespace(**vars(said) | {"clock": 2}), clock())
    Lookout(box).look()
    assert standing(box) == [("aged", "android")]
    (words,) = [words for words in health.faults(box) if "road android" in words]
    assert "in an hour" in words
    assert "worker" not in words
    with box.database.writing() as c:
        handsets.full(c, "p", False, clock())
    Lookout(box).look()
    (words,) = [words for words in health.faults(box) if "road android" in words]
    assert "worker" in words, "once it may send again, something else keeps them"


def test_incidents_stand_in_health_metrics_and_the_doctors_list(box: Node, clock: Clock) -> None:
    with box.database.writing() as c:
        upsert(c, ROAD, [{"channel": "http", "went": "fffff", "failing_since": iso(clock()), "reason": "HTTP 503"}])
    assert 'barrio_incidents{kind="failing"} 0.0' in health.metrics(box)
    Lookout(box).look()
    said = "road http: 5 of the last 5 sendings failed (HTTP 503); look at the provider's account and `barrio check`"
    assert said in health.faults(box)
    assert said in [finding.words for finding in doctor.examine(box.config) if finding.is_fault]
    assert 'barrio_incidents{kind="failing"} 1.0' in health.metrics(box)


def test_somebody_looks_after_it(box: Node, clock: Clock) -> None:
    with box.database.writing() as c:
        upsert(c, ROAD, [{"channel": "http", "went": "fffff", "failing_since": iso(clock()), "reason": ""}])
    Lookout(box).look()
    with box.database.reading() as c:
        [one] = incidents.listed(c)
    assert incidents.take(box, one.id, by="ana")
    assert not incidents.take(box, "nothing", by="ana")
    with box.database.reading() as c:
        assert incidents.listed(c)[0].taken_by == "ana"


def test_it_is_the_same_on_both_databases(make_node: MakeNode, database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_KANNEL_SECRET", "a-secret-for-tests-of-roads")
    monkeypatch.setenv("BARRIO_KANNEL_USERNAME", "barrio")
    monkeypatch.setenv("BARRIO_KANNEL_PASSWORD", "barrio")
    monkeypatch.setattr(kannel, "send", lambda *_: Failed("HTTP 403", permanent=False, mendable=True))
    node = make_node(database_url=database_url, extra=TWO.replace("[http]", "[canary]\nchannels = [\"kannel\"]\n\n[http]"))
    for n in range(5):
        hear(node, clock(), n)
    assert sounding.send_due(node) == 0, "refused"
    lookout = Lookout(node)
    lookout.look()
    assert sorted(standing(node)) == [("failing", "kannel"), ("round_trip", "kannel")]
    clock.on(hours=25)
    lookout.look()
    assert ("silent", "kannel") in standing(node)
    assert 'barrio_incidents{kind="silent"} 1.0' in health.metrics(node)
    assert len(health.faults(node)) >= 3


def test_texts_at_the_keyboard_are_no_road(node: Node, clock: Clock) -> None:
    with node.database.writing() as c:
        intake.receive(c, node, [sms(1, "gracias")])
    clock.on(days=3)
    assert Lookout(node).look() == 0
