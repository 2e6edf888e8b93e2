"""A worker killed at every step of a broadcast, and eight that work at once: each phone gets it once, as the provider saw it.

Of eight steps a seed chooses one in every run; `-m campaign` kills at each.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from gateway.broadcasts import airing, announcing
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.channels import console
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal.tables import Listed, Task, table
from gateway.machine import jobs
from gateway.node import Node
from tests.durability.box import NO_BROKER
from tests.durability.conftest import MakeBox
from tests.durability.kennel import AT_STEPS, Kennel, steps_to_kill
from tests.durability.provider import Provider

LISTED, TASK = table(Listed), table(Task)
AT_ONCE = (NO_BROKER + "\n[news]\nfrom_hour = 0\nuntil_hour = 24\n[access]\nk_anonymity = 2\n"
           "[outbox]\nautomatic_per_day = 100\n[governor]\nbroadcasts_per_week = 50\n")
PHONES = 3
LEAST_STEPS = 20  # claiming, feeding and sending take more; fewer would mean that the steps are not counted


@AT_STEPS
def test_killed_at_every_step_of_a_broadcast(boxes: MakeBox, database_url: str, rng: random.Random, every: int, tmp_path: Path) -> None:
    box, provider = boxes(database_url=database_url, extra=AT_ONCE), Provider(tmp_path / "sent")
    with Kennel(box) as kennel, box.node() as node:
        zones, kills = _zones(node), -1
        for step in steps_to_kill(every, rng):
            kills += 1
            zone = next(zones)
            numbers = _report(node, zone, step, PHONES)
            assert kennel.work(f"gateway={provider.kept}").steps is not None
            said = _broadcast(node, zone, step)
            ended = kennel.work(f"gateway={provider.kept}", f"crash={step}").steps
            _half_a_minute_later(node)
            assert kennel.work(f"gateway={provider.kept}").steps is not None
            assert [heard(provider, number, said) for number in numbers] == [1] * PHONES, f"killed at step {step}"
            if ended is not None:
                break
        print(f"killed at {kills} of {ended} steps; {(kills + 1) * PHONES} phones got it once each")
        assert step > LEAST_STEPS
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("workers", [8])
def test_workers_that_feed_at_once_write_to_nobody_twice(boxes: MakeBox, database_url: str, workers: int, tmp_path: Path) -> None:
    box, provider = boxes(database_url=database_url, extra=AT_ONCE), Provider(tmp_path / "sent")
    with Kennel(box) as kennel, box.node() as node:
        zone = next(_zones(node))
        numbers = _report(node, zone, 1, 200)
        assert kennel.work(f"gateway={provider.kept}").steps is not None
        said = _broadcast(node, zone, 1)
        for _ in range(4):  # the outbox holds no more than leaves soon, so they end and come back
            ended = kennel.wait_for([kennel.start_work(f"gateway={provider.kept}") for _ in range(workers)])
            assert all(e.steps is not None for e in ended), "a worker broke"
            with node.database.writing() as c:
                c.execute(update(TASK).values(due_at="2000-01-01T00:00:00.000Z"))
        assert Counter(heard(provider, number, said) for number in numbers) == {1: 200}


def test_the_control_a_list_that_is_forgotten_is_noticed(boxes: MakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it not written down with the reply who got it, and were the reply of another id each time, phones would get it twice."""
    box, provider = boxes(extra=AT_ONCE), Provider(tmp_path / "sent")
    with box.node() as node:
        for name in ("send", "find_sent"):
            monkeypatch.setattr(console, name, getattr(provider, name), raising=False)
        zone = next(_zones(node))
        numbers = _report(node, zone, 1, PHONES)
        jobs.work(node)
        said = _broadcast(node, zone, 1)
        right = airing._Round._reply_id
        turn = iter(range(100))
        monkeypatch.setattr(airing._Round, "_reply_id", lambda *args: right(*args[:3], next(turn)))
        monkeypatch.setattr("gateway.sending.outbox.governor.UNASKED", ())  # which would catch the same words of the same day
        for _ in range(2):
            jobs.work(node)
            with node.database.writing() as c:
                c.execute(update(LISTED).values(state="waiting"))
                c.execute(delete(TASK).where(TASK.c.kind == "air"))
                c.execute(TASK.insert().values(kind="air", subject=c.execute(select(LISTED.c.broadcast)).scalars().first(), attempts=0,
                                               due_at="2000-01-01T00:00:00.000Z"))
        jobs.work(node)
        assert min(heard(provider, number, said) for number in numbers) > 1


def heard(provider: Provider, number: str, said: str) -> int:
    return sum(said in text for text in provider.sent_to(number))


def _zones(node: Node) -> Iterator[str]:
    return iter(row["code"] for row in node.city.places if row["kind"] == "zone")


def _report(node: Node, zone: str, step: int, phones: int) -> list[str]:
    numbers = [f"+5917{step:04d}{n:03d}" for n in range(phones)]
    with node.database.writing() as c:
        assert intake.receive(c, node, [Inbound("console", "local", f"{step}-{number}", number, f"AGUA {zone} sin agua", node.now(), b"raw")
                                        for number in numbers]) == phones
    return numbers


def _broadcast(node: Node, zone: str, step: int) -> str:
    said = f"Aviso del paso {'abcdefghij'[step % 10]}{step}."
    announcing.start(node, announcing.prepare(node, "x", Audience("place", zone), Wording({"es": said}), key=str(step), by="luz"), by="luz")
    return said


def _half_a_minute_later(node: Node) -> None:
    """For whoever held a task."""
    with node.database.writing() as c:
        c.execute(update(TASK).where(TASK.c.leased_until.is_not(None)).values(leased_until="2000-01-01T00:00:00.000000Z"))
