"""Who broke a transaction: the one among many in few trials, and the database itself when it was away."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from psycopg import errors
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.journal import blame
from gateway.journal.rows import insert, misfit
from gateway.journal.tables import Hold, Task, table
from tests.conftest import MakeNode

MANY, HOLD, TASK = 250, table(Hold), table(Task)


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


@pytest.mark.parametrize(("label", "spoilt", "why"), [
    ("no table can hold them", {"name": None}, {"no table can hold name"}),
    ("they are there already, which the database alone knows", {"subject": "need:0"}, {"IntegrityError", "UniqueViolation"})])
def test_rows_that_the_database_refuses_are_found_and_what_was_written_before_stays(
        make_node: MakeNode, database_url: str, label: str, spoilt: dict[str, Any], why: set[str],
        caplog: pytest.LogCaptureFixture) -> None:
    node = make_node(database_url=database_url)
    rows = [{"subject": f"need:{i}", "account": "a", "name": "Ana", "at": str(i), "taken_from": ""} | (spoilt if i % 10 == 3 else {})
            for i in range(MANY)]
    with node.database.writing() as c:
        insert(c, HOLD, [rows[0]])
        with pytest.raises(IntegrityError) as fault, c.begin_nested():
            insert(c, HOLD, rows[1:])
        caplog.clear()
        refused = blame.refused_rows(c, fault.value)
        assert [row["at"] for row, _ in refused] == [str(i) for i in range(3, MANY, 10)], label
        assert {reason for _, reason in refused} <= why, label
        assert caplog.records == [], "nobody reads of rows that are only tried"
    with node.database.reading() as c:
        assert c.execute(select(HOLD.c.subject)).scalars().all() == ["need:0"]


@pytest.mark.parametrize(("label", "spoilt"), [
    ("nothing where something must stand", {"due_at": None}), ("nothing where nothing may stand", {"error": None}),
    ("a number of 32 bits", {"attempts": 2**31 - 1}), ("one more", {"attempts": 2**31}), ("the smallest of 32 bits", {"attempts": -2**31}),
    ("one less", {"attempts": -2**31 - 1}), ("a number of 64 bits", {"attempts": 2**63 - 1}), ("too large for any", {"attempts": 2**63}),
    ("any letter", {"error": "\u241b ñ ماء \U0001f6b0 \x01"}), ("NUL", {"error": "a\x00b"}), ("half a letter", {"error": "\ud83d"})])
def test_whoever_only_looks_at_a_row_says_what_the_database_says(make_node: MakeNode, database_url: str, label: str,
                                                                 spoilt: dict[str, Any]) -> None:
    node = make_node(database_url=database_url)
    row = {"kind": "classify", "subject": "a", "due_at": "", "attempts": 0, "leased_until": None, "error": "", "quarantined_at": None}
    with node.database.writing() as c:
        seen = misfit(TASK, row | spoilt, c.dialect.name)
        assert seen in (None, *spoilt)
        try:
            with c.begin_nested():
                insert(c, TASK, [row | spoilt])
            said = None
        except Exception as fault:
            said = fault
        assert (seen is None) == (said is None), f"{label}: {said}"


def test_what_a_trial_wrote_is_taken_back_and_one_that_wrote_nothing_asks_the_database_nothing(make_node: MakeNode,
                                                                                            database_url: str) -> None:
    node = make_node(database_url=database_url)
    rows = {i: {"subject": f"need:{i}", "account": "a", "name": "Ana", "at": "", "taken_from": ""} for i in range(40)}

    def write(some: Sequence[int]) -> None:
        if 7 in some:
            raise ZeroDivisionError("poison")
        insert(c, HOLD, [rows[i] for i in some])
        if 23 in some:
            raise ValueError("poison")

    with node.database.writing() as c:
        insert(c, HOLD, [rows[0] | {"subject": "before"}])
        found = blame.at_fault_in(c, list(rows), write)
        assert [(i, type(why)) for i, why in found] == [(7, ZeroDivisionError), (23, ValueError)]
        assert c.execute(select(HOLD.c.subject)).scalars().all() == ["before"]
        driven = c.connection.cursor
        ends: list[str] = []
        c.connection.cursor = lambda: Heard(driven(), ends)  # type: ignore[method-assign]
        assert len(blame.at_fault_in(c, list(rows), lambda _: 1 / 0)) == len(rows)
        c.connection.cursor = driven  # type: ignore[method-assign]
        assert ends == ["SAVEPOINT blamed", "ROLLBACK TO SAVEPOINT blamed", "RELEASE SAVEPOINT blamed"]


class Heard:
    """A cursor that says what it was told."""

    def __init__(self, cursor: Any, told: list[str]) -> None:
        self._cursor, self._told = cursor, told

    def execute(self, statement: str) -> None:
        self._told.append(statement)
        self._cursor.execute(statement)

    def close(self) -> None:
        self._cursor.close()
