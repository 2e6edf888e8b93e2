"""Machines that answer machines: two that answer each other for ever fall silent within five, and a person who writes is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal.tables import Message, Reply, Report, table
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode

MESSAGE, REPLY, REPORT = table(Message), table(Reply), table(Report)
Machine = Callable[[str, int], str]
THEIRS, OURS, PERSON = "+59170000001", "+59122000000", "+59170000002"
MOST = 5
ROUNDS = 30


def hear(node: Node, words: str, number: str, n: int) -> list[str]:
    """What we say to one text: the texts that left."""
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("console", "local", f"{number}-{n}", number, words, node.now(), b"raw")])
    before = left(node, number)
    while outbox.send_due(node):
        pass
    return left(node, number)[len(before):]


def left(node: Node, number: str) -> list[str]:
    with node.database.reading() as c:
        return list(c.execute(select(REPLY.c.text).where(REPLY.c.state == "delivered", REPLY.c.sender == node.vault.sender(number))
                              .order_by(REPLY.c.settled_at, REPLY.c.id)).scalars())


def talk(node: Node, clock: Clock, machine: Machine) -> int:
    """The machine texts us once, and then answers whatever we say, a minute later; how often we answered."""
    said = hear(node, machine("", 0), THEIRS, 0)
    for n in range(1, ROUNDS):
        if not said:
            break
        clock.on(minutes=1)
        said = hear(node, machine(said[-1], n), THEIRS, n)
    return len(left(node, THEIRS))


MACHINES: list[tuple[str, Machine]] = [
    ("somebody on holiday", lambda heard, n: "Estoy de vacaciones, le responderé a mi vuelta"),
    ("a menu of a shop", lambda heard, n: "Gracias por escribirnos. 1 horarios 2 precios 3 hablar con una persona"),
    ("one that numbers its answers", lambda heard, n: f"Su mensaje {n} fue recibido"),
    ("one that says back what it hears, our number of the emergency too", lambda heard, n: heard or "AYUDA"),
    ("one that always asks for help", lambda heard, n: "AYUDA"),
    ("one that reports without end", lambda heard, n: f"AGUA S1604 sin agua {n} familias"),
    ("one that stops and starts", lambda heard, n: ("ALTA", "AYUDA")[n % 2]),
    ("one that asks what we hold of it", lambda heard, n: ("MIS DATOS", "AYUDA")[n % 2]),
    ("one that asks for everything in turn", lambda heard, n: ("AYUDA", "MIS DATOS", "ESTADO", "IDIOMA QUECHUA", "NO", "VOTO A")[n % 6]),
]


@pytest.mark.parametrize(("label", "machine"), MACHINES)
def test_a_machine_that_answers_us_is_answered_five_times(label: str, machine: Machine, node: Node, clock: Clock) -> None:
    answered = talk(node, clock, machine)
    assert answered <= MOST, label
    hear(node, "AYUDA", PERSON, 0)
    assert len(left(node, PERSON)) == 1, "a resident is answered all the same"


def test_who_used_up_the_answers_of_a_day_still_hears_what_we_hold_of_them_once(node: Node, clock: Clock) -> None:
    for n in range(6):
        clock.on(minutes=1)
        hear(node, "AYUDA", PERSON, n)
    assert len(left(node, PERSON)) == MOST
    answers = []
    for n, words in enumerate(("MIS DATOS", "BORRAR", "MIS DATOS", "BORRAR"), 10):
        clock.on(minutes=1)
        answers.append(len(hear(node, words, PERSON, n)))
    assert answers == [1, 1, 0, 0]


def test_two_barrios_that_answer_each_other_fall_silent_within_five(make_node: MakeNode, clock: Clock) -> None:
    """The worst machine is one like us: a town's number was typed into another town's, and both answer every text."""
    ours, other = make_node("hub"), make_node("other")
    said, n = hear(ours, "AYUDA", THEIRS, 0), 0
    for n in range(1, ROUNDS):
        clock.on(minutes=1)
        answers = [answer for words in said for answer in hear(other, words, OURS, n)]
        said = [answer for words in answers for answer in hear(ours, words, THEIRS, n)]
        if not said:
            break
    assert (len(left(ours, THEIRS)), len(left(other, OURS))) == (1, 0), "the other knows our words for its own, and says nothing"
    clock.moment += timedelta(days=3)
    assert (outbox.send_due(ours), outbox.send_due(other)) == (0, 0), "and nothing of it is left for later"


def test_our_words_said_back_are_kept_and_nothing_else(node: Node, clock: Clock) -> None:
    """Our help names the number for emergencies, and what says it back was read as one, filed, told to the duty officer and answered."""
    help_text = hear(node, "AYUDA", THEIRS, 0)[0]
    clock.on(minutes=1)
    assert hear(node, help_text, THEIRS, 1) == []
    with node.database.reading() as c:
        outcomes = list(c.execute(select(MESSAGE.c.outcome, MESSAGE.c.text).order_by(MESSAGE.c.id)))
        reports = list(c.execute(select(REPORT.c.intent)))
    assert [tuple(row) for row in outcomes] == [("help", "AYUDA"), ("echo", help_text)]
    assert reports == []


@pytest.mark.parametrize(("label", "says", "intents"), [
    ("nothing but our words",                  lambda ours: ours, []),
    ("who quotes us and adds a need",          lambda ours: f"{ours} tampoco hay luz en kupini", ["report"]),
    ("who quotes us and adds an emergency",    lambda ours: f"{ours} se incendia la casa en kupini, hay heridos", ["emergency"]),
])
def test_who_quotes_our_acknowledgement_is_heard(label: str, says: Callable[[str], str], intents: list[str], node: Node,
                                                 clock: Clock) -> None:
    ours = hear(node, "no hay agua en pampahasi", PERSON, 0)[0]
    clock.on(hours=2)
    answers = hear(node, says(ours), PERSON, 1)
    with node.database.reading() as c:
        filed = list(c.execute(select(REPORT.c.intent).order_by(REPORT.c.id)).scalars())
    assert filed[1:] == intents, label
    assert bool(answers) == bool(intents), label


def test_a_question_stays_open_over_an_echo(node: Node, clock: Clock) -> None:
    asked = hear(node, "no hay agua", PERSON, 0)[0]
    clock.on(minutes=1)  # replies of one moment have no order
    hear(node, f"Auto-reply: {asked}", PERSON, 1)
    clock.on(minutes=1)
    assert "Kupini" in hear(node, "kupini", PERSON, 2)[0]


def test_what_was_said_to_another_and_is_forwarded_is_heard(node: Node, clock: Clock) -> None:
    ours = hear(node, "no hay agua en pampahasi", PERSON, 0)[0]
    clock.on(hours=2)
    assert len(hear(node, ours, "+59170000003", 1)) == 1


def test_the_control_without_the_guard_it_goes_on(make_node: MakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node()
    monkeypatch.setattr(outbox, "_sent_lately", lambda *_: ({}, set(), set()))
    assert talk(node, clock, MACHINES[4][1]) == ROUNDS
