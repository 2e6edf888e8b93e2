"""A backup is whole or refused; a restore begins a new epoch, loses nothing that any node still holds, and sends nothing twice."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboards.queries import views
from gateway import locks
from gateway.decisions import erasing, photos
from gateway.doors import intake
from gateway.errors import Problem
from gateway.governing import duty
from gateway.journal import tasks
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Reply, Report, table
from gateway.machine import jobs, worker
from gateway.node import open_node
from gateway.sending.restored import waits_for
from offline_sync import backup as backups
from offline_sync import joining
from tests.conftest import Clock, MakeNode, sms
from tests.gateway.pictures import png
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_exchange import busy


def restored(box: Box, path: Path) -> backups.Restored:
    box.node.database.engine.dispose()
    done = backups.restore(box.node.config, path, box.node.now())
    box.node = open_node(box.node.config, now=box.node.now)
    return done


def test_a_restored_node_is_what_it_was_under_another_epoch(make_node: MakeNode, database_url: str, tmp_path: Path) -> None:
    box = Box(make_node("city", database_url=database_url))
    busy(box, 20)
    state, path = box.state(), tmp_path / "b"
    assert backups.backup(box.node, path) == box.entries()
    assert path.stat().st_mode & 0o077 == 0
    if not box.node.config.is_sqlite:  # there the operator names an empty database
        with pytest.raises(Problem, match="holds residents' texts"):
            restored(box, path)
        with box.node.database.writing() as c:
            c.exec_driver_sql("DELETE FROM contact")
    done = restored(box, path)
    assert (box.state(), done.epoch > 1) == (state, True)
    box.hear("AGUA S1604 sin agua", "+59170000001")
    assert box.node.origin.epoch == done.epoch
    assert rebuild(box.node.database, verify=True)
    with box.node.database.reading() as c:
        references = list(c.execute(select(table(Report).c.reference)).scalars())
    assert len(set(references)) == len(references)
    box.node.database.engine.dispose()


@pytest.mark.parametrize(("label", "since", "texts"), [
    ("said stop",                    [("BAJA", False)], 0),
    ("said stop, and was erased",    [("BAJA", True)], 0),
    ("said stop and start",          [("BAJA", False), ("ALTA", False)], 1),
    ("said nothing of the kind",     [("ESTADO", False)], 1),
])
def test_an_older_backup_does_not_undo_what_a_resident_since(make_node: MakeNode, clock: Clock, tmp_path: Path, label: str,
                                                            since: list[tuple[str, bool]], texts: int) -> None:
    """Nobody may be texted who said stop after the backup was made, be it longer ago than the provider remembers."""
    phone = "+59170000001"
    box = Box(make_node("city", extra='[outbox]\nchannel = "console"\n'))
    box.hear("AGUA S1604 sin agua", phone)
    path = tmp_path / "b"
    backups.backup(box.node, path)
    for words, erased in since:
        clock.on(minutes=1)
        box.hear(words, phone)
        if erased:
            erasing.erase_sender(box.node, phone, why="they asked for it", by="ana")
    clock.on(hours=72)
    restored(box, path)
    duty.add(box.node, "guardia", phone)
    box.hear("incendio en Kupini, hay gente atrapada", "+59170000002")
    for _ in range(3):
        clock.on(minutes=1)
        jobs.work(box.node)
    with box.node.database.reading() as c:
        alerts = [row.state for row in c.execute(select(table(Reply)).where(table(Reply).c.kind == "alert_emergency"))]
    assert [state in ("sent", "delivered") for state in alerts] == [bool(texts)], label
    assert rebuild(box.node.database, verify=True)
    box.node.database.engine.dispose()


def test_photos_come_back_whole_and_one_that_was_changed_by_hand_does_not(make_node: MakeNode, tmp_path: Path) -> None:
    box = Box(make_node("city"))
    data, path = box.node.config.data, tmp_path / "b"
    good, spoilt = photos.cleaned(png(size=(2, 2))), photos.cleaned(png(size=(3, 3)))
    for photo in (good, spoilt):
        photos.keep(data, photo)
    (data / photos.FOLDER / f"{spoilt.digest}.png").write_bytes(b"something else")
    backups.backup(box.node, path)
    shutil.rmtree(data / photos.FOLDER)
    restored(box, path)
    assert photos.find(data, good.digest, good.media) == good.content
    assert [p.stem for p in (data / photos.FOLDER).iterdir()] == [good.digest]


def test_a_new_machine_takes_over_keys_and_numbers(make_node: MakeNode, tmp_path: Path) -> None:
    old, new = Box(make_node("old", role="hub")), tmp_path / "b"
    busy(old, 5)
    duty.add(old.node, "guard", "+59170000009")
    views.keep(old.node, "account", "ana", "gaps", "planner.needs", "covered=no", shared=False)
    backups.backup(old.node, new)
    machine = Box(make_node("new", role="hub"))
    machine.node.config.node.__dict__["name"] = "old"
    done = restored(machine, new)
    assert machine.identity.public == old.identity.public
    assert done.aside is not None
    assert done.aside.exists()
    assert machine.node.vault.sender("+59170000001") == old.node.vault.sender("+59170000001")
    with machine.node.database.reading() as c:
        assert [one.name for one in duty.listed(c)] == ["guard"], "whoever is told of emergencies still is"
        assert [view.asked for view in views.kept(c, "account")] == ["covered=no"], "nor has a planner to filter anew"


@pytest.mark.parametrize(("label", "spoil"), [
    ("cut", lambda b: b[:len(b) // 2]), ("cut at its last byte", lambda b: b[:-1]), ("empty", lambda b: b""),
    ("another file", lambda b: b"hello"), ("a flipped bit", lambda b: b[:400] + bytes([b[400] ^ 1]) + b[401:]),
    ("a line changed and packed again", lambda b: zlib.compress(zlib.decompress(b).replace(b'"lamport":3', b'"lamport":4', 1))),
])
def test_a_backup_that_is_not_whole_changes_nothing(
        make_node: MakeNode, tmp_path: Path, label: str, spoil: Callable[[bytes], bytes]) -> None:
    box, path = Box(make_node()), tmp_path / "b"
    busy(box, 3)
    backups.backup(box.node, path)
    path.write_bytes(spoil(path.read_bytes()))
    before = box.node.database.path.read_bytes()
    with pytest.raises(Problem) as fault:
        backups.restore(box.node.config, path, box.node.now())
    assert fault.value.code == "backup.refused"
    assert box.node.database.path.read_bytes() == before


@pytest.mark.parametrize("what", ["web", "worker", "sync"])
def test_while_anything_works_on_a_node_nothing_is_put_in_its_place(make_node: MakeNode, tmp_path: Path, what: str) -> None:
    """It would go on with the database that was put aside, and nobody would read what it writes there."""
    box, path = Box(make_node()), tmp_path / "b"
    busy(box, 1)
    backups.backup(box.node, path)
    before = box.node.database.path.read_bytes()
    at_work = locks.hold(box.node.config.data, what)
    for changing in (lambda: backups.restore(box.node.config, path, box.node.now()), lambda: joining.heal(box.node, box.identity)):
        with pytest.raises(Problem, match=f"Another `barrio {what}` already works"):
            changing()
    assert box.node.database.path.read_bytes() == before
    os.close(at_work)
    assert backups.restore(box.node.config, path, box.node.now()).aside is not None


def test_a_backup_of_another_node_is_refused(make_node: MakeNode, tmp_path: Path) -> None:
    backups.backup(make_node("one"), tmp_path / "b")
    with pytest.raises(Problem, match="Make the instance with --name one"):
        backups.restore(make_node("two").config, tmp_path / "b", make_node("three").now())


def test_a_hub_restored_from_an_old_backup_gets_everything_back_from_its_nodes(fleet: Fleet, tmp_path: Path) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    busy(fleet.hub, 10), busy(north, 5, 2)
    fleet.settle()
    backups.backup(fleet.hub.node, tmp_path / "old")
    busy(fleet.hub, 12, 3), busy(south, 6, 4)
    fleet.settle()
    state, entries = fleet.hub.state(), fleet.hub.entries()
    with fleet.hub.node.database.reading() as c:
        given = set(c.execute(select(table(Report).c.reference)).scalars())
    restored(fleet.hub, tmp_path / "old")
    assert fleet.hub.entries() < entries
    assert fleet.meet(north).in_step
    assert (fleet.hub.state(), fleet.hub.entries()) == (state, entries)
    fleet.hub.hear("AGUA S1604 sin agua", "+59171234567")
    with fleet.hub.node.database.reading() as c:
        assert len(set(c.execute(select(table(Report).c.reference)).scalars()) - given) == 1, "a reference is never given twice"
    fleet.settle()
    assert {box.state() for box in fleet.fields} == {fleet.hub.state()}


def test_what_was_waiting_to_be_sent_is_looked_up_before_it_is_sent(make_node: MakeNode, tmp_path: Path) -> None:
    """It may have left between the backup and the restore: nobody is texted twice."""
    box = Box(make_node())
    with box.node.database.writing() as c:
        intake.receive(c, box.node, [sms(1, "AGUA S1604 sin agua")])
    backups.backup(box.node, tmp_path / "b")
    restored(box, tmp_path / "b")
    with box.node.database.writing() as c:
        assert [claim.interrupted for claim in tasks.claim(c, "send", box.node.now(), 10)] == [True]
    assert jobs.classify_due(box.node) == 1


def test_a_restored_hub_answers_nobody_twice_when_the_provider_lists_again_what_it_had_answered(fleet: Fleet, tmp_path: Path) -> None:
    north = fleet.field("north")
    fleet.settle(1)
    fleet.hub.hear("AGUA S1604 sin agua", "+59170000009")
    backups.backup(fleet.hub.node, tmp_path / "old")
    texts = [sms(f"lost-{n}", words, f"+5917000000{n}", fleet.hub.node.now())
             for n, words in enumerate(["AGUA S1604 sin agua", "LUZ S1701 sin luz", "asdf qwer"])]

    def listed() -> int:
        """The provider lists all of the last two days, as `barrio reconcile` takes it."""
        with fleet.hub.node.database.writing() as c:
            return intake.receive(c, fleet.hub.node, [replace(text, road="reconcile") for text in texts])

    with fleet.hub.node.database.writing() as c:
        assert intake.receive(c, fleet.hub.node, texts) == 3
    jobs.work(fleet.hub.node)  # answered
    fleet.settle()
    restored(fleet.hub, tmp_path / "old")
    state = north.state()
    fleet.settle()
    with fleet.hub.node.database.reading() as c:
        replies = c.execute(select(table(Reply).c.id, table(Reply).c.state)).all()
    assert len(replies) >= 4
    assert listed() == 0
    while jobs.work(fleet.hub.node):
        pass
    with fleet.hub.node.database.reading() as c:
        assert c.execute(select(table(Reply).c.id, table(Reply).c.state)).all() == replies
    assert (fleet.hub.state(), fleet.hub.tasks("send")) == (state, set())


def test_the_provider_may_list_again_is_a_danger_without_the_nodes(fleet: Fleet, tmp_path: Path) -> None:
    """The control: what no node brings back is new to the hub."""
    fleet.hub.hear("AGUA S1604 sin agua", "+59170000009")
    backups.backup(fleet.hub.node, tmp_path / "old")
    text = sms("lost", "LUZ S1701 sin luz", "+59170000001", fleet.hub.node.now())
    for expected in (1, 1):
        with fleet.hub.node.database.writing() as c:
            assert intake.receive(c, fleet.hub.node, [text]) == expected
        restored(fleet.hub, tmp_path / "old")


def test_a_reply_that_came_back_unsent_is_looked_up_and_then_sent(fleet: Fleet, tmp_path: Path) -> None:
    """It was queued and went to a node; whether it left, nobody who is left knows."""
    fleet.field("north")
    fleet.settle(1)
    fleet.hub.hear("AGUA S1604 sin agua", "+59170000009")
    backups.backup(fleet.hub.node, tmp_path / "old")
    with fleet.hub.node.database.writing() as c:
        intake.receive(c, fleet.hub.node, [sms("late", "LUZ S1701 sin luz", "+59170000009", fleet.hub.node.now())])
    fleet.settle()
    restored(fleet.hub, tmp_path / "old")
    fleet.settle()
    with fleet.hub.node.database.writing() as c:
        assert [claim.interrupted for claim in tasks.claim(c, "send", fleet.hub.node.now(), 10)] == [True]


def test_a_restored_hub_does_not_ask_the_provider_before_its_nodes_have_told_it(
        fleet: Fleet, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    fleet.settle()
    backups.backup(fleet.hub.node, tmp_path / "old")
    clock.on(minutes=1)
    restored(fleet.hub, tmp_path / "old")
    asked: list[str] = []
    monkeypatch.setattr(worker, "reconcile", lambda *_: asked.append("asked"))

    def chores() -> int:
        """As when the time for it has come."""
        due = worker.Chores(fleet.hub.node)
        due._next_reconcile = 0.0
        due.tick()
        return len(asked)

    clock.on(minutes=1)
    assert chores() == 0
    fleet.meet(north)
    assert chores() == 0, "the other one may bring more"
    fleet.meet(south)
    assert chores() == 1
    restored(fleet.hub, tmp_path / "old")
    assert chores() == 1
    clock.on(hours=7)
    assert chores() == 2, "residents have waited long enough"


def test_a_hub_that_was_never_restored_asks_at_once(fleet: Fleet, clock: Clock) -> None:
    fleet.field("north")
    fleet.settle(1)
    with fleet.hub.node.database.reading() as c:
        assert waits_for(c, clock()) == []
