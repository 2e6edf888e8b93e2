"""A question to many: one vote a sender, the last before the end; what is no vote; the count, and the result to who voted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import and_, select

from gateway.broadcasts import announcing, tallying
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.decisions import erasing
from gateway.doors import intake
from gateway.errors import Problem
from gateway.feedback import threads
from gateway.journal.entries import ENTRY, all_facts
from gateway.journal.rebuilding import rebuild
from gateway.journal.rows import find
from gateway.journal.tables import Broadcast, Reply, Report, Vote, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms
from tests.gateway.crowd import heard, listed, phone, prepared, reporters
from tests.gateway.phones import say
from tests.journal.shuffling import same_in_any_order

BROADCAST, REPLY, REPORT, VOTE = table(Broadcast), table(Reply), table(Report), table(Vote)
QUESTION = {"es": "¿Que hacemos primero?", "fr": "Que faire d'abord?"}
OPTIONS = {"es": ("Cancha", "Parque", "Alumbrado"), "fr": ("Terrain", "Parc", "Eclairage")}
ASKED = "¿Que hacemos primero? A Cancha B Parque C Alumbrado. Responda VOTO y la letra hasta el 28/11. Para no recibir mas: BAJA"
PEOPLE = 12


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra="[outbox]\nautomatic_per_day = 50\n")


@pytest.fixture
def end(clock: Clock) -> datetime:
    return clock() + timedelta(days=3)


@pytest.fixture
def poll(node: Node, clock: Clock, end: datetime) -> str:
    """A poll that was asked of twelve in Kupini, two of them in French."""
    reporters(node, clock, PEOPLE - 2)
    reporters(node, clock, 2, first=PEOPLE - 2, language="fr")
    broadcast = prepared(node, texts=QUESTION, options=OPTIONS, closes_at=end)
    announcing.start(node, broadcast, by="luz")
    jobs.work(node)
    clock.on(hours=1)
    return broadcast


def votes(node: Node) -> dict[str, str]:
    with node.database.reading() as c:
        names = {node.vault.sender(phone(n)): phone(n) for n in range(1000)}
        return {names[row.sender]: row.option for row in c.execute(select(VOTE.c.sender, VOTE.c.option))}


def last(node: Node, number: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(REPLY.c.text).join(ENTRY, and_(ENTRY.c.subject == REPLY.c.id, ENTRY.c.kind == "reply_queued")).where(
            REPLY.c.sender == node.vault.sender(number), REPLY.c.state == "delivered").order_by(ENTRY.c.seq.desc())).scalars().first())


def reports(node: Node) -> int:
    with node.database.reading() as c:
        return len(c.execute(select(REPORT.c.id)).all())


def closed(node: Node, clock: Clock, poll: str) -> dict[str, object]:
    clock.on(days=3, minutes=20)
    jobs.work(node)
    with node.database.reading() as c:
        return find(c, BROADCAST, "id", [poll])[0]


def test_each_is_asked_in_their_language(node: Node, poll: str) -> None:
    assert heard(node)[phone(0)] == [ASKED]
    assert heard(node)[phone(PEOPLE - 1)] == [
        "Que faire d'abord? A Terrain B Parc C Eclairage. Répondez VOTE et la lettre jusqu'au 28/11. Ne plus recevoir: STOP"]


@pytest.mark.parametrize(("label", "text", "vote"), [
    ("the word and the letter", "VOTO B", "B"),
    ("small", "voto b", "B"), ("the letter alone", "B", "B"), ("written together", "VOTOB", "B"),
    ("no vote written together", "labo", None), ("with its article", "la b", "B"),
    ("politely", "opcion B, gracias", "B"), ("in another language", "VOTE B", "B"), ("the option in its own words", "parque", "B"),
    ("with its option", "VOTO B parque", "B"), ("in a sentence of nothing else", "mi voto es por la B", "B"),
    ("the option, politely and in a sentence", "voto por el parque por favor", "B"),
    ("the option with its letter, as we print it", "B. Parque", "B"),
    ("what somebody wants", "quiero el parque", "B"), ("two options", "parque y cancha", None),
    ("in English", "I vote B", "B"), ("in Arabic", "تصويت B", "B"),
    ("for something, in words that hold a letter", "voto a favor del parque", None), ("our own words", ASKED, None),
    ("two of them", "VOTO A y B", None), ("none of them", "VOTO F", None), ("no letter", "VOTO", None), ("a number", "2", None),
    ("a word", "quizas", None), ("a sentence with a letter in it", "el agua a 3 cuadras", None),
    ("a sentence with an option in it", "el parque esta sucio", None)])
def test_what_is_a_vote(node: Node, clock: Clock, poll: str, label: str, text: str, vote: str | None) -> None:
    say(node, clock, text, phone(0))
    assert votes(node) == ({phone(0): vote} if vote else {}), label
    if vote:
        assert last(node, phone(0)) == "Voto recibido: B Parque. Puede cambiarlo hasta el 28/11. Gracias."


def test_who_names_two_options_is_told_the_letters_and_files_no_report(node: Node, clock: Clock, poll: str) -> None:
    before = reports(node)
    for text in ("el parque y el alumbrado", "cancha, parque"):
        say(node, clock, text, phone(0))
        assert last(node, phone(0)) == "Las letras son A B C. Responda VOTO y una de ellas, por ejemplo VOTO A.", text
    assert reports(node) == before
    say(node, clock, "el parque y el alumbrado estan mal en Kupini", phone(1))
    assert reports(node) > before, "what says more is what it says"


@pytest.mark.parametrize(("label", "text"), [
    ("a broken pipe", "se rompio un tubo en S1701"), ("a whole report", "no hay luz en Kupini"),
    ("one that holds an option", "S1701 parque"), ("one that holds a letter", "a la vuelta no hay agua en Kupini")])
def test_a_report_is_a_report_whatever_was_asked(node: Node, clock: Clock, poll: str, label: str, text: str) -> None:
    clock.on(days=2)
    before = reports(node)
    say(node, clock, text, phone(0))
    assert votes(node) == {}, label
    assert reports(node) == before + 1, label
    say(node, clock, "voto c", phone(0))
    assert votes(node) == {phone(0): "C"}, "and the word still votes after it"


@pytest.mark.parametrize(("label", "text", "vote"), [
    ("the option alone", "Gradas", "A"), ("in a sentence", "voto por las gradas por favor", "A"),
    ("with its letter, as we print it", "B. Agua", "B"), ("small", "la luz", "C"),
    ("what says more is a report", "las gradas de mi calle estan rotas", None)])
def test_who_reported_an_hour_ago_and_is_asked_what_comes_first_votes_and_files_nothing(node: Node, clock: Clock, end: datetime, label: str,
                                                                                     text: str, vote: str | None) -> None:
    reporters(node, clock, PEOPLE)
    options = {"es": ("Gradas", "Agua", "Luz"), "fr": ("Escaliers", "Eau", "Lumière")}
    broadcast = prepared(node, texts=QUESTION, options=options, closes_at=end)
    say(node, clock, "no hay agua en Kupini", phone(0))
    announcing.start(node, broadcast, by="luz")
    jobs.work(node)
    clock.on(minutes=10)
    before = reports(node)
    say(node, clock, text, phone(0))
    assert votes(node) == ({phone(0): vote} if vote else {}), label
    assert reports(node) == before + (vote is None), label


def test_violence_is_for_the_focal_point_and_an_emergency_is_one(node: Node, clock: Clock, poll: str) -> None:
    say(node, clock, "mi marido me pega", phone(0))
    say(node, clock, "incendio en Kupini ayuda", phone(1))
    assert votes(node) == {}
    with node.database.reading() as c:
        assert set(c.execute(select(REPORT.c.intent)).scalars()) == {"report", "protection", "emergency"}


def test_an_unclear_answer_is_told_the_letters_once(node: Node, clock: Clock, poll: str) -> None:
    say(node, clock, "quizas", phone(0))
    assert last(node, phone(0)) == "Las letras son A B C. Responda VOTO y una de ellas, por ejemplo VOTO A."
    say(node, clock, "tampoco", phone(0))
    assert last(node, phone(0)).startswith("No entendimos su mensaje.")
    say(node, clock, "c", phone(0))
    assert votes(node) == {phone(0): "C"}


def test_the_last_vote_before_the_end_counts(node: Node, clock: Clock, poll: str) -> None:
    say(node, clock, "A", phone(0))
    assert last(node, phone(0)) == "Voto recibido: A Cancha. Puede cambiarlo hasta el 28/11. Gracias."
    say(node, clock, "b", phone(0))
    assert last(node, phone(0)) == "Cambiamos su voto. Ahora es: B Parque. Puede cambiarlo hasta el 28/11. Gracias."
    say(node, clock, "MIS DATOS", phone(0))
    assert "viajes 0, votos 1, saludos 0," in last(node, phone(0)), "and that it is kept is told to who asks"
    say(node, clock, "VOTO B", phone(0))
    assert last(node, phone(0)).startswith("Voto recibido: B")
    assert votes(node) == {phone(0): "B"}


def test_who_was_not_asked_is_counted_apart(node: Node, clock: Clock, poll: str) -> None:
    say(node, clock, "VOTO A", phone(700))
    assert last(node, phone(700)).startswith("Anotado: A Cancha. Se cuenta aparte")
    for n in range(10):
        say(node, clock, "VOTO B", phone(n))
    row = closed(node, clock, poll)
    assert tallying.by_option(row) == {"B": 10}
    assert tallying.counts_of(row)[1] == {"A": 1}
    assert "B 10 Parque" in last(node, phone(700)), "they took part, and hear how it ended"


@pytest.mark.parametrize(("label", "text"), [("no letter", "VOTO"), ("none of them", "VOTO F")])
def test_who_was_not_asked_is_told_the_letters_and_stays_apart(node: Node, clock: Clock, poll: str, label: str, text: str) -> None:
    say(node, clock, text, phone(700))
    assert last(node, phone(700)).startswith("Las letras son A B C.")
    say(node, clock, "VOTO C", phone(700))
    assert last(node, phone(700)).startswith("Anotado: C"), label


def test_a_letter_alone_of_who_was_not_asked_is_no_vote(node: Node, clock: Clock, poll: str) -> None:
    say(node, clock, "A", phone(700))
    assert votes(node) == {}


def test_without_a_poll_there_is_none(node: Node, clock: Clock) -> None:
    say(node, clock, "VOTO A", phone(0))
    assert last(node, phone(0)) == "Ahora no hay ninguna votacion abierta. Gracias."


def test_after_the_end_nothing_counts_but_what_was_sent_before_does(node: Node, clock: Clock, poll: str, end: datetime) -> None:
    sent = clock()
    clock.moment = end + timedelta(minutes=2)
    say(node, clock, "VOTO A", phone(0))
    assert last(node, phone(0)) == "La votacion termino el 28/11. Gracias por escribirnos."
    with node.database.writing() as c:
        intake.receive(c, node, [sms("late", "VOTO B", phone(1), sent)])  # it lay at the provider
    jobs.work(node)
    assert votes(node) == {phone(1): "B"}


def test_the_result_goes_to_those_who_took_part_once(node: Node, clock: Clock, poll: str) -> None:
    for n in range(11):
        say(node, clock, "AB"[n % 3 == 0], phone(n))
    say(node, clock, "BAJA", phone(5))
    row = closed(node, clock, poll)
    assert tallying.by_option(row) == {"A": 7, "B": 4}
    for _ in range(3):
        clock.on(days=1)
        jobs.work(node)
    told = {number: texts[1:] for number, texts in heard(node).items()}
    spanish = ["Resultado de la votacion del 28/11: A 7 Cancha, B 4 Parque, C 0 Alumbrado. Votaron 11. Gracias por participar."]
    assert told == {phone(n): spanish for n in range(10) if n != 5} | {
        phone(10): ["Résultat du vote du 28/11: A 7 Terrain, B 4 Parc, C 0 Eclairage. Votants: 11. Merci d'avoir participé."],
        phone(5): [], phone(11): []}


def test_a_result_of_few_is_not_told_in_numbers(node: Node, clock: Clock, poll: str) -> None:
    for n in range(4):
        say(node, clock, "A", phone(n))
    closed(node, clock, poll)
    assert last(node, phone(0)) == "La votacion del 28/11 termino y participo poca gente. Gracias por su voto."
    assert len(heard(node)[phone(6)]) == 1


def test_a_poll_that_is_stopped_has_no_result(node: Node, clock: Clock, poll: str) -> None:
    for n in range(11):
        say(node, clock, "A", phone(n))
    announcing.stop(node, poll, by="luz")
    say(node, clock, "VOTO B", phone(0))
    assert last(node, phone(0)).startswith("La votacion termino el 25/11")
    assert closed(node, clock, poll)["closed_at"] is None
    assert {len(texts) for texts in heard(node).values()} == {1}


def test_another_open_question_keeps_its_answer(node: Node, clock: Clock, end: datetime) -> None:
    reporters(node, clock, PEOPLE)
    clock.on(hours=2)
    say(node, clock, "se cayo el muro", phone(0))
    announcing.start(node, prepared(node, texts=QUESTION, options=OPTIONS, closes_at=end), by="luz")
    jobs.work(node)
    assert last(node, phone(0)) == ASKED
    say(node, clock, "villa fatima", phone(0))
    assert "Muro de contencion, Villa Fatima" in last(node, phone(0))
    say(node, clock, "voto a", phone(0))
    assert votes(node) == {phone(0): "A"}


def test_by_sex_as_they_declared_it_and_few_are_put_with_the_unknown(node: Node, clock: Clock, poll: str) -> None:
    for n in range(12):
        if n < 11:
            say(node, clock, f"REGISTRO {'mujer' if n < 10 else 'hombre'}", phone(n))
        say(node, clock, "VOTO A" if n % 2 else "VOTO B", phone(n))
    row = closed(node, clock, poll)
    assert tallying.counts_of(row)[0] == {"A F": 5, "A U": 1, "B F": 5, "B U": 1}


def test_who_is_erased_has_no_vote_any_more(node: Node, clock: Clock, poll: str) -> None:
    for n in range(3):
        say(node, clock, "A", phone(n))
    erasing.erase_sender(node, phone(1), why="asked", by="operator")
    assert votes(node) == {phone(0): "A", phone(2): "A"}
    with node.database.reading() as c:
        assert node.vault.sender(phone(1)) not in {fact["sender"] for fact in all_facts(c, ["vote_cast"])}
    assert listed(node) == {("written", ""): PEOPLE - 1}
    rebuild(node.database, verify=True)


def test_votes_fold_alike_in_any_order(node: Node, clock: Clock, poll: str) -> None:
    for n, text in enumerate(("A", "b", "VOTO C", "VOTO A", "B")):
        say(node, clock, text, phone(n % 3))
    closed(node, clock, poll)
    for seed in range(3):
        same_in_any_order(node, seed)
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "options", "days", "why"), [
    ("one option", {"es": ("Cancha",), "fr": ("Terrain",)}, 3, "two to six"),
    ("seven", {language: tuple("abcdefg") for language in ("es", "fr")}, 3, "two to six"),
    ("not the same in each language", {"es": ("Cancha", "Parque"), "fr": ("Terrain", "Parc", "Rien")}, 3, "same options"),
    ("in one language alone", {"es": ("Cancha", "Parque")}, 3, "same options"), ("without an end", OPTIONS, None, "until when"),
    ("that is over", OPTIONS, -1, "sixty days"), ("next year", OPTIONS, 400, "sixty days"),
    ("long ones, in two segments", {language: ("x" * 30,) * 6 for language in ("es", "fr")}, 3, None),
    ("an end and no options", {}, 3, "needs options")])
def test_what_is_no_poll(node: Node, clock: Clock, label: str, options: dict[str, tuple[str, ...]], days: int | None, why: str | None
                         ) -> None:
    reporters(node, clock, PEOPLE)
    wording = Wording(QUESTION, options, clock() + timedelta(days=days) if days else None)
    if why is None:
        assert announcing.prepare(node, "x", Audience("place", "S1701"), wording, key="1", by="luz")
        return
    with pytest.raises(Problem, match=why):
        announcing.prepare(node, "x", Audience("place", "S1701"), wording, key="1", by="luz")


@pytest.mark.parametrize(("label", "text"), [
    ("in words", "somos 12 familias"), ("no", "no"), ("a number", "12"), ("a question", "¿a que hora?")])
def test_who_is_asked_by_a_person_while_they_may_vote_is_heard_by_that_person(
        node: Node, clock: Clock, poll: str, label: str, text: str) -> None:
    with node.database.reading() as c:
        need = str(find(c, REPORT, "sender", [node.vault.sender(phone(1))])[0]["need"])
    threads.write(node, need, "¿Cuantas familias son?", key="1", by="luz")
    clock.on(seconds=20)
    jobs.work(node)
    say(node, clock, text, phone(1))
    with node.database.reading() as c:
        assert [fact["text"] for fact in all_facts(c, ["answer_replied"])] == [text]
    say(node, clock, "VOTO B", phone(1))
    assert votes(node)[phone(1)] == "B", "and the word votes all the same"
