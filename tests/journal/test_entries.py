"""The log: dense numbers that become visible in order, a chain that shows every change, bodies that may be withheld."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.entries import ENTRY, heads, verify_chain
from gateway.journal.facts.needs import NeedOpened, NeedStatusChanged
from gateway.node import Node
from tests.conftest import START, MakeNode
from tests.patience import until

WRITERS, ROUNDS = 6, 25


def opened(i: int) -> NeedOpened:
    return NeedOpened(need=f"{i:032x}", place_code="S1604", category="WAT01")


def write(node: Node, *events: NeedOpened | NeedStatusChanged) -> None:
    with node.database.writing() as c:
        ledger.write(c, node.origin, events, at=START, by="test")


def test_sequence_numbers_become_visible_in_order_under_concurrent_writers(make_node: MakeNode, database_url: str) -> None:
    """A reader that saw number n has seen every number below it, at every moment: nothing can be passed over by a sync."""
    node = make_node(database_url=database_url)
    before = entries_of(node)
    ended, gaps, looks = threading.Event(), [], [0]

    def writer(number: int) -> None:
        for turn in range(ROUNDS):
            until(lambda turn=turn: looks[0] > turn, "nobody looks while it is written")  # type: ignore[misc]
            write(node, *(opened(1000 * number + 10 * turn + k) for k in range(1 + turn % 4)))

    def reader() -> None:
        while not ended.is_set():
            seen = entries_of(node)
            looks[0] += 1
            if seen != list(range(1, len(seen) + 1)):
                gaps.append(seen)

    readers = [threading.Thread(target=reader) for _ in range(2)]
    writers = [threading.Thread(target=writer, args=(n,)) for n in range(WRITERS)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    for thread in readers:
        thread.join()
    assert not gaps
    assert len(entries_of(node)) == len(before) + WRITERS * sum(1 + turn % 4 for turn in range(ROUNDS))
    with node.database.reading() as c:
        assert verify_chain(c) == len(entries_of(node))
        assert heads(c) == {(node.origin.writer, 1): len(entries_of(node))}


def test_without_the_writers_lock_numbers_would_be_passed_over(make_node: MakeNode, postgres_url: str) -> None:
    """The control: numbers from a sequence, given before the commit, are seen out of order on PostgreSQL."""
    node = make_node(database_url=postgres_url)
    engine = node.database.engine
    with engine.begin() as c:
        c.exec_driver_sql("CREATE TABLE loose (n SERIAL PRIMARY KEY)")
    first, second = engine.connect(), engine.connect()
    first.exec_driver_sql("INSERT INTO loose DEFAULT VALUES")
    second.exec_driver_sql("INSERT INTO loose DEFAULT VALUES")
    second.commit()
    with engine.connect() as c:
        assert list(c.exec_driver_sql("SELECT n FROM loose").scalars()) == [2]
    first.commit()
    first.close()
    second.close()


@pytest.mark.parametrize(("label", "change"), [
    ("a word of a body is changed", lambda s: update(ENTRY).where(ENTRY.c.seq == s).values(body='{"forged":1}')),
    ("a lamport number is changed", lambda s: update(ENTRY).where(ENTRY.c.seq == s).values(lamport=ENTRY.c.lamport + 1)),
    ("a body digest is changed", lambda s: update(ENTRY).where(ENTRY.c.seq == s).values(body_digest=bytes(32), body=None)),
    ("a digest is changed", lambda s: update(ENTRY).where(ENTRY.c.seq == s).values(digest=bytes(32))),
    ("an entry is taken out", lambda s: delete(ENTRY).where(ENTRY.c.seq == s)),
    ("the last entry is taken out", lambda s: delete(ENTRY).where(ENTRY.c.seq == s + 3)),
])
def test_a_changed_journal_is_noticed(node: Node, label: str, change: Callable[[int], object]) -> None:
    write(node, *(opened(i) for i in range(8)))
    last = len(entries_of(node))
    with node.database.writing() as c:
        c.execute(change(last - 3))  # type: ignore[call-overload]
    with node.database.reading() as c, pytest.raises(Problem) as fault:
        verify_chain(c)
    assert fault.value.code in ("journal.broken_chain", "journal.bad_body")


def test_a_body_may_be_withheld_and_the_chain_still_holds(node: Node) -> None:
    write(node, opened(1), opened(2))
    with node.database.writing() as c:
        c.execute(update(ENTRY).where(ENTRY.c.seq == len(entries_of(node))).values(body=None))
    with node.database.reading() as c:
        assert verify_chain(c) == len(entries_of(node))


def test_bodies_of_equal_facts_have_different_digests(node: Node) -> None:
    """The salt: a withheld body cannot be found out by hashing guesses."""
    write(node, opened(1), opened(1))
    with node.database.reading() as c:
        digests = c.execute(select(ENTRY.c.body_digest).order_by(ENTRY.c.seq.desc()).limit(2)).scalars().all()
    assert digests[0] != digests[1]


def entries_of(node: Node) -> list[int]:
    with node.database.reading() as c:
        return list(c.execute(select(ENTRY.c.seq).where(ENTRY.c.source == node.origin.source).order_by(ENTRY.c.seq)).scalars())
