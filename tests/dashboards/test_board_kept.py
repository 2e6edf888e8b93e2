"""A large public board is counted behind its readers: none of them waits for it, and none is shown what is too old."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards import board
from dashboards.placetree import PlaceTree
from gateway.errors import Problem
from gateway.node import Node
from tests.conftest import MakeNode, until


class Counting:
    """Counts slowly when it is told to, and notes which thread it was that counted."""

    def __init__(self) -> None:
        self.by: list[str] = []
        self.may = threading.Event()
        self.faults = 0

    def __call__(self, *_: Any) -> dict[Any, Any]:
        self.by.append(threading.current_thread().name)
        self.may.wait()
        if self.faults:
            self.faults -= 1
            raise OSError("the database is away")
        return {}


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """Every board is a large one, and is stale as soon as it was counted."""
    counting = Counting()
    monkeypatch.setattr(board, "counts", counting)
    monkeypatch.setattr(board, "LIGHT_SECONDS", -1.0)
    monkeypatch.setattr(board, "AFTER_A_FAULT", 0.01)
    yield counting
    counting.may.set()


@pytest.fixture
def kept(node: Node) -> board.Kept:
    return board.Kept(node, PlaceTree.of(node.city))


def test_the_first_reader_finds_it_counted_and_the_next_ones_do_not_wait(kept: board.Kept, counting: Counting) -> None:
    counting.may.set()
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    first = kept.board()
    counting.may.clear()
    kept._stale_at = 0.0
    kept.board()
    until(lambda: len(counting.by) > 1, lambda: "nobody counts the next")
    assert kept.board() == first, "while the next is counted"
    assert set(counting.by) == {"board"}
    keeper.stop()
    counting.may.set()


def test_a_large_board_that_is_stale_as_soon_as_it_is_counted_is_still_renewed_for_its_readers(
        kept: board.Kept, counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that stood still right after it counted: the keeper must not take it for a small one and sleep."""
    monkeypatch.setattr(board, "KEPT_FOR", 0)
    counting.may.set()
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    kept.board()
    until(lambda: len(counting.by) > 1, lambda: "nobody counts the next")
    assert set(counting.by) == {"board"}, "no reader waits for it"
    keeper.stop()


def test_what_nobody_renewed_for_too_long_is_counted_by_whoever_asks(kept: board.Kept, counting: Counting,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(kept, "asked_within", lambda _: over.wait())  # a keeper whom no reader wakes
    counting.may.set()
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    with kept._lock:  # once the keeper has noted how long it is good
        kept._old_at = kept._stale_at = 0.0
    kept.board()
    assert threading.current_thread().name in counting.by
    keeper.stop()
    over.set()


def test_without_a_keeper_whoever_finds_it_stale_counts(kept: board.Kept, counting: Counting) -> None:
    """The control of the first."""
    counting.may.set()
    kept.board()
    kept._stale_at = 0.0
    kept.board()
    assert counting.by == [threading.current_thread().name] * 2


def test_a_database_that_is_away_is_tried_again(kept: board.Kept, counting: Counting) -> None:
    counting.faults = 3
    counting.may.set()
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    keeper.stop()
    assert counting.by[:4] == ["board"] * 4


def test_the_newest_run_is_at_hand_before_a_planner_asks(node: Node, kept: board.Kept, counting: Counting,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    read = threading.Event()

    def find(_: Any) -> None:
        read.set()
        raise Problem("rank.version", run="r", found=1, known=2)  # and one that cannot be read keeps the board from nobody
    monkeypatch.setattr(board.ranking, "find", find)
    counting.may.set()
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    keeper.stop()
    assert read.is_set()


def test_a_small_board_is_counted_for_every_reader(node: Node, kept: board.Kept) -> None:
    keeper = kept.keep()
    until(lambda: kept._board is not None, lambda: "no board")
    made = kept._board
    kept.board()
    assert kept._board is not made
    keeper.stop()


def test_what_a_database_server_works_on_is_kept_too(make_node: MakeNode, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process only waits meanwhile."""
    asked = []

    def counts(*_: Any) -> dict[Any, Any]:
        asked.append(time.sleep(1.5 * board.LIGHT_SECONDS))
        return {}
    monkeypatch.setattr(board, "counts", counts)
    monkeypatch.setattr(board, "KEPT_FOR", 2000)  # however slowly the second reader comes
    for url, times in (("sqlite:///barrio.db", 2), (postgres_url, 1)):
        node = make_node(url.partition(":")[0], database_url=url)
        kept = board.Kept(node, PlaceTree.of(node.city))
        asked.clear()
        kept.board()
        kept.board()
        assert len(asked) == times
