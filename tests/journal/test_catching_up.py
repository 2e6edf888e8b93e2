"""After an update a node reads what newer nodes had sent it, and stands as they do."""

from __future__ import annotations

import pytest

from gateway.journal import projections, rebuilding, soundness
from gateway.journal.entries import ENTRY, Fact
from gateway.journal.ledger import LOCAL, READS
from gateway.node import open_node
from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box, Fleet


def test_what_an_older_barrio_kept_unread_is_read_after_its_update(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(Box(make_node("hub")), make_node)
    north = fleet.field("north")
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.hub.hear("no es agua es luz")
    read = soundness.read
    with monkeypatch.context() as older:
        def read_less(body: str, position: str) -> tuple[str, Fact | None]:
            kind, fact = read(body, position)
            return (kind, None) if kind in ("report_corrected", "report_classified") else (kind, fact)
        older.setattr(soundness, "read", read_less)
        assert fleet.meet(north).in_step, "what it cannot read it keeps and forwards"
    assert north.state() != fleet.hub.state()
    with north.node.database.writing() as c:
        c.execute(LOCAL.update().where(LOCAL.c.key == READS).values(value="an older catalogue"))
    north.node = open_node(north.node.config, now=north.node.now)
    assert north.state() == fleet.hub.state()
    with north.node.database.reading() as c:
        assert not c.execute(ENTRY.select().where(ENTRY.c.body.is_not(None), ENTRY.c.subject.is_(None))).all()
    fleet.hub.hear("somos 20 familias")  # a late fact folds its row from all that is found about it
    assert fleet.meet(north).in_step
    assert north.state() == fleet.hub.state()


def test_a_database_that_was_caught_up_is_left_alone(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node()
    assert not rebuilding.catch_up(node.database)
    monkeypatch.setattr(soundness, "catalogue", lambda: "a newer one")
    folded = []
    monkeypatch.setattr(projections, "rebuild", lambda c: folded.append(c))
    assert rebuilding.catch_up(node.database)
    assert not rebuilding.catch_up(node.database)
    assert len(folded) == 1
