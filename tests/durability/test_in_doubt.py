"""A database that was away at the start is checked as at every start before anybody uses it, drained texts included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from gateway.channels.values import Inbound
from gateway.doors.desk import Desk
from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.database import is_away
from gateway.journal.tables import Message, table
from gateway.machine import health
from gateway.node import Node, approach

MESSAGE = table(Message)


@pytest.fixture
def doubted(node: Node) -> Iterator[Node]:
    """The node, opened by a process that found its database damaged; by now it is sound again."""
    sound = node.database.path.read_bytes()
    node.database.engine.dispose()
    node.database.path.write_bytes(b"no database at all" + sound[18:])
    opened = approach(node.config)
    opened.database.engine.dispose()
    node.database.path.write_bytes(sound)
    yield opened
    opened.database.engine.dispose()


def stored(node: Node) -> list[str]:
    with node.database.reading() as c:
        return sorted(c.execute(select(MESSAGE.c.provider_id)).scalars())


def refuses(desk: Desk) -> None:
    with pytest.raises(Exception, match="in doubt") as fault:
        desk.spool.drain()
    assert is_away(fault.value), "whatever is spooled must stay there"


def test_it_counts_as_away_until_the_database_is_proven(doubted: Node, text_in: Callable[..., Inbound]) -> None:
    desk = Desk(doubted)
    desk.spool.keep([text_in("kept", "AGUA S1604")])
    refuses(desk)
    (waits, _) = health.faults(doubted, desk)
    assert waits == "database: The database does not answer: file is not a database."
    doubted.prove()
    assert desk.spool.drain() == 1
    assert (stored(doubted), health.faults(doubted, desk)) == (["kept"], [])


def test_a_database_that_comes_back_as_another_is_not_written(node: Node, doubted: Node, text_in: Callable[..., Inbound]) -> None:
    desk = Desk(doubted)
    desk.spool.keep([text_in("kept", "AGUA S1604")])
    with node.database.writing() as c:
        c.execute(update(ledger.LOCAL).where(ledger.LOCAL.c.key == "schema").values(value="99"))
    with pytest.raises(Problem, match="written by a newer Barrio"):
        doubted.prove()
    refuses(desk)
    assert "written by a newer Barrio" in health.faults(doubted, desk)[0]
    assert (stored(node), len(desk.spool.files()), desk.spool.refused()) == ([], 1, [])


def test_what_was_imported_is_known_once_it_is_proven(node: Node, doubted: Node) -> None:
    assert doubted.city == node.pack
    doubted.prove()
    assert (doubted.standing.mark, doubted.origin) == (node.standing.mark, node.origin)


def test_what_stays_wrong_is_refused_at_the_start(node: Node) -> None:
    with node.database.writing() as c:
        c.execute(update(ledger.LOCAL).where(ledger.LOCAL.c.key == "schema").values(value="99"))
    with pytest.raises(Problem, match="written by a newer Barrio"):
        approach(node.config)
