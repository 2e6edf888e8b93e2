"""Texts in the spool that the database will not have: kept as long as the database is at fault, set apart when a text is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from gateway.channels.values import Inbound
from gateway.cli import main
from gateway.doors import intake
from gateway.doors.desk import Desk
from gateway.doors.spool import Spool
from gateway.journal.database import is_away
from gateway.journal.tables import Message, table
from gateway.machine import health
from gateway.node import Node

MESSAGE = table(Message)


def stored(node: Node) -> list[str]:
    with node.database.reading() as c:
        return sorted(c.execute(select(MESSAGE.c.provider_id)).scalars())


def test_a_damaged_database_is_away_and_refuses_nothing(node: Node, text_in: Callable[..., Inbound]) -> None:
    spool = Spool(node)
    spool.keep([text_in(n, "AGUA S1604") for n in range(3)])
    sound = node.database.path.read_bytes()
    node.database.engine.dispose()
    node.database.path.write_bytes(b"no database at all" + sound[18:])
    with pytest.raises(Exception, match="file is not a database") as fault:
        spool.drain()
    assert is_away(fault.value)
    assert health.faults(node) == ["database: file is not a database"]
    assert (len(spool.files()), spool.refused()) == (1, [])
    node.database.engine.dispose()
    node.database.path.write_bytes(sound)
    assert spool.drain() == 3
    assert stored(node) == ["0", "1", "2"]


def test_a_text_that_breaks_its_transaction_is_set_apart_and_comes_in_once_that_is_mended(
        node: Node, text_in: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(node)
    right = intake.receive

    def receive(c: Any, node: Node, inbounds: Any) -> int:
        if any(i.provider_id == "2" for i in inbounds):
            raise ValueError("a fault of ours")
        return right(c, node, inbounds)

    monkeypatch.setattr(intake, "receive", receive)
    desk.spool.keep([text_in(n, "AGUA S1604") for n in range(5)])
    assert desk.spool.drain() == 4
    assert stored(node) == ["0", "1", "3", "4"]
    assert (desk.spool.files(), len(desk.spool.refused())) == ([], 1)
    assert any("1 file(s) hold texts that the database refuses" in fault for fault in health.faults(node, desk))
    assert desk.spool.retry() == 0, "it is not mended yet"
    assert [(held.refused, held.texts) for held in desk.spool.held()] == [(True, 5)]
    monkeypatch.undo()
    assert desk.spool.drain() == 0, "what was refused waits for a person"
    assert desk.spool.retry() == 1, "the others of that file are known already"
    assert desk.spool.held() == []
    assert stored(node) == ["0", "1", "2", "3", "4"]
    assert health.faults(node, desk) == []


def test_the_operator_sees_what_is_held_and_brings_in_what_was_refused(
        node: Node, text_in: Callable[..., Inbound], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))

    def says(what: str) -> tuple[int, list[str]]:
        code = main(["spool", what])
        said = capsys.readouterr()
        assert said.err == ""
        return code, said.out.splitlines()

    assert says("list") == (0, ["Nothing waits and nothing is refused."])
    Spool(node).keep([text_in(1, "AGUA S1604"), text_in(2, "LUZ S1604")])
    (refused,) = Spool(node).files()
    refused.rename(refused.with_suffix(".refused"))
    Spool(node).keep([text_in(3, "AGUA S1604")])
    (waits,) = Spool(node).files()
    code, lines = says("list")
    assert code == 1
    assert lines == [f"waits    1 text(s), the first of 2026-11-25T12:00:00.000Z  {waits.name}",
                     f"refused  2 text(s), the first of 2026-11-25T12:00:00.000Z  {refused.stem}.refused"]
    code, (first, *others) = says("retry")
    assert (code, first, len(others)) == (0, "2 text(s) came in.", 1)
    assert stored(node) == ["1", "2"], "what waits is brought in by the web process"


def test_a_torn_end_hides_nothing_of_a_later_process_with_the_same_number(node: Node, text_in: Callable[..., Inbound]) -> None:
    """In a container every start has the same process id: the second life writes what the first left off."""
    Spool(node).keep([text_in("first", "AGUA S1604")])
    left = Spool(node).files()[0]
    with left.open("ab") as file:
        file.write((100).to_bytes(4) + b"torn by a kill, never acknowledged")
    Spool(node).keep([text_in("second", "LUZ S1604")])
    Spool(node).drain()
    assert stored(node) == ["first", "second"]
