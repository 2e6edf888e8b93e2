"""A thread that is rung: at once, never twice for one ring, once more for a ring that came while it acted."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from gateway.channels.values import Inbound
from gateway.journal.tables import Message, table
from gateway.machine import app, bell
from gateway.machine.bell import Rung
from gateway.node import Node
from tests.patience import LONG


class Acting(Rung):
    """Says when it begins to act, and acts until it is let go."""

    def __init__(self) -> None:
        super().__init__("acting")
        self.begun: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.go_on: queue.SimpleQueue[None] = queue.SimpleQueue()

    def act(self) -> None:
        self.begun.put(None)
        self.go_on.get(timeout=LONG)


@pytest.fixture
def acting() -> Iterator[Acting]:
    thread = Acting()
    thread.start()
    yield thread
    thread.stop()
    thread.go_on.put(None)
    thread.join(LONG)
    assert not thread.is_alive()


@pytest.mark.parametrize(("label", "rings", "times"), [
    ("nobody rings while it acts", 0, 1), ("one ring while it acts", 1, 2), ("five rings while it acts are one", 5, 2)])
def test_rings(acting: Acting, label: str, rings: int, times: int) -> None:
    acting.ring()
    acting.begun.get(timeout=LONG)
    for _ in range(rings):
        acting.ring()
    for _ in range(times - 1):
        acting.go_on.put(None)
        acting.begun.get(timeout=LONG)
    acting.stop()
    acting.go_on.put(None)
    acting.join(LONG)
    assert acting.begun.empty(), label


def test_who_is_told_to_stop_while_it_acts_acts_no_more(acting: Acting) -> None:
    acting.ring()
    acting.begun.get(timeout=LONG)
    acting.ring()
    acting.stop()
    acting.go_on.put(None)
    acting.join(LONG)
    assert not acting.is_alive()
    assert acting.begun.empty()


def test_a_text_does_not_wait_for_a_broker_that_never_answers(node: Node, text_in: Callable[..., Inbound],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it go to the spool: as long as the desk waited for the bell, its doors would take the database for hung."""
    hung, let_go = threading.Event(), threading.Event()

    def ring(_: object) -> None:
        hung.set()
        let_go.wait(LONG)

    monkeypatch.setattr(bell, "connection", lambda _: object())
    monkeypatch.setattr(bell, "enqueue", ring)
    running = app.start(node)
    assert running.bell is not None
    try:
        for n in range(3):
            asyncio.run(running.desk.take_in(text_in(n, "AGUA S1604")))
            assert hung.wait(LONG), "nobody rang"
        assert (running.desk.spool.held(), running.desk.away) == ([], None)
        with node.database.reading() as c:
            assert c.execute(select(func.count()).select_from(table(Message))).scalar_one() == 3
    finally:
        let_go.set()
        for thread in (running.drain, running.watch, running.bell, running.desk):
            thread.stop()
        for thread in (running.drain, running.watch, running.bell):  # they look into the database, which goes away now
            thread.join(LONG)
