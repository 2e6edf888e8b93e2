"""MIS DATOS and BORRAR: what is said of oneself, and that the last reply leaves before the number goes, once, or not at all."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from gateway.channels import console
from gateway.channels.values import Failed, Outcome, Uncertain
from gateway.decisions import erasing, guarding
from gateway.feedback import accompanying
from gateway.feedback.accompanying import Enrolment
from gateway.governing import governor
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Contact, Delivery, Message, Reply, Report, Sender, Task, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.sending import outbox
from gateway.words.replies import LAST
from tests.conftest import Clock, MakeNode
from tests.gateway.phones import ANA, EVA, Phones, say

CONTACT, DELIVERY, MESSAGE, REPLY, REPORT, SENDER, TASK = map(table, (Contact, Delivery, Message, Reply, Report, Sender, Task))
VIOLENCE = "mi marido me pega"


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    found = Phones()
    monkeypatch.setattr(console, "send", found.send)
    return found


def kept(node: Node, number: str = ANA) -> dict[str, int]:
    """How many rows there are of a phone."""
    sender = node.vault.sender(number)
    with node.database.reading() as c:
        def count(of: object, where: object) -> int:
            return int(c.execute(select(func.count()).select_from(of).where(where)).scalar_one())  # type: ignore[arg-type]

        return {"messages": count(MESSAGE, MESSAGE.c.sender == sender), "reports": count(REPORT, REPORT.c.sender == sender),
                "replies": count(REPLY, REPLY.c.sender == sender), "numbers": count(CONTACT, CONTACT.c.sender == sender)}


NOTHING = {"messages": 0, "reports": 0, "replies": 0, "numbers": 0}


@pytest.mark.parametrize(("label", "before", "after"), [
    ("told in so many words",            [VIOLENCE], []),
    ("and what followed it",             [VIOLENCE, "tengo miedo"], []),
    ("asked how it stands",              [VIOLENCE, "ESTADO"], []),
    ("said twice",                       [VIOLENCE, VIOLENCE], []),
    ("after an ordinary report",         ["AGUA S1604 sin agua", VIOLENCE], ["AGUA S1604 sin agua"]),
    ("before one",                       [VIOLENCE, "AGUA S1604 sin agua"], ["AGUA S1604 sin agua"]),
    ("with thanks, which tell nothing",  [VIOLENCE, "gracias"], ["gracias"]),
])
@pytest.mark.parametrize("asked", [["MIS DATOS"], ["MIS DATOS", "BORRAR", "si", "no"], ["BORRAR"], ["BORRAR", "BORRAR SI"]])
def test_a_phone_with_a_restricted_report_hears_what_any_other_hears(
        node: Node, clock: Clock, phones: Phones, label: str, before: list[str], after: list[str], asked: list[str]) -> None:
    began = clock.moment
    for number, texts in ((ANA, before), (EVA, after)):
        clock.moment = began
        for text in texts:
            say(node, clock, text, number)
        clock.moment = began.replace(hour=14)
        for text in asked:
            say(node, clock, text, number)
    one, other = ([re.sub(r"\b10\d{3}\b", "REF", text) for to, text in phones.got if to == number] for number in (ANA, EVA))
    assert one[-len(asked):] == other[-len(asked):], label


@pytest.mark.parametrize(("label", "texts", "words"), [
    ("two trips", ["VIAJE S1701 CENTRO 6AM MINIBUS CUIDADO 2", "VIAJE S1604 CENTRO 7AM MICRO TRABAJO 4"],
     "viajes 2, votos 0, saludos 0, desde"),
    ("none of it", ["AGUA S1604 sin agua"], "Abiertos: 10005"),
])
def test_who_told_trips_hears_that_they_are_kept(node: Node, clock: Clock, phones: Phones, label: str, texts: list[str],
                                                 words: str) -> None:
    for text in texts:
        say(node, clock, text)
    say(node, clock, "MIS DATOS")
    assert words in phones.last(ANA), label


def test_who_was_written_down_for_greetings_is_not_told_that_nothing_is_kept(make_node: MakeNode, clock: Clock, phones: Phones) -> None:
    node = make_node(extra='[outbox]\nchannel = "console"\n')
    accompanying.enrol(node, Enrolment("Rosa", ANA, "Eva", EVA, "S1604", 9, (0,)), by="luz")
    for number in (ANA, EVA):
        say(node, clock, "MIS DATOS", number)
        assert phones.last(number).startswith("Suyos: mensajes 0, avisos 0, viajes 0, votos 0, saludos 1, desde 25/11/2026."), number
    say(node, clock, "NO MAS", ANA)
    say(node, clock, "MIS DATOS", ANA)
    assert "saludos" not in phones.last(ANA)


def test_a_report_that_a_person_restricts_is_told_of_no_more(node: Node, clock: Clock, phones: Phones) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    say(node, clock, "MIS DATOS")
    assert "mensajes 1, avisos 1" in phones.last(ANA)
    with node.database.reading() as c:
        text = c.execute(select(REPORT.c.message)).scalar_one()
    guarding.restrict(node, text, why="", by="vera")
    say(node, clock, "MIS DATOS")
    assert phones.last(ANA).startswith("Suyos: mensajes 1, avisos 0"), "the question before this one is all that may be told"
    assert "10005" not in phones.last(ANA)


@pytest.mark.parametrize(("label", "fails", "state"), [
    ("the provider is away", Failed("503", permanent=False), "queued"),
    ("nobody knows whether it left", Uncertain("timeout"), "uncertain"),
])
def test_the_number_stays_until_the_last_reply_has_left(node: Node, clock: Clock, phones: Phones, label: str, fails: Outcome,
                                                        state: str) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    say(node, clock, "BORRAR")
    phones.will = lambda: fails
    say(node, clock, "BORRAR SI")
    with node.database.reading() as c:
        assert c.execute(select(REPLY.c.state).where(REPLY.c.kind == LAST)).scalar_one() == state, label
    assert kept(node) == {"messages": 3, "reports": 1, "replies": 3, "numbers": 1}
    phones.will = lambda: None
    for _ in range(6):
        clock.on(minutes=6)
        jobs.work(node)
    assert [text[:15] for _, text in phones.got].count("Se borran ahora") == 1
    assert kept(node) == NOTHING
    with node.database.reading() as c:
        assert not c.execute(select(TASK.c.kind)).all()
        assert c.execute(select(DELIVERY.c.raw)).scalars().all() == [b""] * 3, "the raw bytes are gone, the texts stay known"
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "stopped"), [("it never leaves", False), ("nothing may leave this machine", True)])
def test_what_cannot_be_said_within_a_day_is_erased_all_the_same(node: Node, clock: Clock, phones: Phones, label: str,
                                                                 stopped: bool) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    say(node, clock, "BORRAR")
    if stopped:
        governor.stop(node, by="op", why="")
    phones.will = lambda: Failed("503", permanent=False)
    say(node, clock, "BORRAR SI")
    clock.on(hours=23, minutes=50)
    jobs.work(node)
    assert kept(node)["numbers"] == 1, label
    clock.on(minutes=20)
    jobs.work(node)
    assert kept(node) == NOTHING, label
    phones.will = lambda: None
    governor.start(node)
    clock.on(minutes=20)
    jobs.work(node)
    assert not [text for _, text in phones.got if text.startswith("Se borran")], "it waits in no outbox either"


def test_what_is_written_between_the_word_and_the_deed_is_somebody_new(node: Node, clock: Clock, phones: Phones) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    say(node, clock, "BORRAR")
    phones.will = lambda: Failed("503", permanent=False)
    say(node, clock, "BORRAR SI")
    say(node, clock, "LUZ S1701 sin luz")
    phones.will = lambda: None
    for _ in range(3):
        clock.on(minutes=6)
        jobs.work(node)
    assert kept(node) == {"messages": 1, "reports": 1, "replies": 1, "numbers": 1}
    say(node, clock, "MIS DATOS")
    assert phones.last(ANA).startswith("Suyos: mensajes 1, avisos 1")
    assert "10005" not in phones.last(ANA)
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "texts", "erased"), [
    ("in time",                           ["BORRAR", "BORRAR SI"], True),
    ("thanks in between change nothing",  ["BORRAR", "gracias", "BORRAR SI"], True),
    ("a day later it is asked again",     ["BORRAR", "-", "BORRAR SI"], False),
    ("after another text too",            ["BORRAR", "LUZ S1701 sin luz", "BORRAR SI"], False),
    ("never asked",                       ["BORRAR SI"], False),
    ("a bare yes erases nothing",         ["BORRAR", "si"], False),
    ("taken back",                        ["BORRAR", "no", "BORRAR SI"], False),
])
def test_when_it_counts_as_confirmed(node: Node, clock: Clock, phones: Phones, label: str, texts: list[str], erased: bool) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    for text in texts:
        clock.on(hours=25) if text == "-" else say(node, clock, text)
    assert (kept(node) == NOTHING) is erased, label
    assert (phones.last(ANA).startswith("Se borran")) is erased, label


def test_an_answer_about_oneself_is_heard_by_a_phone_that_used_up_its_answers(node: Node, clock: Clock, phones: Phones) -> None:
    for n in range(7):
        say(node, clock, f"ESTADO 1000{n}")
    assert len(phones.got) == 5, "the loop guard"
    for text in ("MIS DATOS", "BORRAR", "BORRAR SI"):
        say(node, clock, text)
    assert len(phones.got) == 8
    assert kept(node) == NOTHING


def test_who_wants_no_texts_is_erased_in_silence(node: Node, clock: Clock, phones: Phones) -> None:
    say(node, clock, "AGUA S1604 sin agua")
    say(node, clock, "BAJA")
    before = len(phones.got)
    say(node, clock, "BORRAR")
    say(node, clock, "BORRAR SI")
    assert len(phones.got) == before
    assert kept(node) == NOTHING


def test_who_was_erased_by_hand_meanwhile_leaves_nothing_to_do(node: Node, clock: Clock, phones: Phones) -> None:
    say(node, clock, "BORRAR")
    phones.will = lambda: Failed("503", permanent=False)
    say(node, clock, "BORRAR SI")
    erasing.erase_sender(node, ANA, why="asked at the counter", by="operator")
    phones.will = lambda: None
    clock.on(minutes=6)
    jobs.work(node)
    with node.database.reading() as c:
        assert not c.execute(select(TASK.c.kind)).all()
        assert c.execute(select(func.count()).where(ENTRY.c.kind == "sender_erased")).scalar_one() == 1


def test_negative_control_who_is_erased_before_the_reply_left_never_hears_of_it(
        make_node: MakeNode, clock: Clock, phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node()
    say(node, clock, "BORRAR")
    with monkeypatch.context() as wrong:
        wrong.setattr(outbox, "send_due", lambda _: 0)
        say(node, clock, "BORRAR SI")
        with node.database.writing() as c:
            erasing.erase(c, node, node.vault.sender(ANA), why="too early", by="resident")
    jobs.work(node)
    assert not [text for _, text in phones.got if text.startswith("Se borran")]
