"""A worker killed at every step from an emergency to its alarm, and eight at once: the duty officer hears once, of every one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from gateway import classification
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.feedback import alerting
from gateway.governing import duty
from gateway.journal import tasks
from gateway.journal.entries import all_facts
from gateway.journal.tables import Task, table
from gateway.machine import jobs, worker
from gateway.needs import escalating
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms
from tests.durability.box import NO_BROKER
from tests.durability.conftest import MakeBox
from tests.durability.kennel import Kennel
from tests.durability.test_worker_kill import pass_leases

TASK = table(Task)
ON_CONSOLE = NO_BROKER + '\n[outbox]\nchannel = "console"\n[triage]\nalerts_per_day = 1000\n'
PHONE = "+59170009001"
FIRE = "incendio en {zone}"
LEAST_STEPS = 30  # a worker that classifies, alarms and sends takes more; fewer would mean that the steps are not counted


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(1800)])])
def test_killed_between_an_emergency_and_its_alarm(boxes: MakeBox, every: int) -> None:
    box = boxes(extra=ON_CONSOLE)
    with Kennel(box) as kennel, box.node() as node:
        duty.add(node, "guardia", PHONE)
        zones, step, fires, ended = _zones(node), 1, 0, None
        while ended is None:
            fires += 1
            _burns(node, next(zones), fires)
            ended = kennel.work(f"crash={step}").steps
            pass_leases(node)
            assert kennel.work().steps is not None
            assert alarmed(node) == (fires, 0, 0, 0), f"killed at step {step}"
            step += every
        print(f"killed {fires - 1} times, at every {every}. of {ended} steps; {fires} fires told once each")
        assert step > LEAST_STEPS


def test_eight_workers_alarm_once(boxes: MakeBox, postgres_url: str) -> None:
    """On PostgreSQL, where they do work at the same time."""
    box = boxes(database_url=postgres_url, extra=ON_CONSOLE)
    with Kennel(box) as kennel, box.node() as node:
        duty.add(node, "guardia", PHONE)
        zones = _zones(node)
        for fire in range(12):
            _burns(node, next(zones), fire)
        ended = kennel.wait_for([kennel.start_work() for _ in range(8)])
        assert all(e.steps is not None for e in ended), "a worker broke"
        assert alarmed(node) == (12, 0, 0, 0)


@pytest.mark.parametrize(("label", "words", "told"), [
    ("a fire", "incendio en Kupini", 1), ("a lamp is no emergency", "no hay luz en Kupini", 0),
    ("violence is the focal point's alone", "incendio en Kupini y mi marido me pega", 0)])
def test_an_emergency_that_cannot_be_classified_is_told_all_the_same(
        make_node: MakeNode, clock: Clock, database_url: str, label: str, words: str, told: int, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(database_url=database_url, extra=ON_CONSOLE)
    duty.add(node, "guardia", PHONE)
    right = classification.Judge.classify

    def classify(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("poison")

    monkeypatch.setattr(classification.Judge, "classify", classify)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("one", words, "+59170000001", clock())])
    for _ in range(tasks.MOST_ATTEMPTS):
        assert alerting.look_aside(node) == 0, f"{label}: it may yet be classified"
        jobs.work(node)
        clock.on(seconds=61)
    chores = worker.Chores(node)
    chores._next_look = 0.0
    chores.tick()
    assert alerting.look_aside(node) == 0, f"{label}: not twice"
    assert alarmed(node)[0] == told, label
    monkeypatch.setattr(classification.Judge, "classify", right)
    with node.database.writing() as c:
        [aside] = c.execute(select(TASK.c.subject).where(TASK.c.quarantined_at.is_not(None))).scalars()
        tasks.release(c, "classify", aside, node.now())
    jobs.work(node)
    assert alarmed(node) == (told, 0, 0, 0), f"{label}: not again when it is classified after all"


def test_two_workers_that_look_at_one_broken_promise_tell_of_it_once(
        make_node: MakeNode, clock: Clock, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(database_url=postgres_url, extra=ON_CONSOLE)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("one", "no hay agua en Kupini", "+59170000001", clock())])
    jobs.work(node)
    clock.on(days=30)
    right, others = escalating._broken, list[int]()

    def broken(*asked: Any) -> list[Any]:
        found = list(right(*asked))
        if not others:  # another worker looks as well before we write what we saw
            others.append(0)
            others[0] = escalating.look(node)
        return found

    monkeypatch.setattr(escalating, "_broken", broken)
    escalating.look(node)
    assert others == [1]
    with node.database.reading() as c:
        told = [f["to"] for f in all_facts(c, ["need_escalated"])]
    assert told == ["planner", "admin"], "what the other told of is not told again, and what is next is"


def alarmed(node: Node) -> tuple[int, int, int, int]:
    """Emergencies told, those told twice or without a letter, letters twice or never sent, and reports that wait."""
    with node.database.reading() as c:
        facts = list(all_facts(c, ["duty_alerted", "reply_queued", "reply_sent"]))
        waiting = len(c.execute(select(TASK.c.subject).where(TASK.c.kind == "classify")).all())
    told = Counter(f["report"] for f in facts if f.kind == "duty_alerted" and f["reason"] == "emergency")
    letters = [f.about[0] for f in facts if f.kind == "reply_queued" and f["kind"] == "alert_emergency"]
    sent = Counter(f.about[0] for f in facts if f.kind == "reply_sent")
    return (len(told), told.total() - len(told) + abs(len(told) - len(letters)),
            sum(sent[letter] != 1 for letter in letters), waiting)


def _burns(node: Node, zone: str, fire: int) -> None:
    with node.database.writing() as c:
        assert intake.receive(c, node, [Inbound("console", "local", f"fire-{fire}", f"+5917{fire:07d}", FIRE.format(zone=zone),
                                                datetime.now(UTC), b"raw")]) == 1


def _zones(node: Node) -> Iterator[str]:
    return iter(row["code"] for row in node.city.places if row["kind"] == "zone")
