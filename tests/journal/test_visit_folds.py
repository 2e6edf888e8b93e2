"""What visits bring in: folded in any order it gives the same tables, and an older database is completed for it."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from gateway.decisions import triaging, visiting
from gateway.decisions.photos import cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.decisions.visiting import Told
from gateway.journal import ledger
from gateway.journal.entries import ENTRY
from gateway.journal.facts.visits import WorkProgressed
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Note, Report, Work, table
from gateway.machine import jobs
from gateway.node import Node, open_node
from tests.conftest import Clock
from tests.dashboards.planting import Seed, need_id
from tests.gateway.pictures import jpeg
from tests.journal.shuffling import same_in_any_order

WORK, NOTE, REPORT = table(Work), table(Note), table(Report)
WATER = need_id("S1604", "WAT01")
LUZ, ANA = (Who(name, name, lambda place: True) for name in ("luz", "ana"))
KINDS = {"need_noted", "note_withdrawn", "work_progressed", "command_given", "report_read"}


def visited(node: Node, clock: Clock) -> None:
    seed = Seed(node)
    seed.works()
    seed.report()
    here = [Chosen("need", WATER)]
    triaging.decide(node, LUZ, "verify", here, note="so it is", photo=cleaned(jpeg()))
    triaging.undo(node, LUZ)
    triaging.decide(node, LUZ, "note", here, note="seen from the road")
    triaging.decide(node, ANA, "not_found", here, photo=cleaned(jpeg(turned=6)))
    for n, (phase, after) in enumerate((("execution", ""), ("handover", ""), ("tender", None))):
        clock.on(hours=1)
        visiting.progress(node, (LUZ, ANA)[n % 2], "W-1", phase, note=f"look {n}", after=after)
    triaging.undo(node, LUZ)
    seed.works()  # the same file
    with node.database.writing() as c:  # a work that no file knows
        ledger.write(c, node.origin, [WorkProgressed(work="W-9", programme="PBCV", phase="design")], at=clock(), by="luz")
    for key, text in (("1", "no hay agua en la calle 3"), ("2", "mi marido me pega"), ("3", "la lampara esta rota")):
        clock.on(minutes=1)
        visiting.bring(node, LUZ, Told(key, text, "LIT01" if key == "3" else "", "S1604"))
        jobs.work(node)
    triaging.undo(node, LUZ)


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_they_give_the_same_tables(node: Node, clock: Clock, seed: int) -> None:
    visited(node, clock)
    rebuild(node.database, verify=True)
    with node.database.writing() as c:
        assert set(c.execute(select(ENTRY.c.kind)).scalars()) >= KINDS
        assert {row.withdrawn for row in c.execute(select(NOTE))} == {True, False}
        assert c.execute(select(WORK.c.phase, WORK.c.contested).where(WORK.c.id == "W-1")).one() == ("handover", True)
    same_in_any_order(node, seed)


def test_a_database_of_before_is_given_the_table_and_the_columns(node: Node, clock: Clock) -> None:
    Seed(node).works()
    with node.database.writing() as c:
        c.exec_driver_sql("DROP TABLE note")
        c.exec_driver_sql("DROP TABLE glance")
        for column in ("recorded", "note", "said_by", "said_at", "entry", "contested"):
            c.exec_driver_sql(f"ALTER TABLE work DROP COLUMN {column}")
    node.database.engine.dispose()
    again = open_node(node.config, now=clock)
    with again.database.reading() as c:
        assert {"note", "glance"} <= set(inspect(c).get_table_names())
    rebuild(again.database, verify=True)
    again.database.engine.dispose()
