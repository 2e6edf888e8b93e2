"""A worker killed at every step of a last reply and the erasure after it: one reply, then nothing left, whoever dies in between.

Of six steps a seed chooses one in every run; `-m campaign` kills at each.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.channels import console
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal.entries import ENTRY
from gateway.journal.tables import Contact, Message, Reply, Report, Task, table
from gateway.machine import jobs
from gateway.node import Node
from tests.durability.box import NO_BROKER
from tests.durability.conftest import MakeBox
from tests.durability.kennel import Kennel, steps_to_kill
from tests.durability.provider import Provider

CONTACT, MESSAGE, REPLY, REPORT, TASK = map(table, (Contact, Message, Reply, Report, Task))
TOLD = ["Recibido: Sin a", "Para borrar tod", "Se borran ahora"]
LEAST_STEPS, MOST_STEPS = 20, 300  # sending and erasing take more; fewer would mean that the steps are not counted


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])
def test_killed_at_every_step_between_the_last_reply_and_the_erasure(
        boxes: MakeBox, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: random.Random, every: int) -> None:
    box = boxes(database_url=database_url, extra=NO_BROKER)
    provider = Provider(tmp_path / "sent")
    monkeypatch.setattr(console, "send", provider.send)
    monkeypatch.setattr(console, "find_sent", provider.find_sent, raising=False)
    with Kennel(box) as kennel, box.node() as node:
        phones = 0
        for step in steps_to_kill(every, rng):
            assert step < MOST_STEPS, f"it never comes to an end: {kennel.log()}"
            number, phones = f"+5917{step:07d}", phones + 1
            for text in ("AGUA S1604 sin agua", "BORRAR"):
                _say(node, f"{step}-{text[:3]}", number, text)
                jobs.work(node)
            _say(node, f"{step}-yes", number, "BORRAR SI")
            ended = kennel.work(f"crash={step}", f"gateway={provider.kept}").steps
            for _ in range(2):  # what was interrupted, then what waited for it
                _pass(node)
                jobs.work(node)
            assert [text[:15] for text in provider.sent_to(number)] == TOLD, f"killed at step {step}"
            assert left(node) == 0, f"killed at step {step}"
            assert in_order(node) == phones, f"killed at step {step}"
            if ended is not None:
                break
        print(f"killed at {phones - 1} of {ended} steps; {phones} phones told once each, and erased after it")
        assert step > LEAST_STEPS
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


def left(node: Node) -> int:
    """Rows that speak of anybody, and work that is still to be done for them."""
    with node.database.reading() as c:
        return sum(int(c.execute(select(func.count()).select_from(of)).scalar_one()) for of in (CONTACT, MESSAGE, REPLY, REPORT, TASK))


def in_order(node: Node) -> int:
    """Senders that were erased once, and after their last reply had left."""
    with node.database.reading() as c:
        erased = [seq for (seq,) in c.execute(select(ENTRY.c.seq).where(ENTRY.c.kind == "sender_erased").order_by(ENTRY.c.seq))]
        sent = [seq for (seq,) in c.execute(select(ENTRY.c.seq).where(ENTRY.c.kind == "reply_sent").order_by(ENTRY.c.seq))]
    before = [0, *erased[:-1]]
    return sum(sum(since < seq < at for seq in sent) == 3 for since, at in zip(before, erased, strict=True))


def _say(node: Node, provider_id: str, number: str, text: str) -> None:
    with node.database.writing() as c:
        assert intake.receive(c, node, [Inbound("console", "local", provider_id, number, text, node.now(), b"raw")]) == 1


def _pass(node: Node) -> None:
    """Time goes by for whoever held a task, and for what was put off."""
    with node.database.writing() as c:
        c.execute(update(TASK).where(TASK.c.leased_until.is_not(None)).values(leased_until="2000-01-01T00:00:00.000000Z"))
        c.execute(update(TASK).values(due_at="2000-01-01T00:00:00.000000Z"))
