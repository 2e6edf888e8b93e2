"""What is kept of needs is what their reports say, whatever happened since it was counted, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, inspect, update

from dashboards.queries import evidence, plans
from dashboards.queries import needs as seen
from dashboards.queries import seen as visible
from gateway.cities import atlas
from gateway.decisions import erasing, guarding
from gateway.errors import Problem
from gateway.journal import counting
from gateway.journal.canonical import derived_id
from gateway.journal.counting import COUNTED, UNCOUNTED
from gateway.journal.facts.matching import ReportFlagged
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.residents import CommandGiven
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import OUTGROWN
from gateway.machine.worker import Chores
from gateway.needs import merging
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, Seed, need_id

WATER, WASTE, LIGHT = need_id("S1604", "WAT01"), need_id("S1701", "WST01"), need_id("P1314", "LIT01")
Act = Callable[[Seed, Node], object]


@pytest.fixture
def seed(make_node: MakeNode, database_url: str) -> Seed:
    """Three needs with all that can count of them, counted."""
    seed = Seed(make_node(database_url=database_url))
    for sender in ("a", "a", "b"):
        seed.report("sin agua", sender=sender, urgency=2)
    seed.report("basura", category="WST01", place="S1701", sender="b", urgency=3)
    seed.report("no hay luz", category="LIT01", place="P1314", sender="c", urgency=1)
    seed.works()
    counting.count_marked(seed.node.database)
    return seed


def first(seed: Seed) -> str:
    return next(iter(seed.ids.values()))


def said(seed: Seed, intent: str) -> None:
    reference = next(iter(seed.ids))
    seed.write(CommandGiven(message="m", sender="a", intent=intent, language="es", report=seed.ids[reference], reference=reference))


def merged(seed: Seed, node: Node) -> None:
    merging.merge_needs(node, WATER, WASTE, why="one pipe", by="ana")


ACTS: list[tuple[str, Act]] = [
    ("one more report", lambda seed, node: seed.report("sin agua", sender="z", urgency=4)),
    ("the first report of a need", lambda seed, node: seed.report("hueco", category="ACC01", place="S1604")),
    ("a report taken back", lambda seed, node: said(seed, "cancel")),
    ("somebody says me too", lambda seed, node: seed.support(next(iter(seed.ids)), "new")),
    ("a report is found to be restricted", lambda seed, node: seed.write(ReportClassified(
        report=first(seed), category="WAT01", confidence=1.0, urgency=2, restricted=True, model="rules"))),
    ("the only report of a need is restricted", lambda seed, node: guarding.restrict(
        node, derived_id("message", "5"), why="", by="ana")),
    ("it is more urgent than it was", lambda seed, node: seed.write(ReportClassified(
        report=first(seed), category="WAT01", confidence=1.0, urgency=4, restricted=False, model="rules"))),
    ("a crowd is flagged", lambda seed, node: seed.write(ReportFlagged(report=first(seed), need=WATER, why=("same words",)))),
    ("two needs are merged", merged),
    ("they are parted again", lambda seed, node: (merged(seed, node), merging.part_needs(node, WATER, WASTE, why="", by="luis"))),
    ("a report is set apart", lambda seed, node: merging.part_report(node, first(seed), WATER, why="another", by="ana")),
    ("a sender is forgotten", lambda seed, node: erasing.erase_sender(node, next(iter(seed.ids)), why="", by="ana")),
]


def rows(node: Node, *, anew: bool) -> set[tuple[object, ...]]:
    with node.database.reading() as c:
        return {tuple(row) for row in c.execute(counting.anew() if anew else counting.counted(c))}


@pytest.mark.parametrize(("label", "act"), ACTS)
def test_what_changed_shows_at_once_and_is_kept_when_it_was_counted(label: str, act: Act, seed: Seed) -> None:
    node = seed.node
    before = rows(node, anew=False)
    act(seed, node)
    true = rows(node, anew=True)
    assert (rows(node, anew=False) == true, before == true) == (True, label == "they are parted again")
    assert counting.count_marked(node.database) > 0
    with node.database.reading() as c:
        assert not counting.marks(c)
        assert not counting.differ(c)
    assert rows(node, anew=False) == true
    rebuild(node.database, verify=True)


def test_pages_of_a_list_are_the_same_before_and_after_what_was_marked_is_counted(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is marked, on whichever page: what is counted just now is put where it belongs among what is kept."""
    monkeypatch.setattr(visible, "PAGE", 3)
    monkeypatch.setattr(seen, "PAGE", 3)
    places = [row["code"] for row in seed.node.city.places if row["kind"] == "zone"][:10]
    for n, place in enumerate(places):
        for phone in range(1 + n % 4):
            seed.report("luz", category="LIT01", place=place, sender=f"{place}{phone}", urgency=1 + n % 3)
    merged(seed, seed.node)
    counting.count_marked(seed.node.database)

    def lists() -> list[object]:
        node = seed.node
        with node.database.reading() as c:
            pages = [seen.needs(c, node, seen.Wanted(status="all", urgency=urgency, page=page))
                     for urgency in (0, 2) for page in range(1, 7)]
            return [*pages, evidence.candidates(c, NOW), seen.needs(c, node, seen.Wanted(places=tuple(places[:4])))]

    still = lists()
    for some in ([WATER], [need_id(place, "LIT01") for place in places[::3]], [need_id(place, "LIT01") for place in places], None):
        with seed.node.database.writing() as c:
            counting.mark_all(c) if some is None else counting.mark(c, some)
            stale = update(COUNTED).values(people=99, quiet=99, calm=4)  # nothing of what is marked may be read
            c.execute(stale if some is None else stale.where(COUNTED.c.need.in_(some)))
        assert lists() == still
        counting.count_marked(seed.node.database)
        assert lists() == still


def test_a_lost_mark_is_found(seed: Seed) -> None:
    """The control of all the above: without its mark what is kept is old, and a rebuild says so."""
    merged(seed, seed.node)
    with seed.node.database.writing() as c:
        c.execute(delete(UNCOUNTED))
    assert rows(seed.node, anew=False) != rows(seed.node, anew=True)
    with pytest.raises(Problem, match="counted"):
        rebuild(seed.node.database, verify=True)
    rebuild(seed.node.database)
    assert rows(seed.node, anew=False) == rows(seed.node, anew=True)


def test_the_worker_counts_what_was_marked(seed: Seed) -> None:
    merged(seed, seed.node)
    chores = Chores(seed.node)
    chores._next_look = 0.0
    chores.tick()
    with seed.node.database.reading() as c:
        assert (counting.marks(c), counting.differ(c)) == ([], False)


def test_the_first_of_what_comes_back_are_those_of_all(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs that cannot be among the first are not counted; the order and the figures are those of counting all."""
    monkeypatch.setattr(evidence, "AT_ONCE", 1)
    for n, place in enumerate(("S1604", "S1701", "P1314")):
        for phone in range(5 + n):
            seed.report("luz", category="LIT01", place=place, sender=f"{place}{phone}", at=NOW - timedelta(days=300 * (n == 2)))
    with seed.node.database.reading() as c:
        whole = evidence.candidates(c, NOW)
        assert [(one.place_code, one.people) for one in whole] == [("P1314", 8), ("S1701", 6), ("S1604", 5)]
        assert [evidence.candidates(c, NOW, most=most) for most in (1, 2)] == [whole[:1], whole[:2]]
        assert evidence.candidates(c, NOW + timedelta(days=100), most=1)[0].place_code == "S1701", "phones of more than a year ago"


def test_many_marks_are_one_walk_over_all(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    with seed.node.database.writing() as c:
        counting.mark_all(c)
        c.execute(update(COUNTED).values(people=99))  # nothing of it may be read
    true = rows(seed.node, anew=True)
    assert rows(seed.node, anew=False) == true
    monkeypatch.setattr(counting, "MOST_MARKED", 2)
    assert rows(seed.node, anew=False) == true
    with seed.node.database.reading() as c:
        assert counting.seen(c, [WATER, WASTE, "nothing"]) == {WATER, WASTE}


def test_a_database_from_before_is_counted_when_it_is_opened(seed: Seed) -> None:
    node = seed.node
    with node.database.writing() as c:
        COUNTED.drop(c)
        UNCOUNTED.drop(c)
        c.exec_driver_sql(f"CREATE INDEX {OUTGROWN[0]} ON report (need)")
    atlas.complete(node.database)
    assert OUTGROWN[0] not in {index["name"] for index in inspect(node.database.engine).get_indexes("report")}
    assert rows(node, anew=False) == rows(node, anew=True) != set()
    assert counting.count_marked(node.database) == 3
    rebuild(node.database, verify=True)


def test_a_merged_need_is_listed_as_one_and_each_part_may_be_shown(seed: Seed) -> None:
    merged(seed, seed.node)
    counting.count_marked(seed.node.database)
    with seed.node.database.reading() as c:
        lines, _ = seen.needs(c, seed.node, seen.Wanted())
        heads = {line.id for line in lines}
        assert len(heads & {WATER, WASTE}) == 1
        assert next(line for line in lines if line.id in (WATER, WASTE)).people == 2, "b reported both and is one phone"
        assert plans.visible(c, {WATER: (), WASTE: (), LIGHT: (), "gone": (WATER,), "never": ()}) == {WATER, WASTE, LIGHT, "gone"}
