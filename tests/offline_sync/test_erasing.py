"""A person asks to be forgotten: gone on every node at its next sync, and nothing old that comes again brings a word back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.decisions import erasing, forgetting, guarding
from gateway.doors import intake
from gateway.doors.spool import Spool
from gateway.errors import Problem
from gateway.journal import projections
from gateway.journal.entries import ENTRY, all_facts
from gateway.journal.facts.erasure import SenderErased
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import FOLDED, Contact, Delivery, Erasure, Message, Reply, Report, Sender, Task, table
from gateway.machine import jobs
from offline_sync import backup as backups
from tests.conftest import Clock, MakeNode, sms
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_backup import restored
from tests.offline_sync.test_exchange import busy

NUMBER, OTHER = "+59176543210", "+59176543211"
WORDS = ("zzfirst", "zzsecond", "zzthird")


def told(box: Box) -> None:
    box.hear("AGUA S1604 sin agua zzfirst", NUMBER)
    box.hear("no es agua es luz zzsecond", NUMBER)
    box.hear("LUZ S1701 sin luz en la esquina zzthird", NUMBER)
    box.hear("LUZ S1701 sin luz zzothers", OTHER)


def holds(box: Box, words: tuple[str, ...] = WORDS) -> set[str]:
    """Which of the words lie in any file of this node's."""
    box.node.database.engine.dispose()
    files = [path.read_bytes() for path in Path(box.node.config.data).rglob("*") if path.is_file()]
    return {word for word in words if any(word.encode() in content for content in files)}


def sound(*boxes: Box) -> None:
    for box in boxes:
        box.entries()
        rebuild(box.node.database, verify=True)


def test_a_sender_that_is_erased_at_the_hub_is_gone_on_every_node_at_its_next_sync(fleet: Fleet) -> None:
    north, west = fleet.field("north"), fleet.field("west", "S1604")
    told(fleet.hub)
    fleet.settle()
    assert (holds(fleet.hub), holds(north), bool(holds(west))) == (set(WORDS), set(WORDS), True)
    before = fleet.hub.entries()
    assert erasing.erase_sender(fleet.hub.node, NUMBER, why="asked", by="operator") > 6
    assert holds(fleet.hub) == set()
    assert fleet.meet(north).in_step
    assert fleet.meet(west).in_step
    for box in (fleet.hub, north, west):
        assert holds(box) == set()
        assert holds(box, ("zzothers",)) == ({"zzothers"} if box is not west else set())
        assert box.entries() == before + 1
    sound(fleet.hub, north, west)
    assert north.state() == fleet.hub.state()


def test_nothing_of_a_person_is_left_in_the_tables(make_node: MakeNode, database_url: str) -> None:
    fleet = Fleet(Box(make_node("city", database_url=database_url)), make_node)
    north = fleet.field("north")
    told(fleet.hub)
    fleet.settle()
    sender = fleet.hub.node.vault.sender(NUMBER)
    with fleet.hub.node.database.reading() as c:
        [message, *_] = c.execute(select(table(Message).c.id).where(table(Message).c.sender == sender)).scalars()
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    with fleet.hub.node.database.reading() as c:
        for model in (Message, Report, Reply):
            assert not c.execute(select(table(model)).where(table(model).c.sender == sender)).all()
        assert not c.execute(select(table(Sender)).where(table(Sender).c.id == sender)).all()
        assert not c.execute(select(table(Contact)).where(table(Contact).c.sender == sender)).all()
        assert c.execute(select(table(Delivery).c.raw).where(table(Delivery).c.message == message)).scalar_one() == b""
        assert not c.execute(select(table(Task)).where(table(Task).c.subject == message)).all()
    assert fleet.meet(north).in_step
    assert north.state() == fleet.hub.state()
    sound(fleet.hub, north)
    fleet.hub.node.database.engine.dispose()


def test_the_reply_that_waits_to_be_sent_goes_with_the_rest(fleet: Fleet) -> None:
    with fleet.hub.node.database.writing() as c:
        intake.receive(c, fleet.hub.node, [sms("wait", "AGUA S1604 sin agua zzfirst", NUMBER)])
    assert fleet.hub.tasks("send")
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    assert not fleet.hub.tasks("send")
    assert not fleet.hub.tasks("classify")


@pytest.mark.parametrize("replays", [60, pytest.param(1000, marks=pytest.mark.campaign)])
def test_older_bundles_that_come_again_bring_no_word_back(fleet: Fleet, replays: int) -> None:
    north, west = fleet.field("north"), fleet.field("west", "S1604")
    fleet.settle(1)
    old: list[tuple[Box, bytes]] = []
    for words in WORDS:
        fleet.hub.hear(f"AGUA S1604 sin agua {words}", NUMBER)
        old += [(box, fleet.hub.export(box.name)) for box in fleet.fields]
        fleet.hub.hear("LUZ S1701 sin luz", OTHER)
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    fleet.settle()
    rng = random.Random(3)
    for _ in range(replays):
        box, content = rng.choice(old)
        box.bring(content)
    late = fleet.field("late")
    fleet.meet(late)
    assert [holds(box) for box in (north, west, late)] == [set(), set(), set()]
    sound(north, west, late)
    assert all(fleet.meet(box).in_step for box in fleet.fields)
    assert {north.state(), late.state()} == {fleet.hub.state()}


def test_bundles_that_come_before_the_word_of_the_erasure_are_emptied_by_it(fleet: Fleet) -> None:
    """What waits for something before it holds no words of the erased either."""
    north = fleet.field("north")
    fleet.settle(1)
    fleet.hub.hear("LUZ S1701 sin luz", OTHER)
    missing = fleet.hub.export("north")
    north.node.database.engine.dispose()
    empty = north.node.database.path.read_bytes()
    fleet.carry(fleet.hub, north), fleet.carry(north, fleet.hub)
    fleet.hub.hear("AGUA S1604 sin agua zzfirst", NUMBER)
    second = fleet.hub.export("north")
    north.node.database.engine.dispose()
    north.node.database.path.write_bytes(empty)
    assert north.bring(second).waiting
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    assert fleet.meet(north).in_step
    north.bring(missing), north.bring(second)
    assert holds(north) == set()
    sound(north)


def test_a_backup_of_before_that_is_put_back_brings_no_word_back(fleet: Fleet, tmp_path: Path) -> None:
    north = fleet.field("north")
    told(fleet.hub)
    fleet.settle()
    for box in (fleet.hub, north):
        backups.backup(box.node, tmp_path / f"{box.name}.backup")
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    fleet.settle()
    restored(fleet.hub, tmp_path / "hub.backup")
    assert holds(fleet.hub) == set(), "the database that gave way knew of it"
    restored(north, tmp_path / "north.backup")
    fleet.settle()
    assert (holds(fleet.hub), holds(north)) == (set(), set())
    sound(fleet.hub, north)
    assert north.state() == fleet.hub.state()


def test_a_new_machine_with_an_old_backup_forgets_at_its_first_meeting(fleet: Fleet, tmp_path: Path) -> None:
    north = fleet.field("north")
    told(fleet.hub)
    fleet.settle()
    backups.backup(fleet.hub.node, tmp_path / "hub.backup")
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    fleet.settle()
    fleet.hub.node.database.engine.dispose()
    fleet.hub.node.database.path.unlink()  # the disk is gone, and all it knew
    restored(fleet.hub, tmp_path / "hub.backup")
    assert holds(fleet.hub) == set(WORDS), "the control: this backup holds them"
    assert fleet.meet(north).in_step
    assert holds(fleet.hub) == set()
    assert north.state() == fleet.hub.state()


def test_a_node_that_heard_more_of_them_forgets_that_too(fleet: Fleet) -> None:
    """The sender writes to the node; the hub erases what it knows, and the node what it has besides."""
    north = fleet.field("north")
    north.hear("AGUA S1604 sin agua zzfirst", NUMBER)
    fleet.settle()
    north.hear("LUZ S1701 sin luz zzsecond", NUMBER)
    with fleet.hub.node.database.reading() as c:
        sender = c.execute(select(table(Report).c.sender)).scalars().one()
    erasing.erase_sender(fleet.hub.node, sender, why="", by="operator")
    for _ in range(6):  # the hub runs ahead, so that the node's own texts are not simply later
        fleet.hub.hear("LUZ S1701 sin luz", OTHER)
    fleet.settle()
    assert (holds(fleet.hub), holds(north)) == (set(), set())
    with north.node.database.reading() as c:
        assert not c.execute(select(table(Contact))).all()
    assert north.state() == fleet.hub.state()


def test_who_writes_again_is_heard_as_anybody(fleet: Fleet, clock: Clock) -> None:
    north = fleet.field("north")
    told(fleet.hub)
    fleet.settle()
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    clock.on(minutes=1)
    fleet.hub.hear("AGUA S1604 sin agua zzagain", NUMBER)
    fleet.settle()
    assert holds(north, (*WORDS, "zzagain")) == {"zzagain"}
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    fleet.settle()
    assert holds(north, (*WORDS, "zzagain")) == set()
    sound(fleet.hub, north)


def test_a_text_that_waited_in_the_spool_is_not_taken_in_any_more(fleet: Fleet, clock: Clock) -> None:
    told(fleet.hub)
    spool = Spool(fleet.hub.node)
    spool.keep([sms("s1", "AGUA S1604 sin agua zzspooled", NUMBER, clock()), sms("s2", "LUZ S1701 sin luz zzkept", OTHER, clock())])
    clock.on(seconds=1)
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    clock.on(seconds=1)
    spool.keep([sms("s3", "AGUA S1604 sin agua zzlater", NUMBER, clock())])
    assert spool.drain() == 2
    assert holds(fleet.hub, ("zzspooled", "zzkept", "zzlater")) == {"zzkept", "zzlater"}


def test_what_the_provider_lists_of_an_erased_sender_is_not_taken_in_again(fleet: Fleet, clock: Clock) -> None:
    told(fleet.hub)
    early = [sms("e1", "zzearly", NUMBER, clock()), sms("e2", "zzother", OTHER, clock())]
    clock.on(seconds=1)
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    clock.on(seconds=1)
    late = sms("e3", "zzlate", NUMBER, clock())
    with fleet.hub.node.database.reading() as c:
        assert [i.text for i in erasing.still_wanted(c, fleet.hub.node, [*early, late])] == ["zzother", "zzlate"]
        assert erasing.still_wanted(c, fleet.hub.node, []) == []


def test_the_words_of_a_restricted_report_go_everywhere_when_their_time_has_come(fleet: Fleet, clock: Clock) -> None:
    north, cleared = fleet.field("north"), fleet.field("cleared", "S1604", "restricted")
    fleet.hub.hear("AGUA S1604 sin agua zzfirst", NUMBER)
    with fleet.hub.node.database.reading() as c:
        message = c.execute(select(table(Message).c.id)).scalar_one()
    guarding.restrict(fleet.hub.node, message, why="zzsecond names a child", by="ana")
    fleet.settle()
    old = fleet.hub.export("cleared")
    assert (holds(north), holds(cleared)) == ({"zzfirst", "zzsecond"}, {"zzfirst", "zzsecond"})
    clock.on(days=fleet.hub.node.config.protection.keep_days + 1)
    assert forgetting.forget_due(fleet.hub.node) == 1
    fleet.settle()
    cleared.bring(old)
    assert (holds(fleet.hub), holds(north), holds(cleared)) == (set(), set(), set())
    sound(fleet.hub, north, cleared)
    assert north.state() == fleet.hub.state()


def test_an_erasure_folds_alike_in_any_order(fleet: Fleet) -> None:
    told(fleet.hub)
    erasing.erase_sender(fleet.hub.node, NUMBER, why="", by="operator")
    busy(fleet.hub, 6)
    with fleet.hub.node.database.reading() as c:
        facts = list(all_facts(c, {kind for fold in projections.FOLDS for kind in fold.kinds}))
        state = projections.state_hash(c)
    rng = random.Random(2)
    for _ in range(4):
        rng.shuffle(facts)
        with fleet.hub.node.database.writing() as c:
            for model in FOLDED:
                c.execute(table(model).delete())
            for fact in facts:
                projections.apply(c, [fact], own=False)
            assert projections.state_hash(c) == state


def test_a_stranger_cannot_be_erased(fleet: Fleet) -> None:
    with pytest.raises(Problem, match="no sender"):
        erasing.erase_sender(fleet.hub.node, "+59170009999", why="", by="operator")
    with fleet.hub.node.database.reading() as c:
        assert not c.execute(select(ENTRY).where(ENTRY.c.kind == SenderErased.KIND)).all()
        assert not c.execute(select(table(Erasure))).all()


def test_a_reference_names_its_sender(fleet: Fleet) -> None:
    told(fleet.hub)
    jobs.work(fleet.hub.node)
    with fleet.hub.node.database.reading() as c:
        sender = fleet.hub.node.vault.sender(NUMBER)
        reference = c.execute(select(table(Report).c.reference).where(table(Report).c.sender == sender)).scalars().first()
    assert erasing.erase_sender(fleet.hub.node, str(reference), why="", by="operator")
    assert holds(fleet.hub) == set()
