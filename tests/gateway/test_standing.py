"""How many people stand behind a need, counted in SQL on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway.decisions import planning
from gateway.doors import intake
from gateway.feedback import holding
from gateway.journal.tables import Need, Reply, table
from gateway.machine import jobs
from gateway.needs import standing
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms

NEED, REPLY = table(Need), table(Reply)
PAIR = ("P1314", "WAT01")


@pytest.fixture
def busy(make_node: MakeNode, database_url: str, clock: Clock) -> Node:
    """Three phones report one need, one of them twice; a fourth supports it; a fifth takes its report back."""
    node = make_node(database_url=database_url)
    texts = ["no hay agua en villa fatima", "villa fatima sin agua", "sin agua villa fatima"]
    said = [*((text, f"+5917000000{n}") for n, text in enumerate(texts, 1)), ("APOYO 10005", "+59170000004"),
            ("no hay agua en villa fatima", "+59170000005"), ("CANCELAR", "+59170000005")]
    for n, (text, phone) in enumerate(said):
        clock.on(minutes=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(n, text, phone, clock())])
        jobs.work(node)
    return node


def sender(node: Node, last: int) -> str:
    return node.vault.sender(f"+5917000000{last}")


def test_each_phone_is_counted_once(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        found = standing.open_needs(c, [PAIR, ("S1701", "WAT01"), ("P1314", "LIT03")], clock())
        assert list(found) == [PAIR]
        voices = standing.Voices(c)
        asked = {(found[PAIR], sender(busy, n)) for n in (1, 4, 5, 6)}
        voices.hear(asked)
        people = {n: voices.with_me(found[PAIR], sender(busy, n)) for n in (1, 4, 5, 6)}
    assert people == {1: 4, 4: 4, 5: 5, 6: 5}, "reported; supported; took it back and comes again; never heard of"


def test_a_phone_that_was_not_asked_about_is_looked_up(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        need = standing.open_needs(c, [PAIR], clock())[PAIR]
        assert standing.Voices(c).with_me(need, sender(busy, 2)) == 4


@pytest.mark.parametrize(("label", "status", "later", "open_"), [
    ("as it is",              None,       timedelta(),         True),
    ("verified",              "verified", timedelta(),         True),
    ("done",                  "done",     timedelta(),         False),
    ("rejected",              "rejected", timedelta(),         False),
    ("not found on the spot", "not_found", timedelta(),        False),
    ("nobody wrote of it for a month", None, timedelta(days=31), False),
])
def test_a_need_is_open(busy: Node, clock: Clock, label: str, status: str | None, later: timedelta, open_: bool) -> None:
    with busy.database.reading() as c:
        need = c.execute(select(NEED.c.id)).scalar_one()
    if status:
        planning.change_status(busy, need, status, note="", by="ana", after=None)
    with busy.database.reading() as c:
        assert bool(standing.open_needs(c, [PAIR], clock() + later)) is open_, label


def test_nothing_is_asked_of_the_database_for_nothing(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        assert standing.open_needs(c, [], clock()) == {}
        voices = standing.Voices(c)
        voices.hear(set())
        assert (voices.counted, voices.among) == ({}, {})


def test_who_speaks_for_a_need(busy: Node) -> None:
    with busy.database.reading() as c:
        report = standing.by_reference(c, "10005")
        assert report is not None
        assert [standing.speaks_for(c, report, sender(busy, n)) for n in (1, 2, 4, 6)] == [True, True, True, False]


def test_whoever_reported_hears_why_it_was_refused_and_nobody_else(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        need = standing.open_needs(c, [PAIR], clock())[PAIR]
        entry = c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar()
    planning.change_status(busy, need, "rejected", note="", reason="la red es de la empresa", by="ana", after=entry)
    for n, phone in enumerate(("+59170000001", "+59170000006"), 100):
        with busy.database.writing() as c:
            intake.receive(c, busy, [sms(n, "ESTADO 10005", phone, clock())])
    jobs.work(busy)
    with busy.database.reading() as c:
        rows = c.execute(select(REPLY).where(REPLY.c.kind.like("status_%"))).all()
    kinds = [(row.kind, "empresa" in row.text) for row in rows]
    assert sorted(kinds) == [("status_refused", True), ("status_rejected", False)]


def test_who_says_me_too_after_the_refusal_does_not_read_why(busy: Node, clock: Clock) -> None:
    """Numbers can be guessed: one text more would buy the reason that was written to those who spoke."""
    with busy.database.reading() as c:
        need = standing.open_needs(c, [PAIR], clock())[PAIR]
    planning.change_status(busy, need, "rejected", note="", reason="la red es de la empresa", by="ana", after=None)
    for n, (words, phone) in enumerate((("APOYO 10005", 6), ("ESTADO 10005", 6), ("ESTADO 10005", 4)), 100):
        clock.on(minutes=1)
        with busy.database.writing() as c:
            intake.receive(c, busy, [sms(n, words, f"+5917000000{phone}", clock())])
        jobs.work(busy)
    with busy.database.reading() as c:
        read = {row.sender for row in c.execute(select(REPLY)) if "empresa" in row.text}
    assert sender(busy, 4) in read, "they said it before"
    assert sender(busy, 6) not in read


def test_a_reason_that_is_held_back_is_read_by_nobody_until_it_is_let_go(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        need = standing.open_needs(c, [PAIR], clock())[PAIR]
    planning.change_status(busy, need, "rejected", note="", reason="la casa de Juana no tiene permiso", by="ana", after=None)
    holding.hold(busy, need, why="a name in it", by="ana")
    for n, reads in enumerate((False, True), 100):
        clock.on(minutes=1)
        with busy.database.writing() as c:
            intake.receive(c, busy, [sms(n, "ESTADO 10005", "+59170000001", clock())])
        with busy.database.reading() as c:
            asked = c.execute(select(REPLY).where(REPLY.c.kind.like("status_%")).order_by(REPLY.c.queued_at.desc())).first()
        assert asked is not None
        assert ("Juana" in asked.text, asked.kind) == (reads, "status_refused" if reads else "status_rejected")
        holding.release(busy, need, why="", by="ana")


def test_a_reason_of_which_two_people_say_different_things_is_read_by_nobody(busy: Node, clock: Clock) -> None:
    with busy.database.reading() as c:
        need = standing.open_needs(c, [PAIR], clock())[PAIR]
        before = c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar()
    for status, reason in (("verified", ""), ("rejected", "la casa de Juana no tiene permiso")):
        planning.change_status(busy, need, status, note="", reason=reason, by=status, after=before)
    with busy.database.writing() as c:
        intake.receive(c, busy, [sms(100, "ESTADO 10005", "+59170000001", clock())])
    with busy.database.reading() as c:
        assert c.execute(select(NEED.c.contested)).scalars().all() == [True]
        assert not [row for row in c.execute(select(REPLY)) if "Juana" in row.text]


@pytest.mark.parametrize(("label", "day", "told"), [
    ("to come", "2027-05-15", "05/2027"), ("this month", "2026-11-01", "11/2026"), ("it went by", "2026-02-01", ""),
    ("nobody said when", None, "")])
def test_no_start_that_went_by_is_told_as_to_come(label: str, day: str | None, told: str) -> None:
    assert standing.start(day, date(2026, 11, 26)) == told, label
