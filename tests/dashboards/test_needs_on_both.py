"""The list of needs is the same on both databases: counts of the whole, links and crowds put together in one statement."""

from __future__ import annotations

from dashboards.queries import needs as seen
from gateway.decisions import planning
from gateway.needs import merging
from tests.conftest import Clock, MakeNode
from tests.matching.example import SAID
from tests.ranking.planting import need_id, planted
from tests.ranking.test_gathered import TWIN, twin_of


def test_the_list_counts_alike(make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = planted(make_node, clock, database_url=database_url)
    twin_of(node, "N5", ["N5s0", "new1"])
    merging.merge_needs(node, TWIN, need_id("N5"), why="one street", by="ana")
    for need in (TWIN, need_id("N5")):
        planning.link_need(node, need, "G1", why="", by="ana")
    with node.database.reading() as c:
        lines, more = seen.needs(c, node, seen.Wanted())
        covered, _ = seen.needs(c, node, seen.Wanted(covered="yes"))
        one = seen.need(c, need_id("N5"))
    assert (len(lines), more) == (7, False)
    assert [(line.id, line.works) for line in covered] == [(need_id("N5"), 1)]
    assert one is not None
    assert one.line == covered[0]
    said = next(need for need in SAID["needs"] if need["id"] == "N5")
    assert one.line.people == said["R"] + said["S"] + 1, "the phone that reported both counts once, and one is new"
