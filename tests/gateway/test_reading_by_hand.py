"""A person says what a text is about and where: it stands whatever the machine says later, and it can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Need, Reading, Reply, Report, table
from gateway.machine import jobs
from gateway.node import Node
from parsers.reference import is_valid
from tests.conftest import Clock, MakeNode, sms
from tests.journal.shuffling import same_in_any_order

MESSAGE, REPORT, NEED, READING, REPLY = (table(model) for model in (Message, Report, Need, Reading, Reply))
Row = dict[str, object]


def say(node: Node, clock: Clock, words: str, number: str = "+59170000001") -> str:
    """A text comes in and is worked on; the id of its message."""
    clock.on(minutes=20)
    with node.database.writing() as c:
        intake.receive(c, node, [sms(f"{number}{clock().isoformat()}", words, number, clock())])
    jobs.work(node)
    with node.database.reading() as c:
        return str(c.execute(select(MESSAGE.c.id).order_by(MESSAGE.c.id.desc())).scalars().first())


def report_of(node: Node, message: str) -> Row:
    with node.database.reading() as c:
        return dict(c.execute(select(REPORT).where(REPORT.c.message == message)).mappings().one())


def stands(node: Node, message: str) -> tuple[object, object, object]:
    row = report_of(node, message)
    return row["category"], row["place_code"], need_of(node, row)


def need_of(node: Node, report: Row) -> object:
    """(category, place) of the need that a report stands in."""
    with node.database.reading() as c:
        found = c.execute(select(NEED.c.category, NEED.c.place_code).where(NEED.c.id == report["need"])).first()
    return tuple(found) if found else None


def again(node: Node, report: object) -> None:
    """The machine looks once more, as after any change."""
    with node.database.writing() as c:
        tasks.add_missing(c, "classify", [str(report)], iso(node.now()))
    jobs.work(node)


def test_a_text_that_nobody_understood_becomes_a_report_on_both_databases(make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url)
    message = say(node, clock, "asdf qwer")
    with node.database.reading() as c:
        replies = len(c.execute(select(REPLY.c.id)).all())
    planning.read_message(node, message, "LIT01", "S1701", why="she called", by="ana")
    jobs.work(node)
    report = report_of(node, message)
    assert stands(node, message) == ("LIT01", "S1701", ("LIT01", "S1701"))
    assert is_valid(str(report["reference"]))
    assert (report["restricted"], report["model"], report["place_source"], report["urgency"]) == (False, "person", "person", 2)
    with node.database.reading() as c:
        assert c.execute(select(MESSAGE.c.settled).where(MESSAGE.c.id == message)).scalar() == "read"
        assert len(c.execute(select(REPLY.c.id)).all()) == replies, "nobody is answered"
        assert c.execute(select(READING.c.by, READING.c.why, READING.c.contested)).one() == ("ana", "she called", False)
    planning.withdraw_reading(node, str(report["id"]), why="", by="ana")
    jobs.work(node)
    assert report_of(node, message)["status"] == "cancelled"
    with node.database.reading() as c:
        assert c.execute(select(MESSAGE.c.settled).where(MESSAGE.c.id == message)).scalar() is None
    planning.read_message(node, message, "WAT01", "S1604", why="", by="luis")
    jobs.work(node)
    assert stands(node, message) == ("WAT01", "S1604", ("WAT01", "S1604"))
    assert report_of(node, message)["reference"] == report["reference"], "one reference for one text"
    rebuild(node.database, verify=True)


def test_what_was_understood_wrongly_moves_to_its_need_and_stays_there(node: Node, clock: Clock) -> None:
    message = say(node, clock, "no hay agua en pampahasi")
    report = str(report_of(node, message)["id"])
    assert stands(node, message) == ("WAT01", "S1604", ("WAT01", "S1604"))
    planning.read_message(node, message, "LIT01", "S1701", why="", by="ana", report=report)
    jobs.work(node)
    again(node, report)
    with node.database.writing() as c:  # another node's machine, that had not heard of it
        ledger.write(c, node.origin, [ReportClassified(report=report, category="WAT01", confidence=0.9, urgency=2, restricted=False,
                                                       model="rules-1")], at=node.now(), by="machine")
    assert stands(node, message) == ("LIT01", "S1701", ("LIT01", "S1701"))
    rebuild(node.database, verify=True)
    planning.withdraw_reading(node, report, why="", by="ana")
    jobs.work(node)
    assert stands(node, message) == ("WAT01", "S1604", ("WAT01", "S1604"))
    assert str(report_of(node, message)["model"]).startswith("rules-3")
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "words", "category", "place", "expected"), [
    ("both", "se cayo el muro", "RSK02", "S1701", ("RSK02", "S1701", ("RSK02", "S1701"))),
    ("the place alone leaves the need open", "hay un problema", "", "S1701", (None, "S1701", None)),
    ("the need alone leaves the place open", "hay un problema", "RSK02", "", ("RSK02", None, None)),
])
def test_what_a_person_knows(label: str, words: str, category: str, place: str, expected: object, node: Node, clock: Clock) -> None:
    message = say(node, clock, words)
    with node.database.reading() as c:
        report = c.execute(select(REPORT.c.id).where(REPORT.c.message == message)).scalar()
    planning.read_message(node, message, category, place, why="", by="ana", report=report)
    jobs.work(node)
    assert stands(node, message) == expected, label


def test_a_text_read_as_violence_is_the_focal_points_from_that_moment(node: Node, clock: Clock) -> None:
    message = say(node, clock, "asdf qwer")
    planning.read_message(node, message, "SAF03", "S1701", why="", by="ana")
    assert report_of(node, message)["restricted"] is True
    jobs.work(node)
    assert stands(node, message) == ("SAF03", "S1701", None)
    with pytest.raises(Problem, match="There is no report"):
        planning.withdraw_reading(node, str(report_of(node, message)["id"]), why="", by="ana")
    with pytest.raises(Problem, match="There is no report"):
        planning.read_message(node, message, "WAT01", "S1701", why="", by="ana")


def test_the_resident_has_the_last_word(node: Node, clock: Clock) -> None:
    message = say(node, clock, "no hay agua en pampahasi")
    planning.read_message(node, message, "LIT01", "S1701", why="", by="ana", report=str(report_of(node, message)["id"]))
    jobs.work(node)
    clock.on(minutes=-19)
    say(node, clock, "no, es basura en Villa Fatima")
    assert stands(node, message) == ("WST01", "P1314", ("WST01", "P1314"))


@pytest.mark.parametrize(("label", "category", "place", "report", "code"), [
    ("neither need nor place", "", "", None, "planning.refused"),
    ("a need that is none", "XXX99", "", None, "planning.unknown"),
    ("a group of needs", "WAT", "S1701", None, "planning.unknown"),
    ("a place that is none", "WAT01", "X9999", None, "planning.unknown"),
    ("a report of another text", "WAT01", "S1701", "nothing", "planning.unknown"),
    ("a second report of one text", "WAT01", "S1701", None, "planning.refused"),
])
def test_what_cannot_be_said(label: str, category: str, place: str, report: str | None, code: str, node: Node, clock: Clock) -> None:
    message = say(node, clock, "no hay agua en pampahasi")
    before = report_of(node, message)
    with pytest.raises(Problem) as fault:
        planning.read_message(node, message, category, place, why="", by="ana", report=report)
    assert fault.value.code == code, label
    assert report_of(node, message) == before


def test_a_text_nobody_sent_and_a_report_that_was_taken_back(node: Node, clock: Clock) -> None:
    with pytest.raises(Problem, match="There is no message"):
        planning.read_message(node, "nothing", "WAT01", "S1701", why="", by="ana")
    message = say(node, clock, "no hay agua en pampahasi")
    row = report_of(node, message)
    say(node, clock, f"CANCELAR {row['reference']}")
    with pytest.raises(Problem, match="taken back by its resident"):
        planning.read_message(node, message, "WAT01", "S1701", why="", by="ana", report=str(row["id"]))


def test_two_who_read_without_seeing_each_other_are_told(node: Node, clock: Clock) -> None:
    message = say(node, clock, "asdf qwer")
    for who, place in (("ana", "S1701"), ("luis", "S1604")):
        planning.read_message(node, message, "WAT01", place, why="", by=who, after="")
    jobs.work(node)
    assert stands(node, message) == ("WAT01", "S1604", ("WAT01", "S1604"))
    with node.database.reading() as c:
        row = c.execute(select(READING)).mappings().one()
    assert (row["by"], row["contested"]) == ("luis", True)
    planning.read_message(node, message, "WAT01", "S1604", why="settled together", by="ana", after=row["entry"])
    with node.database.reading() as c:
        assert c.execute(select(READING.c.contested)).scalar() is False


@pytest.mark.parametrize("seed", range(3))
def test_facts_that_arrive_in_any_order_give_the_same_tables(seed: int, node: Node, clock: Clock) -> None:
    first, second = say(node, clock, "asdf qwer"), say(node, clock, "no hay agua en pampahasi", "+59170000002")
    made = planning.read_message(node, first, "LIT01", "S1701", why="", by="ana")
    jobs.work(node)
    other = str(report_of(node, second)["id"])
    planning.read_message(node, second, "LIT01", "S1701", why="", by="ana", report=other)
    planning.withdraw_reading(node, made, why="", by="luis")
    planning.read_message(node, first, "WAT01", "", why="", by="ana")
    planning.withdraw_reading(node, other, why="", by="luis")
    jobs.work(node)
    same_in_any_order(node, seed)
