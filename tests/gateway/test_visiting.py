"""What officers bring in from the street: decisions with photos, how far a work is, reports of who came in person; all taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.decisions import photos, triaging, visiting
from gateway.decisions.photos import cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.decisions.visiting import Told
from gateway.errors import Problem
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Contact, Message, Need, Note, Reading, Report, Work, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock
from tests.dashboards.planting import Seed, need_id
from tests.gateway.pictures import jpeg

NEED, NOTE, WORK, REPORT, MESSAGE = table(Need), table(Note), table(Work), table(Report), table(Message)
CONTACT, READING = table(Contact), table(Reading)
WATER = need_id("S1604", "WAT01")
LUZ = Who("luz", "luz", lambda place: place in ("S1604", "S1701"))
FAR = Who("tito", "tito", lambda place: place == "P1314")
NUMBER = "+59176543210"


@pytest.fixture
def seed(node: Node) -> Seed:
    seed = Seed(node)
    seed.works()
    seed.report()
    return seed


def row(node: Node, of: object, **where: object) -> dict[str, object]:
    with node.database.reading() as c:
        query = select(of).where(*(of.c[name] == value for name, value in where.items()))  # type: ignore[call-overload,attr-defined]
        return dict(c.execute(query).mappings().one())


def entries(node: Node) -> int:
    with node.database.reading() as c:
        return int(c.execute(select(func.count()).select_from(ENTRY)).scalar_one())


def test_a_decision_with_a_photo_is_one_action_and_is_taken_back_as_one(node: Node, seed: Seed) -> None:
    photo = cleaned(jpeg())
    deed = triaging.decide(node, LUZ, "verify", [Chosen("need", WATER)], note="no water at all", photo=photo)
    assert (deed.done, deed.failures) == (1, ())
    assert row(node, NEED, id=WATER)["status"] == "verified"
    kept = row(node, NOTE, need=WATER)
    assert (kept["photo"], kept["media"], kept["kept"], kept["by"], kept["withdrawn"]) == (photo.digest, "image/jpeg", "hub", "luz", False)
    with node.database.reading() as c:
        bodies = c.execute(select(ENTRY.c.body).where(ENTRY.c.subject == WATER)).scalars().all()
    assert not any(len(body or "") > 1500 for body in bodies), "no picture in an entry"
    assert triaging.undo(node, LUZ) is not None
    assert row(node, NEED, id=WATER)["status"] == "open"
    assert row(node, NOTE, need=WATER)["withdrawn"] is True
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "who", "action", "note", "reason"), [
    ("a note without words or photo", LUZ, "note", " ", "unfit"),
    ("a note in another's area", FAR, "note", "seen", "area"),
    ("a dispute that is none", LUZ, "settle", "", "done"),
])
def test_what_is_left_alone(node: Node, seed: Seed, label: str, who: Who, action: str, note: str, reason: str) -> None:
    before = entries(node)
    deed = triaging.decide(node, who, action, [Chosen("need", WATER)], note=note, status="verified")
    assert [failure.reason for failure in deed.failures] == [reason]
    assert entries(node) == before


def test_a_note_is_written_while_somebody_else_is_on_the_need(node: Node, seed: Seed) -> None:
    triaging.hold(node, Who("ana", "ana", lambda place: True), Chosen("need", WATER))
    assert triaging.decide(node, LUZ, "note", [Chosen("need", WATER)], note="the pump is hot").done == 1
    assert triaging.decide(node, LUZ, "verify", [Chosen("need", WATER)]).failures[0].reason == "held"
    assert row(node, NOTE, need=WATER)["text"] == "the pump is hot"


def test_what_was_not_found_is_over_and_the_next_report_opens_a_need_of_its_own(node: Node, seed: Seed, clock: Clock) -> None:
    triaging.decide(node, LUZ, "not_found", [Chosen("need", WATER)], note="nobody home")
    assert row(node, NEED, id=WATER)["status"] == "not_found"
    report = visiting.bring(node, LUZ, Told("k1", "no hay agua en la calle 3", "WAT01", "S1604"))
    jobs.work(node)
    assert row(node, REPORT, id=report)["need"] == triaging_id(2)


def triaging_id(generation: int) -> str:
    from gateway.needs.things import need_id as needed
    return needed("S1604", "WAT01", generation, "")


def test_how_far_a_work_is_stands_until_a_file_says_something_new_and_can_be_taken_back(node: Node, seed: Seed) -> None:
    visiting.progress(node, LUZ, "W-1", "execution", note="half of it")
    stands = row(node, WORK, id="W-1")
    assert (stands["phase"], stands["note"], stands["said_by"], stands["contested"]) == ("execution", "half of it", "luz", False)
    seed.works()  # the same file again
    assert row(node, WORK, id="W-1")["phase"] == "execution"
    assert triaging.undo(node, LUZ) is not None
    assert row(node, WORK, id="W-1")["phase"] == "design"
    visiting.progress(node, LUZ, "W-1", "execution", after="")
    assert row(node, WORK, id="W-1")["contested"] is True, "it did not answer the last word"
    with pytest.raises(Problem):
        visiting.progress(node, FAR, "W-1", "operation")
    rebuild(node.database, verify=True)


def test_who_came_in_person_has_a_report_of_their_own_and_the_officer_is_its_author(node: Node, seed: Seed) -> None:
    report = visiting.bring(node, LUZ, Told("k1", "la lampara esta rota frente a la escuela", "LIT01", "S1701", people=12, phone=NUMBER))
    jobs.work(node)
    found, said = row(node, REPORT, id=report), row(node, READING, id=report)
    assert (found["category"], found["place_code"], found["people"], found["restricted"]) == ("LIT01", "S1701", 12, False)
    assert found["need"] is not None
    assert (found["sender"], said["by"]) == (node.vault.sender(NUMBER), "luz")
    assert row(node, MESSAGE, id=found["message"])["road"] == "desk"
    with node.database.reading() as c:
        bodies = [json.loads(body) for body in c.execute(select(ENTRY.c.body).where(ENTRY.c.body.is_not(None))).scalars()]
    assert not any(NUMBER[1:] in json.dumps(body) for body in bodies)
    assert {body["by"] for body in bodies if body["kind"] in ("message_received", "report_filed") and
            report[:11] in json.dumps(body["about"])} >= {"luz"}
    sealed = row(node, CONTACT, sender=found["sender"])
    assert node.vault.open(bytes(sealed["number"])).decode() == NUMBER  # type: ignore[call-overload]
    node.database.engine.dispose()
    assert NUMBER[1:].encode() not in b"".join(path.read_bytes() for path in Path(node.config.data).rglob("*") if path.is_file())


def test_a_form_that_is_sent_twice_is_one_report_and_two_people_without_a_phone_are_two(node: Node, seed: Seed, clock: Clock) -> None:
    first = visiting.bring(node, LUZ, Told("k1", "no hay agua", "WAT01", "S1604"))
    clock.on(minutes=1)
    assert visiting.bring(node, LUZ, Told("k1", "no hay agua", "WAT01", "S1604")) == first
    second = visiting.bring(node, LUZ, Told("k2", "no hay agua", "WAT01", "S1604"))
    assert row(node, REPORT, id=first)["sender"] != row(node, REPORT, id=second)["sender"]
    assert row(node, REPORT, id=first)["reference"] != row(node, REPORT, id=second)["reference"]


def test_what_tells_of_harm_is_restricted_at_once_and_cannot_be_taken_back(node: Node, seed: Seed) -> None:
    report = visiting.bring(node, LUZ, Told("k1", "mi marido me pega", "", "S1604"))
    assert row(node, REPORT, id=report)["restricted"] is True
    deed = triaging.undo(node, LUZ)
    assert deed is not None
    assert [failure.reason for failure in deed.failures] == ["gone"]
    jobs.work(node)
    assert row(node, REPORT, id=report)["restricted"] is True


@pytest.mark.parametrize("worked", [False, True])
def test_what_was_written_down_by_mistake_is_taken_back(node: Node, seed: Seed, worked: bool) -> None:
    report = visiting.bring(node, LUZ, Told("k1", "no hay agua", "WAT01", "S1604"))
    if worked:
        jobs.work(node)
    assert triaging.undo(node, LUZ) is not None
    jobs.work(node)
    assert row(node, REPORT, id=report)["status"] == "cancelled"
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "told"), [
    ("no words", Told("k", "  ", "WAT01", "S1604")),
    ("a phone that is none", Told("k", "no hay agua", "WAT01", "S1604", phone="call me")),
    ("a place of others", Told("k", "no hay agua", "WAT01", "P1314")),
])
def test_what_is_refused_writes_nothing(node: Node, seed: Seed, label: str, told: Told) -> None:
    before = entries(node)
    with pytest.raises(Problem):
        visiting.bring(node, LUZ, told)
    assert entries(node) == before
    assert not (node.config.data / photos.FOLDER).exists()
