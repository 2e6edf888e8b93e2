"""The canary: out by a channel, back by its door, and nobody's text on the way; lost, it is an incident."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, func, select

from gateway.channels import signed
from gateway.channels.values import Failed, Inbound, Outcome, Sent
from gateway.doors import intake
from gateway.governing import governor
from gateway.journal.entries import ENTRY
from gateway.journal.tables import Canary, Contact, Delivery, Meter, Reply, table
from gateway.machine import doctor, health
from gateway.node import Node
from gateway.sending import outbox
from gateway.trouble import canaries, incidents, sounding
from gateway.trouble.lookout import Lookout
from tests.conftest import Clock, MakeNode

CANARY, CONTACT, DELIVERY, METER, REPLY = (table(of) for of in (Canary, Contact, Delivery, Meter, Reply))
OURS = "+59122000001"
EXTRA = """
[http]
send_url = "http://127.0.0.1:9/send"
number = "+59122000001"

[canary]
channels = ["http"]

[governor]
price_per_segment = 0.05
"""


class Provider:
    """What was handed over, and what it answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answer: Outcome = Sent("there")

    def send(self, known: signed.Settings, number: str, text: str, reply: str = "") -> Outcome:
        self.sent.append((number, text))
        return self.answer


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    there = Provider()
    monkeypatch.setattr(signed, "send", there.send)
    monkeypatch.setenv("BARRIO_HTTP_SECRET", "a-secret-for-tests-of-roads")
    return there


@pytest.fixture
def box(make_node: MakeNode, provider: Provider) -> Node:
    return make_node(extra=EXTRA)


def comes_in(node: Node, words: str, n: int = 1, road: str = "webhook", number: str = OURS) -> int:
    with node.database.writing() as c:
        return intake.receive(c, node, [Inbound("http", "local", f"c{n}", number, words, node.now(), b"raw", road)])


def counts(node: Node) -> dict[str, int]:
    with node.database.reading() as c:
        return {name: c.execute(select(func.count()).select_from(of)).scalar_one()
                for name, of in (("entries", ENTRY), ("contacts", CONTACT), ("replies", REPLY))}


def round_trips(node: Node) -> list[str]:
    with node.database.reading() as c:
        return [one.kind for one in incidents.listed(c) if one.closed_at is None]


def test_a_canary_leaves_once_an_hour_and_is_counted(box: Node, clock: Clock, provider: Provider) -> None:
    for _ in range(3):
        sounding.send_due(box)
        clock.on(minutes=10)
    assert [number for number, _ in provider.sent] == [OURS]
    clock.on(minutes=40)
    sounding.send_due(box)
    assert len(provider.sent) == 2
    assert len({text for _, text in provider.sent}) == 2
    with box.database.reading() as c:
        assert governor.spent(c, box, clock()).month == 2


def test_it_comes_back_and_leaves_nothing_behind(box: Node, clock: Clock, provider: Provider) -> None:
    before = counts(box)
    sounding.send_due(box)
    clock.on(seconds=9)
    assert comes_in(box, f"Sent from a trial account - {provider.sent[0][1].lower()}") == 0
    comes_in(box, provider.sent[0][1], 1)  # the provider brings it again
    assert outbox.send_due(box) == 0
    assert counts(box) == before, "no entry, no number in the vault, no reply"
    with box.database.reading() as c:
        assert canaries.seconds_back(c) == {"http": 9.0}
        assert c.execute(select(func.count()).select_from(DELIVERY)).scalar_one() == 1, "kept, so that it counts once"
    assert 'barrio_canary_seconds{channel="http"} 9.0' in health.metrics(box)
    Lookout(box).look()
    assert round_trips(box) == []


def test_lost_it_is_an_incident_until_one_comes_back(box: Node, clock: Clock, provider: Provider) -> None:
    lookout = Lookout(box)
    sounding.send_due(box)
    clock.on(minutes=14)
    lookout.look()
    assert round_trips(box) == []
    clock.on(minutes=2)
    lookout.look()
    assert round_trips(box) == ["round_trip"]
    clock.on(minutes=60)
    sounding.send_due(box)
    comes_in(box, provider.sent[1][1])
    lookout.look()
    assert round_trips(box) == []


def test_found_only_by_asking_the_provider_it_is_one_all_the_same(box: Node, clock: Clock, provider: Provider) -> None:
    sounding.send_due(box)
    comes_in(box, provider.sent[0][1], road="reconcile")
    Lookout(box).look()
    assert round_trips(box) == ["round_trip"]


def test_refused_by_the_provider_it_is_one_at_once_and_costs_nothing(box: Node, clock: Clock, provider: Provider) -> None:
    provider.answer = Failed("21266", permanent=True)
    sounding.send_due(box)
    Lookout(box).look()
    with box.database.reading() as c:
        [one] = incidents.listed(c)
        assert governor.spent(c, box, clock()).month == 0
    assert (one.kind, one.facts["reason"]) == ("round_trip", "21266")


@pytest.mark.parametrize(("label", "words"), [
    ("the name alone", "BARRIO PRUEBA"),
    ("a mark that somebody made up", f"BARRIO PRUEBA {'0' * 24} {'0' * 20}"),
    ("a canary of another instance", "BARRIO PRUEBA 5F1C00112233445566778899 0123456789ABCDEF0123"),
])
def test_nobody_else_can_make_one(label: str, words: str, box: Node) -> None:
    assert comes_in(box, words, number="+59170000001") == 1, label
    assert counts(box)["replies"] == 1, "a text like any other, and answered"


def test_a_mark_that_was_seen_cannot_stand_for_the_next(box: Node, clock: Clock, provider: Provider) -> None:
    sounding.send_due(box)
    comes_in(box, provider.sent[0][1])
    clock.on(hours=1)
    sounding.send_due(box)
    comes_in(box, provider.sent[0][1], 2, number="+59170000001")
    clock.on(minutes=16)
    Lookout(box).look()
    assert round_trips(box) == ["round_trip"]


def test_none_leaves_while_everything_is_stopped_or_the_caps_are_full(make_node: MakeNode, clock: Clock, provider: Provider) -> None:
    stopped = make_node(extra=EXTRA)
    governor.stop(stopped, by="ana", why="test")
    capped = make_node("capped", extra=EXTRA + "segments_per_day = 1\n")
    assert (sounding.send_due(stopped), sounding.send_due(capped)) == (0, 0)
    clock.on(hours=2)
    assert (Lookout(stopped).look(), Lookout(capped).look()) == (0, 0), "and none is missed"


@pytest.mark.parametrize(("label", "extra", "level", "words"), [
    ("its price", EXTRA, "ok", "http: 720 texts and 720 segments in 30 days, 36.00"),
    ("no way back", EXTRA.replace('["http"]', '["console"]'), "FAULT", "console"),
    ("no number", EXTRA.replace('number = "+59122000001"\n', ""), "FAULT", "set canary.to"),
    ("a provider that sends nothing to itself", EXTRA.replace('["http"]', '["twilio"]'), "note", "to itself"),
])
def test_the_doctor_says(label: str, extra: str, level: str, words: str, make_node: MakeNode) -> None:
    found = [finding for finding in doctor.examine(make_node(extra=extra).config) if finding.subject == "canary"]
    assert [finding.level for finding in found] == [level], label
    assert words in found[0].words


@pytest.mark.parametrize(("label", "to", "words", "reason"), [
    ("a number that is somebody's by now, who says stop", "+59171230000", "BAJA", "opted_out"),
    ("a number of another country", "+19005550100", "", "not_served"),
    ("our own number", OURS, "", None),
])
def test_no_canary_leaves_for(make_node: MakeNode, clock: Clock, provider: Provider, label: str, to: str, words: str, reason: str | None
                              ) -> None:
    node = make_node(extra=EXTRA.replace('channels = ["http"]', f'channels = ["http"]\nto = "{to}"'))
    if words:
        comes_in(node, words, number=f"whatsapp:{to}")
    for _ in range(3):
        sounding.send_due(node)
        clock.on(hours=1)
    assert len(provider.sent) == (0 if reason else 3), label
    with node.database.reading() as c:
        assert {row.reason or None for row in c.execute(select(CANARY))} == {reason}
        assert c.execute(select(METER.c.segments)).scalars().first() == (0 if reason else 3)
    Lookout(node).look()
    assert "round_trip" in round_trips(node), "none comes back, and a person sees it"


def test_the_switch_stops_a_canary_that_is_about_to_be_claimed(box: Node, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine, asked = governor.stopped, []

    def pressed_after_the_first_look(c: Connection) -> governor.Stopped | None:
        asked.append(1)
        return genuine(c) if len(asked) > 1 else None
    governor.stop(box, by="ana", why="test")
    monkeypatch.setattr(governor, "stopped", pressed_after_the_first_look)
    sounding.send_due(box)
    assert (provider.sent, len(asked)) == ([], 2)
