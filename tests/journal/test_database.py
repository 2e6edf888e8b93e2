"""Durable settings, a fair write turn, and faults of a database in words."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.errors import Problem
from gateway.journal.database import Database, wal_is_safe
from gateway.journal.rows import insert_new
from gateway.journal.tables import Verbatim
from gateway.node import Node, open_node
from tests.conftest import MakeNode
from tests.patience import LONG

TURNS = 200


@pytest.mark.parametrize(("version", "safe"), [
    ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False), ((3, 50, 7), True),
    ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 52, 0), True), ((4, 0, 0), True)])
def test_wal_is_used_only_where_its_reset_bug_is_mended(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe


@pytest.mark.parametrize("setting", [
    "PRAGMA synchronous=NORMAL", "PRAGMA synchronous=OFF", "PRAGMA journal_mode=MEMORY", "PRAGMA journal_mode=OFF"])
def test_weaker_settings_are_refused(node: Node, setting: str) -> None:
    node.database.check_durability()
    with node.database.engine.connect() as c:
        c.connection.cursor().execute(setting)
    with pytest.raises(Problem) as fault:
        node.database.check_durability()
    assert fault.value.code == "database.weak"


def test_postgresql_compiles_no_statement(make_node: MakeNode, postgres_url: str) -> None:
    node = make_node(database_url=postgres_url)
    with node.database.engine.connect() as c:
        c.execute(text(f"ALTER DATABASE {c.engine.url.database} SET jit = on"))  # as Debian's server has it
        c.commit()
    node.database.engine.dispose()
    with node.database.reading() as c:
        assert c.execute(text("SHOW jit")).scalar() == "off"


def test_postgresql_that_does_not_wait_for_its_disk_is_refused(make_node: MakeNode, postgres_url: str) -> None:
    node = make_node(database_url=postgres_url)
    with node.database.engine.connect() as c:
        c.execute(text("SET synchronous_commit = off"))
        c.commit()
    with pytest.raises(Problem) as fault:
        node.database.check_durability()
    assert "synchronous_commit=off" in str(fault.value)


def test_a_newer_schema_is_refused(node: Node) -> None:
    with node.database.writing() as c:
        c.execute(text("UPDATE local SET value = '999' WHERE key = 'schema'"))
    with pytest.raises(Problem) as fault:
        open_node(node.config)
    assert fault.value.code == "database.newer"


def test_another_instances_secret_is_refused(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_SECRET_KEY", "somebody else's")
    with pytest.raises(Problem) as fault:
        open_node(node.config)
    assert fault.value.code == "secret.mismatch"


@pytest.mark.parametrize("words", ["plain", "ñandú مرحبا 😀", "a\x00b", "lone \ud800 surrogate", "\u241b starts with the mark", ""])
def test_any_text_comes_back_as_it_was(make_node: MakeNode, database_url: str, words: str) -> None:
    node = make_node(database_url=database_url)
    from sqlalchemy import select

    from gateway.journal.tables import Programme, table
    row = {"id": "x", "position": "", "name": "n", "sponsor": "", "currency": "", "kind": "", "starts_on": None, "ends_on": None,
           "phone": ""}
    with node.database.writing() as c:
        c.execute(text("CREATE TABLE odd (words TEXT)"))
        c.execute(text("INSERT INTO odd VALUES (:w)"), {"w": Verbatim.stored(words)})
        stored = c.execute(text("SELECT words FROM odd")).scalar_one()
        assert Verbatim().process_result_value(stored, None) == words
        assert insert_new(c, table(Programme), [row, row], "id") == {"x"}
        assert insert_new(c, table(Programme), [row], "id") == set()
        assert c.execute(select(table(Programme).c.name).where(table(Programme).c.id == "x")).scalar() == "n"


def _greedy(path: str, start: Barrier, turns: multiprocessing.Queue[int]) -> None:
    database = Database(f"sqlite:///{path}", busy_seconds=LONG)
    with database.reading():
        pass
    start.wait(LONG)
    mine, all_turns = 0, 0
    while all_turns < TURNS:
        with database.writing() as c:
            all_turns = c.execute(text("UPDATE turn SET n = n + 1 RETURNING n")).scalar_one()
        mine += 1
    turns.put(mine)


def test_two_processes_that_write_without_a_pause_take_turns(tmp_path: Path) -> None:
    """SQLite's own busy handler lets one of two busy writers starve for seconds; the turnstile does not."""
    path = tmp_path / "turns.db"
    database = Database(f"sqlite:///{path}")
    with database.writing() as c:
        c.execute(text("CREATE TABLE turn (n INTEGER)"))
        c.execute(text("INSERT INTO turn VALUES (0)"))
    database.engine.dispose()
    context = multiprocessing.get_context("spawn")
    turns: multiprocessing.Queue[int] = context.Queue()
    start = context.Barrier(2)
    writers = [context.Process(target=_greedy, args=(str(path), start, turns)) for _ in range(2)]
    for process in writers:
        process.start()
    counts = sorted(turns.get(timeout=2 * LONG) for _ in writers)
    for process in writers:
        process.join()
    assert sum(counts) == TURNS + 1
    assert counts[0] >= TURNS / 4, counts
