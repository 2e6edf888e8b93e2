"""What a field node's disk holds: headers of everything, bodies of its areas that were found open, and no number at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import ranking
from gateway.decisions import deciding, guarding, planning
from gateway.feedback import accompanying
from gateway.feedback.accompanying import Enrolment
from gateway.journal import soundness
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Elder, Message, Need, Report, table
from gateway.machine import jobs
from gateway.matching import Decision
from gateway.matching.fit import Match
from offline_sync import bundle, offering, peers, scope
from tests.offline_sync.fleet import Box, Fleet

REPORT, MESSAGE = table(Report), table(Message)
# words that stand in one text alone, so that a disk can be searched for them
OPEN_HERE, OPEN_THERE, VIOLENT, STRAY, UNSEEN = "zzhere", "zzthere", "zzviolent", "zzstray", "zzunseen"
NUMBER = "+59176543210"


def told(box: Box) -> None:
    box.hear(f"AGUA S1604 sin agua {OPEN_HERE}", NUMBER)
    box.hear(f"LUZ S1701 sin luz {OPEN_THERE}", "+59176543211")
    box.hear(f"mi marido me pega en Pampahasi {VIOLENT}", "+59176543212")
    box.hear(f"qwerty {STRAY}", "+59176543213")
    box.hear(f"AGUA S1604 no hay agua {UNSEEN}", "+59176543214", work=False)


def found_on(box: Box, word: str) -> bool:
    box.node.database.engine.dispose()
    return any(word.encode() in path.read_bytes() for path in Path(box.node.config.data).rglob("*") if path.is_file())


@pytest.mark.parametrize(("label", "areas", "clearance", "holds"), [
    ("the district that holds the place", "S1604", None, {OPEN_HERE}),
    ("another district", "S1701", None, {OPEN_THERE}),
    ("both", "S1604,S1701", None, {OPEN_HERE, OPEN_THERE}),
    ("everywhere, but nothing restricted", "*", "open", {OPEN_HERE, OPEN_THERE}),
    ("one place, cleared for what is restricted there; violence says no place", "S1604", "restricted", {OPEN_HERE, UNSEEN}),
    ("everything", "*", None, {OPEN_HERE, OPEN_THERE, VIOLENT, STRAY, UNSEEN}),
])
def test_a_disk_holds_what_its_areas_and_clearance_allow(
        fleet: Fleet, label: str, areas: str, clearance: str | None, holds: set[str]) -> None:
    told(fleet.hub)
    north = fleet.field("north", areas, clearance)
    assert fleet.meet(north).in_step
    assert {word for word in (OPEN_HERE, OPEN_THERE, VIOLENT, STRAY, UNSEEN) if found_on(north, word)} == holds
    assert not any(found_on(north, digits) for digits in (NUMBER, NUMBER[4:], "76543212"))
    assert north.entries() == fleet.hub.entries(), "every header is there, and the chain holds"
    assert bool(north.withheld()) == (label != "everything")


def test_the_search_finds_what_is_there(fleet: Fleet) -> None:
    """The control: on the hub every word is found."""
    told(fleet.hub)
    assert all(found_on(fleet.hub, word) for word in (OPEN_HERE, OPEN_THERE, VIOLENT, STRAY, UNSEEN))


def scanned(box: Box, *words: str) -> set[str]:
    """What of these lies in the files of a node that stands still: the database with all that is free in it, its logs, its keys."""
    with box.node.database.engine.connect() as c:
        c.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return {word for word in words if found_on(box, word)}


@pytest.mark.parametrize("road", ["line", "stick"])
@pytest.mark.parametrize(("label", "areas", "clearance"), [
    ("a node of the district", "S1604", None), ("a node for all that is open", "*", "open")])
def test_what_is_restricted_later_is_taken_out_again(fleet: Fleet, road: str, label: str, areas: str, clearance: str | None) -> None:
    told(fleet.hub)
    north = fleet.field("north", areas, clearance)
    fleet.meet(north)
    old = fleet.hub.export("north")
    fresh = fleet.field("fresh", areas, clearance)
    assert scanned(north, OPEN_HERE) == {OPEN_HERE}
    with fleet.hub.node.database.reading() as c:
        [message] = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.text.contains(OPEN_HERE))).scalars()
    [report] = guarding.restrict(fleet.hub.node, message, why="zzbecause", by="ana")
    jobs.work(fleet.hub.node)
    if road == "line":
        assert fleet.meet(north).in_step
    else:
        assert fleet.carry(fleet.hub, north).recalled
    assert scanned(north, OPEN_HERE, "zzbecause", NUMBER, NUMBER[4:]) == set()
    north.bring(old)  # made before
    assert scanned(north, OPEN_HERE) == set()
    assert fleet.meet(fresh).in_step
    assert fleet.meet(north).in_step
    assert fresh.state() == north.state(), "who had it and who never had it stand alike"
    assert rebuild(north.node.database, verify=True)
    assert north.entries() == fleet.hub.entries()
    with fleet.hub.node.database.reading() as c:
        held = c.execute(select(REPORT.c.held).where(REPORT.c.id == report)).scalar_one()
    guarding.release(fleet.hub.node, report, why="", by="rosa", after=str(held))
    jobs.work(fleet.hub.node)
    assert fleet.meet(north).in_step
    assert scanned(north, OPEN_HERE) == {OPEN_HERE}, "released, it comes back"


def test_what_a_person_moves_to_another_place_moves_from_disk_to_disk(fleet: Fleet) -> None:
    told(fleet.hub)
    here, there = fleet.field("here", "S1604"), fleet.field("there", "S1701")
    fleet.settle()
    assert (scanned(here, OPEN_HERE), scanned(there, OPEN_HERE)) == ({OPEN_HERE}, set())
    with fleet.hub.node.database.reading() as c:
        [message] = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.text.contains(OPEN_HERE))).scalars()
        [report] = c.execute(select(REPORT.c.id).where(REPORT.c.message == message)).scalars()
    planning.read_message(fleet.hub.node, message, "WAT01", "S1701", why="", by="ana", report=report)
    jobs.work(fleet.hub.node)
    fleet.settle()
    assert (scanned(here, OPEN_HERE), scanned(there, OPEN_HERE)) == (set(), {OPEN_HERE})
    for box in fleet.fields:
        assert rebuild(box.node.database, verify=True)


def test_a_node_keeps_what_it_took_in_itself(fleet: Fleet) -> None:
    north = fleet.field("north", "S1604")
    told(north)
    fleet.meet(north)
    with fleet.hub.node.database.reading() as c:
        [message] = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.text.contains(OPEN_HERE))).scalars()
    guarding.restrict(fleet.hub.node, message, why="", by="ana")
    assert fleet.meet(north).in_step
    assert scanned(north, OPEN_HERE) == {OPEN_HERE}


def test_only_the_hub_calls_back(fleet: Fleet) -> None:
    """What another field node signs takes nothing out."""
    told(fleet.hub)
    north, south = fleet.field("north", "S1604"), fleet.field("south", "S1604")
    fleet.settle()
    with south.node.database.writing() as c:
        book = peers.book(c, south.node, south.identity)
        made = offering.offer(c, south.node, south.identity, book, book.by_name("north"))
    batch = bundle.unseal(north.identity, made.content, "b")
    everything = {f"{fleet.hub.node.origin.writer}/1": [[1, 40]]}
    plain = [batch.part(at) for at in range(len(batch.sealed))]
    forged = bundle.seal(south.identity, north.identity.public, dict(batch.manifest) | {"recall": everything}, plain)
    assert north.bring(forged).recalled == 0
    assert scanned(north, OPEN_HERE) == {OPEN_HERE}


def test_two_nodes_of_the_same_areas_have_the_same_state(fleet: Fleet) -> None:
    told(fleet.hub)
    one, two = fleet.field("one", "S1604"), fleet.field("two", "S1604")
    fleet.meet(one, most=4)
    jobs.work(fleet.hub.node)
    fleet.settle()
    assert one.state() == two.state() != fleet.hub.state()


def test_a_body_comes_later_when_a_text_is_cleared(fleet: Fleet) -> None:
    told(fleet.hub)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    assert not found_on(north, UNSEEN)
    jobs.work(fleet.hub.node)
    met = fleet.meet(north)
    assert met.in_step
    assert found_on(north, UNSEEN)
    with north.node.database.reading() as c:
        assert c.execute(select(REPORT.c.need).where(REPORT.c.place_code == "S1604")).scalars().all()


def test_a_body_comes_later_when_a_person_puts_a_report_into_the_area(fleet: Fleet) -> None:
    told(fleet.hub)
    north = fleet.field("north", "S1701")
    fleet.meet(north)
    with fleet.hub.node.database.reading() as c:
        stray = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.text.contains(STRAY))).scalar_one()
    planning.read_message(fleet.hub.node, stray, "LIT01", "S1701", why="", by="ana")
    jobs.work(fleet.hub.node)
    assert fleet.carry(fleet.hub, north).taken.filled  # by a stick: the bundle knows what it lacks
    assert fleet.meet(north).in_step
    assert found_on(north, STRAY)


# Of the hub and of nodes that are cleared for everything alone: what we write to residents, what they say of themselves, and who was
# told of what on a number's behalf.
STAYS = {"broadcast_paused", "broadcast_prepared", "broadcast_resumed", "broadcast_started", "broadcast_stopped", "broadcast_translated",
         "change_told", "duty_alerted", "poll_closed", "reply_failed", "reply_queued", "reply_sent", "reply_tracked", "reply_uncertain",
         "sender_opted_out", "sender_registered", "trip_told", "trip_withdrawn", "vote_cast"}


def test_every_kind_of_fact_travels_somewhere_or_stays_on_purpose() -> None:
    travels = (scope.FOR_ALL, scope.OF_THE_WHOLE_CITY, scope.OF_A_NEED, scope.OF_TWO_NEEDS, scope.OF_A_REPORT, scope.OF_A_TEXT,
               scope.OF_THE_RESTRICTED, scope.OF_THE_CIRCLE,
               {"repair_judged", "account_enrolled", "answer_replied"}, STAYS)
    assert sorted(kind for kinds in travels for kind in kinds) == sorted(soundness.EVENTS), "each once, and none forgotten"


@pytest.mark.parametrize(("label", "areas", "clearance", "run", "cost"), [
    ("the district that holds the need", "S1604", None, False, True), ("another district", "S1701", None, False, False),
    ("everywhere, but nothing restricted", "*", "open", True, True), ("everything", "*", None, True, True)])
def test_plans_go_to_all_and_a_ranking_to_who_may_read_the_whole_city(
        fleet: Fleet, label: str, areas: str, clearance: str | None, run: bool, cost: bool) -> None:
    told(fleet.hub)
    hub = fleet.hub.node
    deciding.decide_weights(hub, Decision(id="2026-1", decided_on="2026-11-01", source="Acta 9"), by="ana")
    with hub.database.reading() as c:
        need = c.execute(select(table(Need).c.id).where(table(Need).c.place_code == "S1604")).scalar_one()
    deciding.cost_need(hub, need, 5000, source="a visit", by="ana")
    deciding.decide_proposal(hub, Match(need, "AGU-01", "AYA", 1.0, 1.0, 1.0, 1.0), "", "refused", why="other street", by="ana")
    made = ranking.make(hub, by="ana")
    north = fleet.field("north", areas, clearance)
    assert fleet.meet(north).in_step
    same = {name: digest for name, digest in north.tables().items() if fleet.hub.tables()[name] == digest}
    assert {"decision", "component", "catchment", "budgetline", "milestone", "placefact"} <= set(same)
    assert ({"needcost", "proposal"} <= set(same)) == cost
    with north.node.database.reading() as c:
        there = ranking.find(c, made)
        assert (there is not None and there.same) == run
    assert ranking.make(north.node, by="luis"), "what a node holds it ranks by itself"


def test_what_a_node_wrote_itself_goes_home_whole(fleet: Fleet) -> None:
    north = fleet.field("north", "S1604")
    told(north)
    fleet.meet(north)
    assert all(found_on(fleet.hub, word) for word in (OPEN_HERE, OPEN_THERE, VIOLENT, STRAY, UNSEEN))
    assert fleet.hub.withheld() == 0
    assert not fleet.hub.tasks("send")


def test_a_body_that_is_not_the_one_its_header_names_is_not_taken(fleet: Fleet) -> None:
    from gateway.journal.foreign import Late, Taken, fill
    told(fleet.hub)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    with north.node.database.writing() as c:
        seq, writer = c.execute(select(ENTRY.c.seq, ENTRY.c.source).where(ENTRY.c.body.is_(None))).first() or (0, 0)
        name = c.exec_driver_sql(f"SELECT writer FROM writer WHERE id = {writer:d}").scalar_one()
        taken = Taken()
        fill(c, [Late(name, 1, seq, '{"forged":1}')], taken)
    assert taken.filled == 0


@pytest.mark.parametrize(("label", "areas", "clearance", "reads"), [
    ("the district, open", "S1604", None, False), ("the district, cleared", "S1604", "restricted", True),
    ("another district, cleared", "S1701", "restricted", False), ("everywhere, open", "*", "open", False), ("everything", "*", None, True)])
def test_who_is_greeted_is_read_by_cleared_nodes_of_their_area_alone(
        fleet: Fleet, label: str, areas: str, clearance: str | None, reads: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCOUNT_SID", "AUTH_TOKEN"):  # only who can be texted is enrolled
        monkeypatch.setenv(f"BARRIO_TWILIO_{name}", "AC" + "1" * 32)
    plan = Enrolment("Zzrosa", "+59176543220", "Zzelena", "+59176543221", "S1604", 9, (0,))
    accompanying.enrol(fleet.hub.node, plan, by="luz")
    north = fleet.field("north", areas, clearance)
    fleet.meet(north)
    assert found_on(north, "Zzrosa") is found_on(north, "Zzelena") is reads, label
    assert not found_on(north, "76543220")
    with north.node.database.reading() as c:
        assert bool(c.execute(select(table(Elder).c.id)).all()) is reads
    rebuild(north.node.database, verify=True)
