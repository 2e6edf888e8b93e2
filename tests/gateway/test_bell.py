"""A thread that is rung: at once, never twice for one ring, once more for a ring that came while it acted."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from gateway.bell import Rung


class Acting(Rung):
    """Says when it begins to act, and acts until it is let go."""

    def __init__(self) -> None:
        super().__init__("acting")
        self.begun: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.go_on: queue.SimpleQueue[None] = queue.SimpleQueue()

    def act(self) -> None:
        self.begun.put(None)
        self.go_on.get(timeout=30)


@pytest.fixture
def acting() -> Iterator[Acting]:
    thread = Acting()
    thread.start()
    yield thread
    thread.stop()
    thread.go_on.put(None)
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize(("label", "rings", "times"), [
    ("nobody rings while it acts", 0, 1), ("one ring while it acts", 1, 2), ("five rings while it acts are one", 5, 2)])
def test_rings(acting: Acting, label: str, rings: int, times: int) -> None:
    acting.ring()
    acting.begun.get(timeout=30)
    for _ in range(rings):
        acting.ring()
    for _ in range(times - 1):
        acting.go_on.put(None)
        acting.begun.get(timeout=30)
    acting.stop()
    acting.go_on.put(None)
    acting.join(30)
    assert acting.begun.empty(), label


def test_who_is_told_to_stop_while_it_acts_acts_no_more(acting: Acting) -> None:
    acting.ring()
    acting.begun.get(timeout=30)
    acting.ring()
    acting.stop()
    acting.go_on.put(None)
    acting.join(30)
    assert not acting.is_alive()
    assert acting.begun.empty()
