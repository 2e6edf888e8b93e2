"""What a person writes to those who speak for a need, who gets it, what it costs, and where what they write back goes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.channels import console
from gateway.decisions import erasing, guarding
from gateway.errors import Problem
from gateway.feedback import threads
from gateway.governing import governor
from gateway.journal.entries import all_facts
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Answer, Need, Reply, Report, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.words.replies import ANSWER
from tests.conftest import Clock, MakeNode
from tests.gateway.phones import ANA, EVA, Phones, say
from tests.journal.shuffling import same_in_any_order

ANSWERS, NEED, REPLY, REPORT = table(Answer), table(Need), table(Reply), table(Report)
WATER, WORDS = "AGUA S1604 sin agua", "El jueves cortamos el agua de 8 a 12."


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    found = Phones()
    monkeypatch.setattr(console, "send", found.send)
    return found


@pytest.fixture
def water(node: Node, clock: Clock, phones: Phones) -> str:
    """The need that Ana and Eva report."""
    for number in (ANA, EVA):
        say(node, clock, WATER, number)
    return the_need(node)


def the_need(node: Node) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(NEED.c.id)).scalar_one())


def report_of(node: Node, number: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(REPORT.c.id).where(REPORT.c.sender == node.vault.sender(number))).scalars().first())


def written(node: Node, clock: Clock, need: str, words: str = WORDS, key: str = "1", report: str | None = None) -> int:
    count = threads.write(node, need, words, key=key, by="luz", report=report)
    clock.on(seconds=20)
    jobs.work(node)
    return count


def back(node: Node) -> list[str]:
    with node.database.reading() as c:
        return [str(fact["text"]) for fact in all_facts(c, ["answer_replied"])]


def reports(node: Node) -> int:
    with node.database.reading() as c:
        return len(c.execute(select(REPORT.c.id)).all())


def test_all_who_speak_for_it_read_it_as_it_is_written_once(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    assert written(node, clock, water) == 2
    assert phones.last(ANA) == f"Aviso 10005: {WORDS}"
    assert phones.last(EVA) == f"Aviso 10017: {WORDS}"
    before = len(phones.got)
    assert written(node, clock, water) == 0, "the same form again"
    written(node, clock, water, key="2")
    assert len(phones.got) == before, "the same words are not said twice a day"
    with node.database.reading() as c:
        assert {governor.class_of(kind) for kind in c.execute(select(REPLY.c.kind).where(REPLY.c.kind == ANSWER)).scalars()} == {"status"}


def test_one_reporter_alone_may_be_written_to(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    assert written(node, clock, water, report=report_of(node, EVA)) == 1
    assert phones.last(EVA).endswith(WORDS)
    assert not phones.last(ANA).endswith(WORDS)


def test_what_it_costs_is_said_before(make_node: MakeNode, clock: Clock, phones: Phones) -> None:
    node = make_node(extra="[governor]\nprice_per_segment = 0.5\n")
    for number in (ANA, EVA, "+33600000001"):
        say(node, clock, WATER, number)
    before = len(phones.got)
    with node.database.reading() as c:
        found = threads.quote(c, node, the_need(node), WORDS)
        long = threads.quote(c, node, the_need(node), "a" * 160)
    assert (found.phones, found.unserved, found.segments, found.most, found.cost) == (2, 1, 2, 1, 1.0)
    assert (long.segments, long.most, long.cost) == (4, 2, 2.0)
    assert found.example == f"Aviso 10005: {WORDS}"
    assert len(phones.got) == before


@pytest.mark.parametrize(("label", "words"), [
    ("nothing", " \n "), ("three segments", "a" * 310), ("letters that cost double", "水" * 140), ("more than a page", "a" * 500)])
def test_what_may_not_be_written(node: Node, water: str, label: str, words: str) -> None:
    with pytest.raises(Problem, match="Write|letters|shorter"):
        threads.write(node, water, words, key="1", by="luz")


def test_it_waits_for_the_day(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    clock.on(hours=14)
    written(node, clock, water)
    assert not [text for _, text in phones.got if text.endswith(WORDS)]
    clock.on(hours=11)
    jobs.work(node)
    assert len([text for _, text in phones.got if text.endswith(WORDS)]) == 2


def test_who_said_stop_hears_nothing_and_neither_does_a_restricted_reporter(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    say(node, clock, "BAJA", ANA)
    with node.database.reading() as c:
        text = c.execute(select(REPORT.c.message).where(REPORT.c.sender == node.vault.sender(EVA))).scalar_one()
        report = report_of(node, EVA)
    guarding.restrict(node, text, why="", by="vera")
    before = len(phones.got)
    written(node, clock, water)
    assert len(phones.got) == before, "and who wrote it is not told that one of them said stop"
    with pytest.raises(Problem, match="no report"):
        written(node, clock, water, key="2", report=report)


def test_what_was_restricted_before_it_left_does_not_leave(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    threads.write(node, water, WORDS, key="1", by="luz")
    with node.database.reading() as c:
        text = c.execute(select(REPORT.c.message).where(REPORT.c.sender == node.vault.sender(EVA))).scalar_one()
    guarding.restrict(node, text, why="", by="vera")
    jobs.work(node)
    assert [number for number, text in phones.got if text.endswith(WORDS)] == [ANA]


@pytest.mark.parametrize(("label", "text", "threaded", "filed"), [
    ("some words",                         "y el viernes tambien?", True, 0),
    ("a number",                           "7", True, 0),
    ("the same need in other words",       "sigo sin agua", True, 0),
    ("another need is a report",           "LUZ S1701 sin luz", False, 1),
    ("the need somewhere else too",        "AGUA S1701 sin agua", False, 1),
    ("a command is one",                   "ESTADO 10005", False, 0),
    ("thanks are thanks",                  "gracias", False, 0),
    ("violence is for the focal point",    "mi marido me pega", False, 1),
    ("an emergency is one",                "incendio en Villa Copacabana ayuda", False, 1),
])
def test_what_is_written_back_is_for_the_person_who_wrote(node: Node, clock: Clock, phones: Phones, water: str, label: str, text: str,
                                                          threaded: bool, filed: int) -> None:
    clock.on(hours=25)
    written(node, clock, water)
    clock.on(hours=2)
    say(node, clock, text, ANA)
    assert back(node) == ([text] if threaded else []), label
    assert reports(node) == 2 + filed, label
    assert phones.last(ANA).startswith("Gracias. Lo leera") is threaded, label


@pytest.mark.parametrize(("label", "days", "threaded"), [("within the week", 6, True), ("after it", 8, False)])
def test_a_thread_is_open_for_so_many_days(node: Node, clock: Clock, phones: Phones, water: str, label: str, days: int,
                                           threaded: bool) -> None:
    written(node, clock, water)
    clock.on(days=days)
    say(node, clock, "quien viene?", ANA)
    say(node, clock, "a que hora?", ANA)
    assert back(node) == (["quien viene?", "a que hora?"] if threaded else []), label


def test_an_open_question_keeps_its_answer(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    clock.on(hours=2)
    say(node, clock, "se cayo el muro", ANA)
    assert "zona" in phones.last(ANA)
    written(node, clock, water)
    assert phones.last(ANA).endswith(WORDS)
    say(node, clock, "kupini", ANA)
    assert back(node) == []
    assert "Muro de contencion, Kupini" in phones.last(ANA)


def test_two_machines_that_answer_each_other_stop(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    written(node, clock, water)
    before = len(phones.got)
    for n in range(20):
        say(node, clock, f"fuera de la oficina {'x' * n}", ANA)
    assert len(phones.got) - before <= 5


def test_who_is_erased_leaves_nothing_of_a_thread(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    written(node, clock, water, report=report_of(node, ANA))
    written(node, clock, water, words="A todos.", key="2")
    say(node, clock, "quien viene?", ANA)
    erasing.erase_sender(node, ANA, why="asked", by="operator")
    assert back(node) == []
    with node.database.reading() as c:
        assert c.execute(select(ANSWERS.c.text)).scalars().all() == ["A todos."]
    rebuild(node.database, verify=True)


def test_the_facts_of_a_thread_fold_alike_in_any_order(node: Node, clock: Clock, phones: Phones, water: str) -> None:
    written(node, clock, water)
    written(node, clock, water, words="Una pregunta.", key="2", report=report_of(node, ANA))
    say(node, clock, "quien viene?", ANA)
    rebuild(node.database, verify=True)
    for seed in range(3):
        same_in_any_order(node, seed)
