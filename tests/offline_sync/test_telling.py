"""What was decided anywhere is told where the number is kept, once, however and whenever the facts come."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from gateway.decisions import planning
from gateway.feedback import holding
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Reply, Report, Told, table
from gateway.machine import jobs
from gateway.needs import merging, news
from offline_sync import following, offering
from offline_sync.scope import Scope
from tests.conftest import Clock
from tests.offline_sync.fleet import Box, Fleet

NEED, REPLY, REPORT, TOLD = table(Need), table(Reply), table(Report), table(Told)
HERE, THERE = "AGUA S1604 sin agua", "AGUA S1701 sin agua"


def need_in(box: Box, place: str = "S1604") -> str:
    with box.node.database.reading() as c:
        return str(c.execute(select(NEED.c.id).where(NEED.c.place_code == place)).scalar_one())


def decide(box: Box, need: str, status: str = "verified") -> None:
    with box.node.database.reading() as c:
        after = c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar()
    planning.change_status(box.node, need, status, note="", by="ana", after=after)


def left(box: Box) -> list[str]:
    """The kinds of news that left this box itself."""
    with box.node.database.reading() as c:
        return list(c.execute(select(REPLY.c.kind).join(ENTRY, ENTRY.c.subject == REPLY.c.id).where(
            ENTRY.c.kind == "reply_sent", ENTRY.c.source == box.node.origin.source, REPLY.c.kind.in_(news.KINDS))
            .order_by(REPLY.c.queued_at)).scalars())


def days(clock: Clock, *boxes: Box, n: int = 2) -> None:
    for _ in range(n):
        clock.on(hours=24, minutes=40)
        for box in boxes:
            jobs.work(box.node)


def test_each_node_tells_its_own_residents_once(fleet: Fleet, clock: Clock) -> None:
    north = fleet.field("north")
    fleet.hub.hear(HERE, "+59170000001"), north.hear(HERE, "+59170000002")
    fleet.meet(north)
    decide(fleet.hub, need_in(fleet.hub))
    for _ in range(3):  # whoever works first, and however often they meet
        fleet.meet(north)
        days(clock, fleet.hub, north, n=1)
    assert (left(fleet.hub), left(north)) == (["news_verified"], ["news_verified"])
    assert fleet.meet(north).in_step
    with fleet.hub.node.database.reading() as c:
        assert c.execute(select(func.count()).select_from(TOLD)).scalar_one() == 2, "the hub's page counts both"
    assert fleet.hub.tables() == north.tables()
    for box in (fleet.hub, north):
        assert rebuild(box.node.database, verify=True)


def test_what_a_field_node_decided_is_told_by_the_hub(fleet: Fleet, clock: Clock) -> None:
    north = fleet.field("north", "S1604")
    fleet.hub.hear(HERE)
    fleet.meet(north)
    decide(north, need_in(north))
    days(clock, fleet.hub, north)
    assert (left(fleet.hub), left(north)) == ([], [])
    fleet.meet(north)
    days(clock, fleet.hub, north)
    assert (left(fleet.hub), left(north)) == (["news_verified"], [])


def test_what_is_held_back_at_the_hub_is_not_told_in_the_field(fleet: Fleet, clock: Clock) -> None:
    north = fleet.field("north", "S1604")
    north.hear(HERE)
    fleet.meet(north)
    decide(fleet.hub, need := need_in(fleet.hub))
    holding.hold(fleet.hub.node, need, why="", by="ana")
    fleet.meet(north)
    days(clock, fleet.hub, north)
    assert left(north) == []
    holding.release(fleet.hub.node, need, why="", by="ana")
    fleet.meet(north)
    days(clock, fleet.hub, north)
    assert left(north) == ["news_verified"]


def test_needs_merged_at_the_hub_are_told_in_the_field_though_the_bodies_come_late(fleet: Fleet, clock: Clock) -> None:
    """The need that stands for both lies outside the areas of the node: of what was decided about it only headers were there."""
    north = fleet.field("north", "S1604")
    fleet.hub.hear(THERE, "+59170000001")
    clock.on(minutes=1)
    north.hear(HERE, "+59170000002")
    fleet.meet(north)
    decide(fleet.hub, there := need_in(fleet.hub, "S1701"))
    fleet.meet(north)
    days(clock, fleet.hub, north)
    assert (left(fleet.hub), left(north)) == (["news_verified"], [])
    assert merging.merge_needs(fleet.hub.node, there, need_in(fleet.hub), why="one pipe", by="ana") == there
    fleet.settle(3)
    with north.node.database.reading() as c:
        assert c.execute(select(NEED.c.status).where(NEED.c.id == there)).scalar() == "verified", "its bodies came late"
    days(clock, fleet.hub, north)
    fleet.settle()
    assert (left(fleet.hub), left(north)) == (["news_verified"], ["news_verified"])
    merging.part_needs(fleet.hub.node, there, need_in(fleet.hub), why="", by="ana")
    fleet.settle(3)
    days(clock, fleet.hub, north)
    assert (left(fleet.hub), left(north)) == (["news_verified"], ["news_verified"]), "parting tells nobody again"
    for box in (fleet.hub, north):
        assert rebuild(box.node.database, verify=True)


@pytest.mark.parametrize(("label", "looks", "heard"), [
    ("a body that comes late puts its need on the list", True, ["news_verified"]),
    ("the control: without that look nobody would hear", False, []),
])
def test_bodies_that_come_when_the_journal_was_read_past_them(
        label: str, looks: bool, heard: list[str], fleet: Fleet, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    north = fleet.field("north", "S1604")
    north.hear(HERE)
    fleet.meet(north)
    decide(fleet.hub, need_in(fleet.hub))
    with monkeypatch.context() as before:  # as if its areas were others then
        before.setattr(offering, "scope_of", lambda c, node, known: Scope(False, known.writer))
        fleet.meet(north)
    days(clock, north)
    for box in (fleet.hub, north):
        with box.node.database.writing() as c:
            c.exec_driver_sql("UPDATE peer SET agreed = ''")
    if not looks:
        monkeypatch.setattr(following.noting, "look_at", lambda *_: None)
    fleet.settle(3)
    days(clock, north)
    assert left(north) == heard, label


def test_who_was_told_what_reaches_the_hub_and_no_other_node(fleet: Fleet, clock: Clock) -> None:
    north, south = fleet.field("north", "S1604"), fleet.field("south", "S1604")
    north.hear(HERE)
    fleet.meet(north)
    decide(fleet.hub, need_in(fleet.hub))
    fleet.meet(north)
    days(clock, north)
    fleet.settle()
    holds = {}
    for box in (fleet.hub, north, south):
        with box.node.database.reading() as c:
            holds[box.name] = sorted(set(c.execute(select(ENTRY.c.kind).where(ENTRY.c.kind.in_(
                ("change_told", "need_status_changed", "reply_queued")))).scalars()))
    assert holds == {"hub": ["change_told", "need_status_changed", "reply_queued"],
                     "north": ["change_told", "need_status_changed", "reply_queued"], "south": ["need_status_changed"]}
