"""A broadcast among nodes: it leaves by the node that started it and reaches its own phones alone, whoever else holds its facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway import announcing, jobs
from gateway.audience import Audience
from gateway.broadcasting import Wording
from gateway.errors import Problem
from gateway.journal.tables import Broadcast, Reply, table
from gateway.replies import POLL
from tests.conftest import Clock
from tests.offline_sync.fleet import Box, Fleet

BROADCAST, REPLY = table(Broadcast), table(Reply)
WATER = "AGUA S1604 sin agua"


def asked(box: Box, clock: Clock, people: int = 12) -> str:
    """A poll of this node's own phones."""
    options = {"es": ("Cancha", "Parque")}
    poll = announcing.prepare(box.node, "x", Audience("place", "S1604"), Wording({"es": "¿Que?"}, options, clock() + timedelta(days=3)),
                              key="1", by="ana")
    assert announcing.start(box.node, poll, by="ana") == people
    return poll


def test_only_the_node_that_started_it_sends_and_only_to_its_own_phones(fleet: Fleet, clock: Clock) -> None:
    north, east = fleet.field("north"), fleet.field("east", "S1604")
    for n in range(12):
        fleet.hub.hear(WATER, f"+591700001{n:02d}", work=n == 11)
        north.hear(WATER, f"+591700002{n:02d}", work=n == 11)
    fleet.settle()
    poll = asked(fleet.hub, clock)
    fleet.settle()
    for box in (north, east, fleet.hub):
        jobs.work(box.node)
    fleet.settle()
    with fleet.hub.node.database.reading() as c:
        senders = set(c.execute(select(REPLY.c.sender).where(REPLY.c.kind == POLL)).scalars())
    assert senders == {fleet.hub.node.vault.sender(f"+591700001{n:02d}") for n in range(12)}
    fleet.hub.hear("VOTO A", "+59170000100")
    fleet.settle()
    assert fleet.hub.tables() == north.tables(), "who is cleared for everything holds it too"
    with east.node.database.reading() as c:
        assert not c.execute(select(BROADCAST.c.id)).all(), "what we say to residents stays with the hub"
    with north.node.database.reading() as c:
        assert c.execute(select(BROADCAST.c.writer)).scalars().all() == [fleet.hub.node.origin.writer]
    with pytest.raises(Problem, match="no broadcast"):
        announcing.pause(north.node, poll, by="luis")
