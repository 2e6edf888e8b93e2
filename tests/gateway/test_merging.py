"""People merge and part; counts are people; nothing that was set apart is gathered back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import heads
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Report, table
from gateway.machine import jobs
from gateway.needs import merging, standing
from gateway.node import Node
from tests.conftest import Clock, sms

NEED, REPORT = table(Need), table(Report)
HOLE, OTHER = "bache en calle 5 villa fatima", "bache en calle 9 villa fatima"


def hears(node: Node, clock: Clock, words: str, phone: int) -> str:
    """The id of the report that the text made."""
    clock.on(minutes=1)
    with node.database.writing() as c:
        intake.receive(c, node, [sms(f"{phone}{clock()}", words, f"+5917000{phone:04d}", clock())])
    jobs.work(node)
    with node.database.reading() as c:
        return str(c.execute(select(REPORT.c.id).order_by(REPORT.c.id.desc()).limit(1)).scalar_one())


def need_of(node: Node, report: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(REPORT.c.need).where(REPORT.c.id == report)).scalar_one())


def people(node: Node, report: str) -> int:
    with node.database.reading() as c:
        return standing.people(c, dict(c.execute(select(REPORT).where(REPORT.c.id == report)).mappings().one()))


def test_a_merge_counts_each_phone_once_and_taking_it_back_leaves_everything_as_it_was(node: Node, clock: Clock) -> None:
    hole, other = hears(node, clock, HOLE, 1), hears(node, clock, OTHER, 2)
    hears(node, clock, OTHER, 1)
    assert (people(node, hole), people(node, other)) == (1, 2)
    with node.database.reading() as c:
        before = [dict(row) for row in c.execute(select(REPORT).order_by(REPORT.c.id)).mappings()]
    merging.merge_needs(node, need_of(node, hole), need_of(node, other), why="one long hole", by="ana")
    assert (people(node, hole), people(node, other)) == (2, 2), "the phone that reported both is one person"
    merging.merge_needs(node, need_of(node, other), need_of(node, hole), why="again", by="luis")
    merging.part_needs(node, need_of(node, hole), need_of(node, other), why="two holes", by="ana")
    with node.database.reading() as c:
        assert before == [dict(row) for row in c.execute(select(REPORT).order_by(REPORT.c.id)).mappings()]
    assert (people(node, hole), people(node, other)) == (1, 2)
    rebuild(node.database, verify=True)


def test_a_merge_is_followed_by_what_comes_after_it(node: Node, clock: Clock) -> None:
    hole, other = hears(node, clock, HOLE, 1), hears(node, clock, OTHER, 2)
    head = merging.merge_needs(node, need_of(node, other), need_of(node, hole), why="", by="ana")
    assert head == need_of(node, hole), "the elder stands for both"
    later = hears(node, clock, "bache villa fatima calle 9 gracias", 3)
    assert need_of(node, later) == need_of(node, other), "it stands where it is likest, so that the merge can be taken back"
    assert people(node, hole) == 3
    planning.change_status(node, head, "done", note="", by="ana", after=None)
    new = hears(node, clock, "bache villa fatima calle 9 otra vez", 4)
    assert need_of(node, new) not in (need_of(node, hole), need_of(node, other)), "what is done is not gathered into"
    with node.database.reading() as c:
        assert c.execute(select(NEED.c.generation).where(NEED.c.id == need_of(node, new))).scalar() == 2


@pytest.mark.parametrize("words", [HOLE, "no hay agua en villa fatima"])
def test_what_a_person_set_apart_is_not_gathered_back(node: Node, clock: Clock, words: str) -> None:
    hears(node, clock, words, 1)
    report = hears(node, clock, words, 2)
    need = need_of(node, report)
    own = merging.part_report(node, report, need, why="another", by="ana")
    assert need_of(node, report) == own != need
    clock.on(minutes=1)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("more", "es muy grande, somos 20 familias", "+59170000002", clock())])
    jobs.work(node)
    assert need_of(node, report) == own
    with pytest.raises(Problem, match="does not stand"):
        merging.part_report(node, report, need, why="", by="luis")
    with pytest.raises(Problem, match="stands alone already"):
        merging.part_report(node, report, own, why="", by="luis")
    merging.rejoin_report(node, report, need, why="the same", by="luis")
    assert need_of(node, report) == need
    rebuild(node.database, verify=True)


def test_what_may_not_be_merged(node: Node, clock: Clock) -> None:
    hole, other = need_of(node, hears(node, clock, HOLE, 1)), need_of(node, hears(node, clock, OTHER, 2))
    with pytest.raises(Problem, match="with itself"):
        merging.merge_needs(node, hole, hole, why="", by="ana")
    with pytest.raises(Problem, match="no need"):
        merging.merge_needs(node, hole, "nothing", why="", by="ana")
    planning.change_status(node, other, "rejected", note="", by="ana", after=None)
    with pytest.raises(Problem, match="is over"):
        merging.merge_needs(node, hole, other, why="", by="ana")


def test_a_resident_who_says_no_is_never_gathered_there(node: Node, clock: Clock) -> None:
    hole = hears(node, clock, HOLE, 1)
    unsure = hears(node, clock, "hay un bache en villa fatima", 2)
    clock.on(minutes=1)
    with node.database.writing() as c:
        intake.receive(c, node, [sms("no", "2", "+59170000002", clock())])
        intake.receive(c, node, [sms("where", "en la calle 5", "+59170000002", clock())])
    jobs.work(node)
    assert need_of(node, unsure) != need_of(node, hole)


def test_heads_follow_lines() -> None:
    assert sorted(map(sorted, heads.joined([("a", "b"), ("b", "c"), ("x", "y")]))) == [["a", "b", "c"], ["x", "y"]]
    assert heads.joined([]) == []
