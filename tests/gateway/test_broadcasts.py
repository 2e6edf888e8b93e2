"""A text for many: who hears it, once, in which words and at which price; held up, gone on with, ended."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.broadcasts import airing, announcing, audience, broadcasting
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.channels import console
from gateway.decisions import erasing, guarding, planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.governing import duty, governor
from gateway.journal import tasks
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Need, Reply, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode, sms
from tests.gateway.crowd import CONTACT, KUPINI, WORDS, heard, listed, phone, prepared, reporters
from tests.gateway.phones import Phones, say
from tests.journal.shuffling import same_in_any_order

MESSAGE, NEED, REPLY = table(Message), table(Need), table(Reply)
WHOLE = "El lunes de 8 a 12 no habra agua. Para no recibir mas: BAJA"


def test_all_of_a_place_hear_it_once_and_who_comes_later_does_not(node: Node, clock: Clock) -> None:
    reporters(node, clock, 11)
    say(node, clock, "REGISTRO S1701", phone(500))
    reporters(node, clock, 12, first=100, place="S1604")
    broadcast = prepared(node)
    assert heard(node) == {}, "written down is not said"
    assert announcing.start(node, broadcast, by="luz") == 12
    reporters(node, clock, 1, first=50)
    jobs.work(node)
    assert heard(node) == {number: [WHOLE] for number in (*map(phone, range(11)), phone(500))}
    clock.on(days=8)
    jobs.work(node)
    assert len(heard(node)) == 12
    assert listed(node) == {("written", ""): 12}
    rebuild(node.database, verify=True)


def test_the_facts_of_a_broadcast_fold_alike_in_any_order(node: Node, clock: Clock) -> None:
    reporters(node, clock, 10)
    broadcast = prepared(node)
    announcing.translate(node, broadcast, "fr", "Lundi pas d'eau", by="luz")
    announcing.translate(node, broadcast, "ar", "لا ماء", by="ana")
    announcing.start(node, broadcast, by="luz")
    announcing.pause(node, broadcast, by="luz")
    announcing.resume(node, broadcast, by="luz")
    announcing.stop(node, broadcast, by="luz")
    jobs.work(node)
    for seed in range(3):
        same_in_any_order(node, seed)
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "kind", "code", "place", "people"), [
    ("a zone", "place", "S1701", "", 10), ("the district around it", "place", "S1700", "", 10),
    ("a larger one holds both", "place", "S0000", "", 20),
    ("a kind of need", "category", "WAT01", "", 20), ("the group it lies in", "category", "WAT", "", 20),
    ("of one zone alone", "category", "WAT", "S1604", 10), ("a programme", "programme", "PBCV", "", 10)])
def test_who_is_meant(node: Node, clock: Clock, label: str, kind: str, code: str, place: str, people: int) -> None:
    reporters(node, clock, 10)
    reporters(node, clock, 10, first=100, place="S1604")
    with node.database.reading() as c:
        need = c.execute(select(NEED.c.id).where(NEED.c.place_code == "S1701")).scalar_one()
    planning.link_need(node, need, "PBCV-17", why="", by="luz")
    with node.database.reading() as c:
        found = broadcasting.quote(c, node, Audience(kind, code, place), Wording(WORDS))
    assert found.people == people, label


@pytest.mark.parametrize(("label", "wanted", "why"), [
    ("few people", Audience("place", "S1604"), "people at least"), ("nobody", Audience("place", "P1314"), "people at least"),
    ("a place that is none", Audience("place", "X9"), "no place X9"), ("a place within", Audience("category", "WAT", "X9"), "no place"),
    ("a kind that is none", Audience("category", "XYZ"), "no category"),
    ("a programme that is none", Audience("programme", "X"), "no programme"),
    ("what few may read", Audience("category", "SAF03"), "focal point"), ("nothing chosen", Audience("", ""), "Choose who")])
def test_who_may_not_be_meant(node: Node, clock: Clock, label: str, wanted: Audience, why: str) -> None:
    reporters(node, clock, 10)
    reporters(node, clock, 9, first=100, place="S1604")
    with pytest.raises(Problem, match=why):
        prepared(node, wanted)


def test_a_report_that_few_may_read_makes_nobody_part_of_an_audience(node: Node, clock: Clock) -> None:
    reporters(node, clock, 11)
    say(node, clock, "mi marido me pega, vivo en S1701", phone(800))
    say(node, clock, "S1701 agua no hay agua", phone(801))
    restrict(node, phone(801))
    with node.database.reading() as c:
        assert broadcasting.quote(c, node, KUPINI, Wording(WORDS)).people == 11
        assert not set(audience.categories(node, "SAF")) & set(node.words.sensitive)


def test_who_is_restricted_or_says_stop_before_it_leaves_hears_nothing(node: Node, clock: Clock) -> None:
    reporters(node, clock, 12)
    announcing.start(node, prepared(node), by="luz")
    restrict(node, phone(3))
    clock.on(seconds=20)
    with node.database.writing() as c:  # before anything of it left
        intake.receive(c, node, [sms("stop", "BAJA", phone(4), clock())])
    jobs.work(node)
    assert sorted(heard(node)) == [phone(n) for n in range(12) if n not in (3, 4)]


def test_what_is_restricted_between_the_outbox_and_the_phone_does_not_leave(node: Node, clock: Clock) -> None:
    reporters(node, clock, 12)
    clock.on(hours=14)  # night
    announcing.start(node, prepared(node), by="luz")
    jobs.work(node)
    clock.on(hours=10)
    airing.air_due(node)
    restrict(node, phone(3))
    jobs.work(node)
    assert sorted(heard(node)) == [phone(n) for n in range(12) if n != 3]


def test_nothing_of_it_leaves_at_night(node: Node, clock: Clock) -> None:
    reporters(node, clock, 12)
    clock.on(hours=14)
    announcing.start(node, prepared(node), by="luz")
    jobs.work(node)
    assert heard(node) == {}
    assert listed(node) == {("waiting", ""): 12}, "nothing lies in the outbox over night"
    clock.on(hours=10)
    jobs.work(node)
    assert len(heard(node)) == 12


def test_an_outage_of_the_database_uses_up_no_try(node: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    reporters(node, clock, 12)
    announcing.start(node, prepared(node), by="luz")

    def locked(*_: object) -> None:
        raise OperationalError("UPDATE listed", {}, sqlite3.OperationalError("database is locked"))

    with monkeypatch.context() as away:
        away.setattr(airing, "_air", locked)
        for _ in range(tasks.MOST_ATTEMPTS + 2):
            with pytest.raises(OperationalError):
                jobs.work(node)
            clock.on(seconds=1)
    jobs.work(node)
    assert len(heard(node)) == 12


def test_held_up_gone_on_with_and_ended(node: Node, clock: Clock) -> None:
    reporters(node, clock, 200)
    broadcast = prepared(node)
    announcing.start(node, broadcast, by="luz")
    airing.air_due(node)
    outbox.send_due(node)
    announcing.pause(node, broadcast, by="luz")
    jobs.work(node)
    first = len(heard(node))
    assert 0 < first <= 80
    clock.on(days=2)
    jobs.work(node)
    assert len(heard(node)) == first, "what waited in the outbox was held up too"
    announcing.resume(node, broadcast, by="luz")
    airing.air_due(node)
    outbox.send_due(node)
    announcing.stop(node, broadcast, by="luz")
    jobs.work(node)
    second = len(heard(node))
    assert first < second <= first + 80
    with pytest.raises(Problem, match="meanwhile"):
        announcing.resume(node, broadcast, by="luz")
    clock.on(days=1)
    jobs.work(node)
    assert len(heard(node)) == second
    assert max(len(texts) for texts in heard(node).values()) == 1


def test_who_was_held_up_hears_it_in_the_end(node: Node, clock: Clock) -> None:
    reporters(node, clock, 100)
    broadcast = prepared(node)
    announcing.start(node, broadcast, by="luz")
    airing.air_due(node)
    announcing.pause(node, broadcast, by="luz")
    jobs.work(node)
    clock.on(days=3)
    announcing.resume(node, broadcast, by="luz")
    jobs.work(node)
    assert heard(node) == {phone(n): [WHOLE] for n in range(100)}


def test_who_texts_meanwhile_is_answered_before_the_rest_of_it(node: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    phones = Phones()
    monkeypatch.setattr(console, "send", phones.send)
    reporters(node, clock, 300)
    announcing.start(node, prepared(node), by="luz")
    airing.air_due(node)
    clock.on(seconds=1)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("hola", "hola", phone(900), clock())])
    before = len(phones.got)
    phones.will = lambda: clock.on(milliseconds=100)  # as long as a provider takes
    jobs.work(node)
    answered = next(n for n, (number, _) in enumerate(phones.got[before:]) if number == phone(900))
    assert answered < airing.MOST_WAITING + outbox.MOST_AT_ONCE, "what is claimed together leaves in any order"
    assert len(heard(node)) == 300


def test_the_caps_are_kept_and_the_rest_goes_out_on_the_next_days(make_node: MakeNode, clock: Clock) -> None:
    node = make_node(extra="[governor]\nsegments_per_day = 400\nprice_per_segment = 0.5\n")
    reporters(node, clock, 150)
    clock.on(days=1)
    with node.database.reading() as c:
        found = broadcasting.quote(c, node, KUPINI, Wording({"es": "x" * 200}))
    assert (found.people, found.segments, found.cost) == (150, 300, 150.0)
    broadcast = prepared(node, texts={"es": "x" * 200})
    announcing.start(node, broadcast, by="luz")
    days = []
    for _ in range(3):
        jobs.work(node)
        days.append(len(heard(node)))
        with node.database.reading() as c:
            assert governor.spent(c, node, clock()).day <= 200, "half of the caps is for broadcasts"
        say(node, clock, "hola", phone(7))
        clock.on(days=1)
    assert days == [100, 150, 150]
    assert listed(node) == {("written", ""): 150}


def test_enough_is_enough_for_a_week(node: Node, clock: Clock) -> None:
    reporters(node, clock, 10)
    for n in range(3):
        announcing.start(node, prepared(node, texts={"es": f"Aviso {n}."}, key=str(n)), by="luz")
        jobs.work(node)
        clock.on(days=1)
    assert {len(texts) for texts in heard(node).values()} == {2}
    assert listed(node) == {("written", ""): 20, ("passed", "enough"): 10}


def test_each_reads_it_in_their_language_or_the_citys(node: Node, clock: Clock) -> None:
    for at, language in ((0, "es"), (20, "fr"), (40, "ar")):
        reporters(node, clock, 5, first=at, language=language)
    texts = {"es": "Manana no hay agua", "fr": "Pas d'eau demain matin, merci de prévoir."}
    with node.database.reading() as c:
        found = broadcasting.quote(c, node, KUPINI, Wording(texts))
    assert [(share.words.language, share.people) for share in found.shares] == [("es", 10), ("fr", 5)]
    announcing.start(node, prepared(node, texts=texts), by="luz")
    jobs.work(node)
    assert heard(node)[phone(20)] == ["Pas d'eau demain matin, merci de prévoir. Ne plus recevoir: STOP"]
    assert heard(node)[phone(40)] == ["Manana no hay agua. Para no recibir mas: BAJA"]


@pytest.mark.parametrize(("label", "text", "hinted", "segments"), [
    ("room for it", "a" * 130, True, 1), ("it would cost a second segment", "a" * 140, False, 1),
    ("room in the second", "a" * 200, True, 2), ("letters that cost double", "ó" + "a" * 60, False, 1)])
def test_how_to_stop_stands_there_where_it_costs_nothing(node: Node, label: str, text: str, hinted: bool, segments: int) -> None:
    words = broadcasting.words_for(node, Wording({"es": text}), "es")
    assert (words.text.endswith("BAJA"), words.segments) == (hinted, segments), label


@pytest.mark.parametrize(("label", "texts", "why"), [
    ("nothing", {"es": "  "}, "language of the city"), ("not in the city's language", {"fr": "Pas d'eau"}, "language of the city"),
    ("three segments", {"es": "a" * 310}, "shorter"), ("a page", {"es": "a" * 500}, "at most 400 letters"),
    ("a language of no replies", {"es": "agua", "de": "wasser"}, "alone"),
    ("a resident's phone", {"es": "Llame a 7100-0003"}, "phone of a resident"),
    ("with its country", {"es": "Llame a +591 71000003"}, "phone of a resident"),
    ("somebody's report", {"es": "Por el aviso 10005"}, "somebody's report")])
def test_what_may_not_be_written(node: Node, clock: Clock, label: str, texts: dict[str, str], why: str) -> None:
    reporters(node, clock, 10)
    with pytest.raises(Problem, match=why):
        prepared(node, texts=texts)


def test_numbers_of_the_city_may_stand_there(node: Node, clock: Clock) -> None:
    reporters(node, clock, 10)
    assert prepared(node, texts={"es": "Emergencias: 110. Consultas: 800 14 0348. El 2026-11-30."})


def test_it_is_tried_on_a_phone_on_duty_first(make_node: MakeNode, clock: Clock) -> None:
    node = make_node(extra='[outbox]\nchannel = "console"\n')
    reporters(node, clock, 10)
    duty.add(node, "guardia", phone(999))
    broadcast = prepared(node)
    announcing.try_out(node, broadcast, "guardia", "es", by="luz")
    jobs.work(node)
    with node.database.reading() as c:
        tried = c.execute(select(REPLY.c.text, REPLY.c.state).where(REPLY.c.kind == "trial")).all()
    assert [tuple(row) for row in tried] == [(WHOLE, "delivered")]
    assert heard(node) == {}
    with pytest.raises(Problem, match="no phone on duty"):
        announcing.try_out(node, broadcast, "nobody", "es", by="luz")


def test_the_same_form_is_one_broadcast_and_starts_once(node: Node, clock: Clock) -> None:
    reporters(node, clock, 10)
    broadcast = prepared(node)
    assert prepared(node) == broadcast
    announcing.start(node, broadcast, by="luz")
    assert announcing.start(node, broadcast, by="luz") == 10, "who presses twice hears to how many it goes"
    with pytest.raises(Problem, match="meanwhile"):
        announcing.start(node, broadcast, by="eva")
    jobs.work(node)
    assert {len(texts) for texts in heard(node).values()} == {1}


def test_who_asked_to_be_erased_was_promised_the_last_text(node: Node, clock: Clock) -> None:
    reporters(node, clock, 11)
    say(node, clock, "BORRAR", phone(3))
    announcing.start(node, prepared(node), by="luz")
    clock.on(seconds=20)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("gone", "BORRAR SI", phone(3), clock())])
        assert phone(3) not in {node.vault.open(row).decode() for row in c.execute(select(CONTACT.c.number).where(
            CONTACT.c.sender.in_([person.sender for person in audience.find(c, node, KUPINI).people]))).scalars()}
    jobs.work(node)
    assert sorted(heard(node)) == [phone(n) for n in range(11) if n != 3]


def test_who_is_erased_is_on_no_list(node: Node, clock: Clock) -> None:
    reporters(node, clock, 11)
    announcing.start(node, prepared(node), by="luz")
    erasing.erase_sender(node, phone(3), why="asked", by="operator")
    jobs.work(node)
    assert sorted(heard(node)) == [phone(n) for n in range(11) if n != 3]
    assert listed(node) == {("written", ""): 10}
    rebuild(node.database, verify=True)


def restrict(node: Node, number: str) -> None:
    with node.database.reading() as c:
        text = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.sender == node.vault.sender(number))).scalars().first()
    guarding.restrict(node, str(text), why="", by="vera")
