"""A database that an older Barrio made is completed when it is opened: what a name was then, it need not be any more."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from gateway.decisions import planning
from gateway.journal import projections
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Account, table
from gateway.node import Node, open_node
from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box, Fleet

ACCOUNT = table(Account)
PASSWORD = "a password that is long enough"


def made_older(node: Node) -> None:
    """The table as it was when a name was one account's: UNIQUE, and rows by name."""
    columns = ", ".join(f'"{column.name}" {column.type.compile(node.database.engine.dialect)} NOT NULL' for column in ACCOUNT.columns)
    with node.database.writing() as c:
        rows = [dict(row) for row in c.execute(select(ACCOUNT)).mappings()]
        ACCOUNT.drop(c)
        c.exec_driver_sql(f"CREATE TABLE account ({columns}, PRIMARY KEY (id), UNIQUE (name))")
        c.execute(ACCOUNT.insert(), rows)


def unique(node: Node) -> bool:
    with node.database.reading() as c:
        return bool(inspect(c).get_unique_constraints("account"))


def test_the_name_of_an_account_may_be_enrolled_at_two_nodes_once_the_database_was_completed(
        make_node: MakeNode, database_url: str) -> None:
    hub = Box(make_node("hub", database_url=database_url))
    planning.enrol(hub.node, "ana", "planner", ["*"], PASSWORD)
    planning.enrol(hub.node, "luis", "officer", ["S1604"], PASSWORD)
    with hub.node.database.reading() as c:
        before = c.execute(select(ACCOUNT).order_by(ACCOUNT.c.id)).all()
    made_older(hub.node)
    assert unique(hub.node), "the control: it was so"
    with pytest.raises(IntegrityError), hub.node.database.writing() as c:
        c.execute(ACCOUNT.insert(), [dict(before[0]._mapping) | {"id": "another"}])
    hub.node.database.engine.dispose()
    hub.node = open_node(hub.node.config, now=hub.node.now)
    assert not unique(hub.node)
    with hub.node.database.reading() as c:
        assert c.execute(select(ACCOUNT).order_by(ACCOUNT.c.id)).all() == before, "who could sign in still can"
    north = Fleet(hub, make_node).field("north")
    planning.enrol(north.node, "ana", "officer", ["S1604"], PASSWORD)
    fleet = Fleet(hub, make_node, [north])
    assert fleet.meet(north).in_step
    with hub.node.database.reading() as c:
        names = list(c.execute(select(ACCOUNT.c.name).order_by(ACCOUNT.c.name)).scalars())
    assert names == ["ana", "ana", "luis"]
    assert rebuild(hub.node.database, verify=True)
    hub.node.database.engine.dispose()


def test_a_database_that_is_complete_is_not_folded_again(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node()
    folded: list[object] = []
    monkeypatch.setattr(projections, "rebuild", lambda *args: folded.append(args))
    open_node(node.config, now=node.now).database.engine.dispose()
    assert not folded
