"""The clock of a promise runs once nobody waits for the resident any more: a landmark was pinned, or a person said where or what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from dashboards import promised
from dashboards.queries import needs as seen
from gateway.decisions import pinning, planning
from gateway.journal import ledger
from gateway.journal.facts.triage import PromisePaused
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Promise, Sender, table
from gateway.machine import jobs
from gateway.needs import escalating
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.gateway.test_pinning import PIN, WALL, reports, say

NEED, PROMISE, SENDER = table(Need), table(Promise), table(Sender)


def pinned(node: Node) -> None:
    pinning.pin(node, PIN, "S1701", by="ana")


def read(node: Node) -> None:
    row = reports(node)[0]
    planning.read_message(node, str(row["message"]), "RSK02", "S1604", why="she called", by="ana", report=str(row["id"]))


def question(node: Node) -> object:
    with node.database.reading() as c:
        return c.execute(select(SENDER.c.question).where(SENDER.c.question.is_not(None))).scalar()


def stands_still(node: Node) -> list[bool]:
    """Of every need, whether its page says that the clock stands still."""
    with node.database.reading() as c:
        pages = [seen.need(c, need) for need in c.execute(select(NEED.c.id).order_by(NEED.c.id)).scalars()]
        promises = [promised.of_need(c, node, page) for page in pages if page]
    return [promise.paused_at is not None for promise in promises if promise]


@pytest.mark.parametrize(("label", "texts", "said"), [
    ("a landmark was pinned", [WALL], pinned),
    ("an officer read the text", [WALL], read),
    ("an officer said what it is", ["hay un problema en Pampahasi"], read),
])
def test_nobody_waits_for_what_a_person_said(label: str, texts: list[str], said: Callable[[Node], None], make_node: MakeNode,
                                             database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url)
    for words in texts:
        say(node, clock, words)
    assert question(node) in (*escalating.WHERE, *escalating.WHAT), "the resident was asked, and may still answer"
    said(node)
    jobs.work(node)
    escalating.look(node)
    assert stands_still(node) == [False], label
    rebuild(node.database, verify=True)


def test_a_clock_that_was_stopped_for_it_goes_on(node: Node, clock: Clock) -> None:
    """As an earlier version left it."""
    say(node, clock, WALL)
    pinned(node)
    jobs.work(node)
    with node.database.writing() as c:
        need = c.execute(select(NEED.c.id, NEED.c.status_at)).one()
        ledger.write(c, node.origin, [PromisePaused(need=need.id, since=need.status_at, at=need.status_at)], at=clock(), by="machine")
    assert stands_still(node) == [True]
    clock.on(minutes=1)
    escalating.look(node)
    assert stands_still(node) == [False]


def test_it_stands_still_while_the_resident_is_asked_for_something_else(node: Node, clock: Clock) -> None:
    """The control: a place that a pin gave says nothing of what was taken back as wrong."""
    pinned(node)
    say(node, clock, WALL)
    say(node, clock, "NO")
    assert question(node) == "correct"
    escalating.look(node)
    assert stands_still(node) == [True]
