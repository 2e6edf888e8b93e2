"""Who broke a transaction: the one among many in few trials, and the database itself when it was away."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence

import pytest
from psycopg import errors
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.journal import blame
from gateway.journal.rows import insert
from gateway.journal.tables import Hold, table
from tests.conftest import MakeNode

MANY, HOLD = 250, table(Hold)


@pytest.mark.parametrize(("label", "bad", "most"), [
    ("one in the middle", [125], 20), ("the first", [0], 20), ("the last", [MANY - 1], 20), ("two neighbours", [77, 78], 30),
    ("every tenth", range(0, MANY, 10), 160), ("every one", range(MANY), MANY + 10),
    ("nobody: it only broke where all were together", [], 10)])
def test_those_at_fault_are_found_in_few_trials(label: str, bad: Sequence[int], most: int) -> None:
    trials, found = find(set(bad))
    assert found == list(bad), label
    assert trials <= most, label


def test_whoever_they_are_they_are_found_in_about_half_as_many_trials_as_there_are_others() -> None:
    rng = random.Random(7)
    for _ in range(50):
        bad = set(rng.sample(range(MANY), 25))
        trials, found = find(bad)
        assert set(found) == bad
        assert trials < 0.7 * MANY


def find(bad: set[int]) -> tuple[int, list[int]]:
    trials = 0

    def trial(some: Sequence[int]) -> Exception | None:
        nonlocal trials
        trials += 1
        return None if bad.isdisjoint(some) else ValueError("bad")

    found = [each for each, _ in blame.at_fault(range(MANY), trial)]
    return trials, found


def sqlite_says(code: int) -> OperationalError:
    told = sqlite3.OperationalError("told")
    told.sqlite_errorcode = code
    return OperationalError("", {}, told)


def behind(first: Exception, last: Exception) -> Exception:
    """A fault that came while another was dealt with."""
    last.__context__ = first
    return last


@pytest.mark.parametrize(("label", "fault", "away"), [
    ("locked", sqlite_says(sqlite3.SQLITE_BUSY), True),
    ("the disk is full", sqlite_says(sqlite3.SQLITE_FULL), True),
    ("full, and the savepoint went with it", behind(sqlite_says(sqlite3.SQLITE_FULL), sqlite_says(sqlite3.SQLITE_ERROR)), True),
    ("a statement that cannot be read", sqlite_says(sqlite3.SQLITE_ERROR), False),
    ("a text that is too long for any table", sqlite_says(sqlite3.SQLITE_TOOBIG), False),
    ("the server was stopped", OperationalError("", {}, errors.AdminShutdown("stopped")), True),
    ("two workers waited for each other", OperationalError("", {}, errors.DeadlockDetected("deadlock")), True),
    ("a statement with too many parts", OperationalError("", {}, errors.StatementTooComplex("complex")), False),
    ("a constraint", IntegrityError("", {}, sqlite3.IntegrityError("NOT NULL")), False),
    ("a number that the driver cannot write", OverflowError("too large"), False)])
def test_an_outage_is_nobodys_fault(label: str, fault: Exception, away: bool) -> None:
    assert blame.was_away(fault) == away, label


def test_rows_that_the_database_refuses_are_found_and_what_was_written_before_stays(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    rows = [{"subject": f"need:{i}", "account": "a", "name": None if i % 10 == 3 else "Ana", "at": "", "taken_from": ""}
            for i in range(MANY)]
    with node.database.writing() as c:
        insert(c, HOLD, [rows[0]])
        with pytest.raises(IntegrityError) as fault, c.begin_nested():
            insert(c, HOLD, rows[1:])
        refused = blame.refused_rows(c, fault.value)
        assert [row["subject"] for row, _ in refused] == [row["subject"] for row in rows if row["name"] is None]
    with node.database.reading() as c:
        assert c.execute(select(HOLD.c.subject)).scalars().all() == ["need:0"]
