"""One report that breaks whatever transaction it is in, and a database that is away: neither may harm a report beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from gateway.feedback import alerting
from gateway.journal import projections, tasks
from gateway.journal.canonical import iso
from gateway.journal.tables import Report, Task, table
from gateway.machine import jobs, sorting
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.durability.load import report_needs
from tests.durability.tally import classified
from tests.durability.test_worker_kill import some_report

REPORT, TASK = table(Report), table(Task)
Spoil = Callable[[pytest.MonkeyPatch, Node, str], None]


def _row_says(**said: Any) -> Spoil:
    """Its row is to be written with a value that the database, or its driver, does not take."""
    def spoil(monkeypatch: pytest.MonkeyPatch, node: Node, poison: str) -> None:
        right = projections.upsert

        def upsert(c: Any, into: Any, rows: Any) -> None:
            right(c, into, [row | said if into is REPORT and row["id"] == poison else row for row in rows])

        monkeypatch.setattr(projections, "upsert", upsert)

    return spoil


def _alarm_breaks(monkeypatch: pytest.MonkeyPatch, node: Node, poison: str) -> None:
    right = alerting.look

    def look(c: Any, node: Node, reports: Any) -> None:
        if poison in reports:
            raise ZeroDivisionError("poison")
        right(c, node, reports)

    monkeypatch.setattr(alerting, "look", look)


def _commit_breaks(monkeypatch: pytest.MonkeyPatch, node: Node, poison: str) -> None:
    commit = node.database.engine.dialect.do_commit
    mark = "?" if node.database.is_sqlite else "%s"

    def do_commit(connection: Any) -> None:
        found = connection.cursor().execute(f"SELECT classified_at FROM report WHERE id = {mark}", (poison,)).fetchone()
        if found and found[0]:
            raise ZeroDivisionError("poison")
        commit(connection)

    monkeypatch.setattr(node.database.engine.dialect, "do_commit", do_commit)


@pytest.mark.parametrize(("label", "spoil"), [
    ("a constraint", _row_says(intent=None)), ("a number too large for the driver", _row_says(urgency=2**70)),
    ("what is done after it was written", _alarm_breaks), ("the commit itself", _commit_breaks)])
def test_what_breaks_a_transaction_is_put_aside_and_takes_nobody_along(
        make_node: MakeNode, clock: Clock, database_url: str, label: str, spoil: Spoil, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(database_url=database_url)
    report_needs(node, 30)
    poison = some_report(node)
    spoil(monkeypatch, node, poison)
    for tries in range(1, tasks.MOST_ATTEMPTS + 1):
        if tries == 3:  # others that come meanwhile do not wait for it
            report_needs(node, 5)
        jobs.work(node)
        found = classified(node)
        assert (found.without, found.extra, found.gathered_twice) == (1, 0, 0), f"{label}, try {tries}: {found}"
        assert tried(node) == {poison: tries}
        clock.on(seconds=61)
    assert (found.quarantined, found.waiting) == (1, 0)
    monkeypatch.undo()
    with node.database.writing() as c:
        assert tasks.release(c, "classify", poison, node.now())
    jobs.work(node)
    assert classified(node).is_clean, "a person sent it back to work"


def test_what_failed_before_is_tried_apart_from_what_is_new_and_whoever_waits_longest_comes_first(node: Node, clock: Clock) -> None:
    with node.database.writing() as c:
        tasks.add(c, "classify", ["a", "b"], "2026-11-25T11:00:00.000Z")
        assert tried_together(c, node) == ["a", "b"]
        tasks.fail(c, "classify", {"a": "poison"}, node.now())
        clock.on(seconds=61)
        tasks.add(c, "classify", ["c", "d"], "2026-11-25T12:00:30.000Z")
        assert tried_together(c, node) == ["a"], "it is due since a second after its failure"
        assert tried_together(c, node) == ["c", "d"]


def tried_together(c: Any, node: Node) -> list[str]:
    return [claim.subject for claim in tasks.claim(c, "classify", node.now(), 10, apart=True)]


# ---------------------------------------------------------------------------------------------- the database is away

@contextmanager
def _full(node: Node) -> Iterator[None]:
    """SQLite may take no page more, while what is there may be written over."""
    def cap(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")

    def free(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823")

    event.listen(node.database.engine, "checkout", cap)
    yield
    event.remove(node.database.engine, "checkout", cap)
    event.listen(node.database.engine, "checkout", free)


@contextmanager
def _locked(node: Node) -> Iterator[None]:
    """Another program holds the file from the moment a batch was claimed."""
    other = sqlite3.connect(node.database.path, isolation_level=None)
    event.listen(node.database.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout = 20"))
    right = sorting.sort

    def sort(*args: Any) -> None:
        raise AssertionError("nothing can be written")

    def lock(connection: Any) -> None:
        commit(connection)
        other.execute("BEGIN EXCLUSIVE")

    commit = node.database.engine.dialect.do_commit
    try:
        sorting.sort = sort
        node.database.engine.dialect.do_commit = lock  # type: ignore[method-assign]
        yield
    finally:
        sorting.sort = right
        node.database.engine.dialect.do_commit = commit  # type: ignore[method-assign]
        other.close()


@contextmanager
def _before_it_writes(statement: str) -> Iterator[None]:
    """PostgreSQL is told this once the batch was claimed."""
    right = projections.upsert

    def upsert(c: Any, *more: Any) -> None:
        c.execute(text(statement))
        right(c, *more)

    projections.upsert = upsert
    try:
        yield
    finally:
        projections.upsert = right


def _cut_off(node: Node) -> AbstractContextManager[None]:
    """The connection ends in the middle of the batch."""
    return _before_it_writes("SELECT pg_terminate_backend(pg_backend_pid())")


def _read_only(node: Node) -> AbstractContextManager[None]:
    """It may only be read, as after a failover."""
    return _before_it_writes("SET TRANSACTION READ ONLY")


@pytest.mark.parametrize(("label", "url", "away"), [
    ("the disk is full", "sqlite", _full), ("another program holds the file", "sqlite", _locked),
    ("the connection is cut", "postgresql", _cut_off), ("it may only be read", "postgresql", _read_only)])
def test_a_database_that_is_away_is_nobodys_fault_and_takes_no_tries(
        make_node: MakeNode, clock: Clock, request: pytest.FixtureRequest, label: str, url: str, away: Callable[[Node], Any]) -> None:
    node = make_node(database_url="sqlite:///barrio.db" if url == "sqlite" else request.getfixturevalue("postgres_url"))
    report_needs(node, 60)
    for outage in range(tasks.MOST_ATTEMPTS + 2):
        with away(node), pytest.raises(DBAPIError):
            jobs.work(node)
        clock.on(seconds=0.5 if outage else 45)  # the first is longer than a lease
    found = classified(node)
    assert (found.quarantined, found.waiting, found.without) == (0, 60, 60), label
    assert max(tried(node).values()) <= 1, f"{label}: the last try, which is given back before the next"
    jobs.work(node)
    assert classified(node).is_clean, label


def tried(node: Node) -> dict[str, int]:
    with node.database.reading() as c:
        return {subject: tries for subject, tries in c.execute(select(TASK.c.subject, TASK.c.attempts).where(TASK.c.kind == "classify"))}


def test_a_lease_that_ran_out_while_the_database_was_away_belongs_to_whoever_took_it_over(node: Node, clock: Clock) -> None:
    with node.database.writing() as c:
        tasks.add(c, "classify", ["a", "b"], "2026-11-25T11:00:00.000Z")
        lease = node.now() + tasks.LEASE
        tasks.claim(c, "classify", node.now(), 10)
        clock.on(seconds=31)
        taken = [claim.subject for claim in tasks.claim(c, "classify", node.now(), 1)]
        tasks.give_back(c, "classify", ["a", "b"], iso(lease))
        left = {subject: (tries, leased is None) for subject, tries, leased in c.execute(
            select(TASK.c.subject, TASK.c.attempts, TASK.c.leased_until).where(TASK.c.kind == "classify"))}
    assert taken == ["a"]
    assert left == {"a": (2, False), "b": (0, True)}
