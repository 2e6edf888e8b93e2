"""A broadcast among nodes: it leaves by the node that started it and reaches its own phones alone, whoever else holds its facts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.broadcasts import airing, announcing
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.channels import console
from gateway.errors import Problem
from gateway.journal.tables import Broadcast, Reply, table
from gateway.machine import jobs
from gateway.sending import outbox
from gateway.words.replies import POLL
from offline_sync import backup as backups
from tests.conftest import Clock, MakeNode
from tests.durability.provider import Provider
from tests.gateway.crowd import heard, phone, prepared, reporters
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_backup import restored

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


def test_a_broadcast_goes_on_after_a_restore_and_nobody_gets_it_twice(
        make_node: MakeNode, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(tmp_path / "sent")
    for name in ("send", "find_sent"):
        monkeypatch.setattr(console, name, getattr(provider, name), raising=False)
    box = Box(make_node("city"))
    reporters(box.node, clock, 100)
    announcing.start(box.node, prepared(box.node), by="luz")
    airing.air_due(box.node)
    outbox.send_due(box.node)
    backups.backup(box.node, tmp_path / "b")
    jobs.work(box.node)
    assert len(heard(box.node)) == 100
    clock.on(hours=1)
    restored(box, tmp_path / "b")
    assert 0 < len(heard(box.node)) < 100, "the control: the backup is from the midst of it"
    for _ in range(3):
        clock.on(minutes=1)
        jobs.work(box.node)
    assert [sum("no habra agua" in text for text in provider.sent_to(phone(n))) for n in range(100)] == [1] * 100
    assert len(heard(box.node)) == 100
