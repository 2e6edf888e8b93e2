"""A worker killed at every step of telling residents what was decided, and eight that tell at once: nobody hears twice, nobody nothing.

Of eight steps a seed chooses one in every run; `-m campaign` kills at each.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from gateway.channels.values import Inbound
from gateway.decisions import planning
from gateway.doors import intake
from gateway.journal.entries import all_facts
from gateway.journal.tables import Need, Reply, Task, Told, table
from gateway.node import Node
from tests.durability.box import NO_BROKER
from tests.durability.conftest import MakeBox
from tests.durability.kennel import AT_STEPS, Kennel, steps_to_kill

NEED, REPLY, TASK, TOLD = table(Need), table(Reply), table(Task), table(Told)
AT_ONCE = NO_BROKER + "\n[news]\ndelay_minutes = 0\nfrom_hour = 0\nuntil_hour = 24\n"
PHONES = 3
LEAST_STEPS = 20  # noting, claiming, telling and sending take more; fewer would mean that the steps are not counted


@AT_STEPS
def test_killed_at_every_step_of_telling(boxes: MakeBox, database_url: str, rng: random.Random, every: int) -> None:
    box = boxes(database_url=database_url, extra=AT_ONCE)
    with Kennel(box) as kennel, box.node() as node:
        zones, kills = _zones(node), -1
        for step in steps_to_kill(every, rng):
            kills += 1
            _report(node, next(zones), step, PHONES)
            assert kennel.work().steps is not None
            _verify_the_open(node)
            ended = kennel.work(f"crash={step}").steps
            with node.database.writing() as c:  # half a minute goes by for whoever held a task
                c.execute(update(TASK).where(TASK.c.leased_until.is_not(None)).values(leased_until="2000-01-01T00:00:00.000000Z"))
            assert kennel.work().steps is not None
            assert told(node) == ((kills + 1) * PHONES, 0, 0), f"killed at step {step}"
            if ended is not None:
                break
        print(f"killed at {kills} of {ended} steps; {(kills + 1) * PHONES} phones told once each")
        assert step > LEAST_STEPS
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("workers", [8])
def test_workers_that_tell_at_once_tell_nobody_twice(boxes: MakeBox, database_url: str, workers: int) -> None:
    box = boxes(database_url=database_url, extra=AT_ONCE)
    with Kennel(box) as kennel, box.node() as node:
        zones = _zones(node)
        for n in range(20):
            _report(node, next(zones), n, PHONES)
        assert kennel.work().steps is not None
        _verify_the_open(node)
        ended = kennel.wait_for([kennel.start_work() for _ in range(workers)])
        assert all(e.steps is not None for e in ended), "a worker broke"
        assert told(node) == (20 * PHONES, 0, 0)


def told(node: Node) -> tuple[int, int, int]:
    """Phones that were told, tellings beyond the first of one change to one phone, and texts that were sent twice or never."""
    with node.database.reading() as c:
        rows = Counter((need, sender) for need, sender in c.execute(
            select(TOLD.c.need, TOLD.c.sender).join(REPLY, REPLY.c.id == TOLD.c.reply).where(REPLY.c.state == "delivered")))
        facts = list(all_facts(c, ["reply_queued", "reply_sent"]))
    sent = Counter(f.about[0] for f in facts if f.kind == "reply_sent")
    queued = [f.about[0] for f in facts if f.kind == "reply_queued"]
    return len(rows), rows.total() - len(rows), sum(sent[reply] != 1 for reply in queued)


def _zones(node: Node) -> Iterator[str]:
    return iter(row["code"] for row in node.city.places if row["kind"] == "zone")


def _report(node: Node, zone: str, step: int, phones: int) -> None:
    inbounds = [Inbound("console", "local", f"{step}-{n}", f"+5917{step:04d}{n:03d}", f"AGUA {zone} sin agua", node.now(), b"raw")
                for n in range(phones)]
    with node.database.writing() as c:
        assert intake.receive(c, node, inbounds) == phones


def _verify_the_open(node: Node) -> None:
    with node.database.reading() as c:
        needs = list(c.execute(select(NEED.c.id).where(NEED.c.status == "open")).scalars())
    for need in needs:
        planning.change_status(node, need, "verified", note="", by="ana", after=None)
