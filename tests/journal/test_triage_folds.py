"""The facts of triage: folded in any order they give the same tables, and an older database is completed for them."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from gateway.decisions import triaging
from gateway.decisions.triaging import Chosen, Who
from gateway.doors import intake
from gateway.governing import duty
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Need, Report, table
from gateway.machine import jobs
from gateway.needs import escalating
from gateway.node import Node, open_node
from tests.conftest import Clock, sms
from tests.journal.shuffling import same_in_any_order
from tests.journal.test_folds import lively

MESSAGE, NEED, REPORT = table(Message), table(Need), table(Report)
KINDS = {"duty_alerted", "promise_paused", "promise_resumed", "need_escalated", "status_withdrawn", "settling_withdrawn"}
ANA, LUIS = (Who(name, name, lambda place: True) for name in ("ana", "luis"))
TABLES = {"promise", "alert", "hold", "lately", "duty"}
INDEXES = {"report": {"ix_report_waits", "ix_report_secret", "ix_report_standing"}, "message": {"ix_message_waits", "ix_message_settled"},
           "sender": {"ix_sender_question"}}


def busy(node: Node, clock: Clock) -> None:
    """A small city in whose queue two people work, for weeks."""
    duty.add(node, "guardia", "+59170009001")
    lively(node, clock, 40)
    for words in ("hay un bache en Obrajes", "NO", "no hay luz en Obrajes"):  # whoever says NO is asked what is wrong, and answers
        with node.database.writing() as c:
            intake.receive(c, node, [sms(words, words, "+59173330000", clock())])
        jobs.work(node)
        escalating.look(node)
        clock.on(minutes=1)
    for hours in (20, 30, 200, 300):
        with node.database.reading() as c:
            chosen = [Chosen("need", id) for id in c.execute(select(NEED.c.id).where(NEED.c.status == "open").limit(2)).scalars()]
            for what, query in (("message", select(MESSAGE.c.id).where(MESSAGE.c.settled.is_(None)).limit(3)),
                                ("report", select(REPORT.c.id).where(REPORT.c.model != "person").limit(2))):
                chosen += [Chosen(what, id) for id in c.execute(query).scalars()]
        for action in ("verify", "noted", "confirm"):
            triaging.decide(node, ANA, action, chosen)
            if hours != 200:
                triaging.undo(node, ANA)
        triaging.decide(node, LUIS, "reject", chosen[:1])
        clock.on(hours=hours)
        jobs.work(node)
        escalating.look(node)


def test_folding_again_reproduces_the_tables(node: Node, clock: Clock) -> None:
    busy(node, clock)
    with node.database.reading() as c:
        assert set(c.execute(select(ENTRY.c.kind)).scalars()) >= KINDS
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_they_give_the_same_tables(node: Node, clock: Clock, seed: int) -> None:
    busy(node, clock)
    same_in_any_order(node, seed)


def test_a_database_of_before_is_given_the_tables_and_indexes(node: Node, clock: Clock) -> None:
    with node.database.writing() as c:
        intake.receive(c, node, [sms("one", "no hay agua en Kupini", "+59170000001", clock())])
    jobs.work(node)
    with node.database.writing() as c:
        for name in TABLES:
            c.exec_driver_sql(f'DROP TABLE "{name}"')
        for index in set().union(*INDEXES.values()):
            c.exec_driver_sql(f"DROP INDEX {index}")
        c.exec_driver_sql("ALTER TABLE peer DROP COLUMN rungs")
    again = open_node(node.config, now=clock)
    there = inspect(again.database.engine)
    assert set(there.get_table_names()) >= TABLES
    for of, names in INDEXES.items():
        assert {index["name"] for index in there.get_indexes(of)} >= names
    assert "rungs" in {column["name"] for column in there.get_columns("peer")}, "of a table that is no fold, too"
    rebuild(again.database, verify=True)
    again.database.engine.dispose()
