"""What officers bring in on a node: it reaches the hub by a stick, comes to the nodes that may hold it, and disputes are known on both."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from gateway.decisions import planning, triaging, visiting
from gateway.decisions.photos import cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.decisions.visiting import Told
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Note, Report, Work, table
from gateway.machine import jobs
from tests.gateway.pictures import jpeg
from tests.offline_sync.fleet import Box, Fleet

NEED, NOTE, WORK, REPORT = table(Need), table(Note), table(Work), table(Report)
LUZ = Who("luz", "luz", lambda place: True)
WORDS, AWAY = "zznoted", "zzelsewhere"
NUMBER = "+59176543299"


def need_at(box: Box, place: str) -> str:
    with box.node.database.reading() as c:
        return str(c.execute(select(NEED.c.id).where(NEED.c.place_code == place)).scalar_one())


def found_on(box: Box, word: bytes) -> bool:
    box.node.database.engine.dispose()
    return any(word in path.read_bytes() for path in Path(box.node.config.data).rglob("*") if path.is_file())


def test_a_day_in_the_street_reaches_the_hub_by_a_stick_and_no_number_does(fleet: Fleet) -> None:
    fleet.hub.hear("AGUA S1604 sin agua")
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    photo = cleaned(jpeg())
    need = need_at(north, "S1604")
    triaging.decide(north.node, LUZ, "verify", [Chosen("need", need)], note="dry", photo=photo)
    with north.node.database.reading() as c:
        work = c.execute(select(WORK.c.id, WORK.c.phase).order_by(WORK.c.id)).first()
    assert work is not None
    phase = "handover" if work.phase != "handover" else "operation"
    visiting.progress(north.node, LUZ, work.id, phase, note="it runs")
    report = visiting.bring(north.node, LUZ, Told("k1", f"no hay luz {WORDS}", "LIT01", "S1604", phone=NUMBER))
    jobs.work(north.node)
    triaging.decide(north.node, LUZ, "note", [Chosen("need", need)], note="later")
    triaging.undo(north.node, LUZ)
    fleet.carry(north, fleet.hub)
    with fleet.hub.node.database.reading() as c:
        assert c.execute(select(NEED.c.status, NEED.c.status_by).where(NEED.c.id == need)).one() == ("verified", "luz")
        notes = c.execute(select(NOTE.c.photo, NOTE.c.kept, NOTE.c.withdrawn).order_by(NOTE.c.withdrawn)).all()
        assert notes == [(photo.digest, "north", False), ("", "", True)]
        assert c.execute(select(WORK.c.phase, WORK.c.said_by).where(WORK.c.id == work.id)).one() == (phase, "luz")
        assert c.execute(select(REPORT.c.need).where(REPORT.c.id == report)).scalar_one() is not None
    rebuild(fleet.hub.node.database, verify=True)
    assert found_on(fleet.hub, WORDS.encode())
    assert not found_on(fleet.hub, NUMBER[4:].encode())
    assert not fleet.hub.tasks("send")


def test_notes_go_where_their_need_goes_and_the_progress_of_works_everywhere(fleet: Fleet) -> None:
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.hub.hear("LUZ S1701 sin luz", "+59170000002")
    for place, words in (("S1604", WORDS), ("S1701", AWAY)):
        triaging.decide(fleet.hub.node, LUZ, "note", [Chosen("need", need_at(fleet.hub, place))], note=words)
    with fleet.hub.node.database.reading() as c:
        work = c.execute(select(WORK.c.id)).scalars().first()
    visiting.progress(fleet.hub.node, LUZ, str(work), "closed", note="zzclosed")
    north, south = fleet.field("north", "S1604"), fleet.field("south", "S1701")
    fleet.settle()
    assert [[found_on(box, word.encode()) for word in (WORDS, AWAY, "zzclosed")] for box in (north, south)] == [
        [True, False, True], [False, True, True]]
    with north.node.database.reading() as c:
        withheld = c.execute(select(ENTRY.c.kind).where(ENTRY.c.body.is_(None))).scalars().all()
    assert withheld


def test_what_is_taken_back_is_taken_back_on_every_node(fleet: Fleet) -> None:
    fleet.hub.hear("AGUA S1604 sin agua")
    north = fleet.field("north")
    fleet.settle()
    need = need_at(north, "S1604")
    with north.node.database.reading() as c:
        work = c.execute(select(WORK.c.id, WORK.c.phase).order_by(WORK.c.id)).first()
    assert work is not None
    triaging.decide(north.node, LUZ, "verify", [Chosen("need", need)], photo=cleaned(jpeg()))
    triaging.undo(north.node, LUZ)
    visiting.progress(north.node, LUZ, work.id, "handover" if work.phase != "handover" else "operation")
    triaging.undo(north.node, LUZ)
    fleet.carry(north, fleet.hub)
    with fleet.hub.node.database.reading() as c:
        assert c.execute(select(NEED.c.status).where(NEED.c.id == need)).scalar_one() == "open"
        assert c.execute(select(NOTE.c.withdrawn)).scalars().all() == [True]
        assert c.execute(select(WORK.c.phase).where(WORK.c.id == work.id)).scalar_one() == work.phase
    fleet.settle()
    assert north.state() == fleet.hub.state()


def test_two_who_decide_away_from_each_other_leave_a_dispute_that_one_of_them_ends_for_all(fleet: Fleet) -> None:
    fleet.hub.hear("AGUA S1604 sin agua")
    north = fleet.field("north")
    fleet.settle()
    need = need_at(north, "S1604")
    triaging.decide(north.node, LUZ, "not_found", [Chosen("need", need)])
    planning.change_status(fleet.hub.node, need, "planned", note="", by="ana", after=None)
    fleet.settle()
    assert north.state() == fleet.hub.state()
    with north.node.database.reading() as c:
        assert c.execute(select(NEED.c.contested).where(NEED.c.id == need)).scalar_one()
    assert triaging.decide(north.node, LUZ, "settle", [Chosen("need", need)], status="verified").done == 1
    fleet.carry(north, fleet.hub)
    fleet.settle()
    with fleet.hub.node.database.reading() as c:
        assert c.execute(select(NEED.c.status, NEED.c.contested).where(NEED.c.id == need)).one() == ("verified", False)
    assert north.state() == fleet.hub.state()
