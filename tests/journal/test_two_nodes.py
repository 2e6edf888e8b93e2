"""Two nodes that gather, merge, part and correct apart, and then hold each other's facts: one state, whatever the order of arrival."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import insert, select

from gateway.decisions import planning
from gateway.doors import intake
from gateway.journal import heads, projections
from gateway.journal.entries import ENTRY, WRITER, fact_of
from gateway.journal.tables import Head, Merge, Need, Report, Twin, table
from gateway.machine import jobs
from gateway.needs import merging
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms

NEED, REPORT, MERGE, TWIN, HEAD = table(Need), table(Report), table(Merge), table(Twin), table(Head)


def hears(node: Node, clock: Clock, phone: str, *texts: str) -> None:
    for n, words in enumerate(texts):
        clock.on(minutes=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"{phone}{n}{words[:6]}", words, phone, clock())])
        jobs.work(node)


def learn(node: Node, other: Node, rng: random.Random) -> None:
    """All that the other wrote itself, each fact by itself and in any order, as an exchange may bring it."""
    with other.database.reading() as c:
        rows = c.execute(select(ENTRY, WRITER.c.writer, WRITER.c.epoch).join(WRITER, WRITER.c.id == ENTRY.c.source)
                         .where(ENTRY.c.source == other.origin.source)).mappings().all()
        writer = dict(c.execute(select(WRITER).where(WRITER.c.id == other.origin.source)).mappings().one())
    with node.database.writing() as c:
        source = c.execute(insert(WRITER).values({k: v for k, v in writer.items() if k != "id"}).returning(WRITER.c.id)).scalar_one()
        c.execute(insert(ENTRY), [{k: v for k, v in row.items() if k not in ("writer", "epoch")} | {"source": source} for row in rows])
        facts = [fact_of(row["lamport"], row["writer"], row["epoch"], row["seq"], row["body"]) for row in rows]
        rng.shuffle(facts)
        while facts:
            size = rng.choice((1, 1, 3, 10))
            some, facts = sorted(facts[:size], key=lambda fact: fact.position), facts[size:]
            projections.apply(c, some, own=False)


def needs_of(node: Node, category: str = "ACC01") -> list[str]:
    with node.database.reading() as c:
        return list(dict.fromkeys(c.execute(select(REPORT.c.need).where(REPORT.c.category == category, REPORT.c.need.is_not(None))
                                            .order_by(REPORT.c.id)).scalars()))


def hash_of(node: Node) -> str:
    with node.database.reading() as c:
        return projections.state_hash(c)


def groups(node: Node) -> list[tuple[str, str]]:
    with node.database.reading() as c:
        return [tuple(row) for row in c.execute(select(HEAD.c.need, HEAD.c.head).order_by(HEAD.c.need))]  # type: ignore[misc]


@pytest.mark.parametrize("seed", range(4))
def test_corrections_and_merges_on_both_end_as_one_state(make_node: MakeNode, clock: Clock, seed: int) -> None:
    a, b = make_node("a"), make_node("b")
    for node, phone in ((a, "+59170001"), (b, "+59170002")):
        hears(node, clock, f"{phone}001", "bache en calle 5 villa fatima", "no es bache es luz")
        hears(node, clock, f"{phone}002", "bache en calle 5 villa fatima")
        hears(node, clock, f"{phone}003", "hueco en villa fatima", "1")
        hears(node, clock, f"{phone}004", "bache villa fatima calle 9")
        hears(node, clock, f"{phone}005", "no hay agua en villa fatima")
        needs = needs_of(node)
        merging.merge_needs(node, needs[0], needs[-1], why="one hole", by="ana")
        with node.database.reading() as c:
            report, need = c.execute(select(REPORT.c.id, REPORT.c.need).where(REPORT.c.need == needs[0])).all()[-1]
        merging.part_report(node, report, need, why="another", by="luis")
        planning.change_status(node, needs[0], "verified", note="", by="ana", after=None)
    assert hash_of(a) != hash_of(b)
    learn(a, b, random.Random(seed)), learn(b, a, random.Random(seed + 100))
    assert hash_of(a) == hash_of(b)
    assert groups(a) == groups(b) != []


def test_two_nodes_that_hear_of_one_spot_open_one_need_and_of_one_told_otherwise_two_that_are_offered(
        make_node: MakeNode, clock: Clock) -> None:
    a, b = make_node("a"), make_node("b")
    hears(a, clock, "+59170001001", "bache en calle 5 frente a la escuela, villa fatima")
    hears(b, clock, "+59170002001", "nid de poule rue 5 devant l'ecole, villa fatima")
    assert needs_of(a) == needs_of(b)
    hears(b, clock, "+59170002002", "hueco villa fatima calle murillo")
    hears(a, clock, "+59170001002", "hueco villa fatima calle murillo frente al mercado")
    learn(a, b, random.Random(1))
    assert len(needs_of(a)) == 3


def test_merges_in_a_circle_are_one_group_and_one_line_taken_back_leaves_the_others(make_node: MakeNode, clock: Clock) -> None:
    """`a` merges 1-2 and 2-3, `b` merges 3-1: no node can be caught in a circle, and the eldest stands for all."""
    a, b = make_node("a"), make_node("b")
    for node, phone in ((a, "+59170001"), (b, "+59170002")):
        hears(node, clock, f"{phone}001", "bache villa fatima calle 5")
        hears(node, clock, f"{phone}002", "bache villa fatima calle 9")
        hears(node, clock, f"{phone}003", "bache villa fatima calle 14")
    one, two, three = needs_of(a)
    assert [one, two, three] == needs_of(b)
    merging.merge_needs(a, one, two, why="", by="ana")
    merging.merge_needs(a, two, three, why="", by="ana")
    merging.merge_needs(b, three, one, why="", by="luis")
    learn(a, b, random.Random(1)), learn(b, a, random.Random(2))
    assert hash_of(a) == hash_of(b)
    assert groups(a) == groups(b) == sorted((need, one) for need in (one, two, three))
    merging.part_needs(a, one, two, why="", by="ana")
    with a.database.reading() as c:
        assert {heads.head_of(c, need) for need in (one, two, three)} == {one}
    merging.part_needs(a, two, three, why="", by="ana")
    assert groups(a) == sorted((need, one) for need in (one, three))


def test_two_people_who_say_otherwise_of_one_pair_are_told(make_node: MakeNode, clock: Clock) -> None:
    a, b = make_node("a"), make_node("b")
    for node, phone in ((a, "+59170001"), (b, "+59170002")):
        hears(node, clock, f"{phone}001", "bache villa fatima calle 5")
        hears(node, clock, f"{phone}002", "bache villa fatima calle 9")
    one, two = needs_of(a)
    merging.merge_needs(a, one, two, why="", by="ana", after="")
    merging.part_needs(b, one, two, why="", by="luis", after="")
    learn(a, b, random.Random(1)), learn(b, a, random.Random(2))
    assert hash_of(a) == hash_of(b)
    for node in (a, b):
        with node.database.reading() as c:
            assert c.execute(select(MERGE.c.contested)).scalar_one() is True
