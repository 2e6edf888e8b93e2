"""Whether reports of one thing come together, and only those: measured over pairs, and every automatic step undone."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from gateway.journal import projections
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Report, table
from gateway.needs import gathering, merging
from gateway.needs.likeness import is_point
from gateway.node import Node
from tests.conftest import START, MakeNode
from tests.gateway.duplicates import corpus
from tests.gateway.gathered import gather_all, pairwise

REPORT, NEED = table(Report), table(Need)


def places(node: Node, most: int = 40) -> list[str]:
    return sorted(node.city.place)[20:20 + most]


def test_2000_reports_of_400_needs_come_together_as_they_should(node: Node) -> None:
    """Of what is repaired one by one, the pairs that lack are mostly those of reports that tell no spot: their residents are asked."""
    reports = corpus(places(node), START, seed=11)
    needs = gather_all(node, reports)
    found = pairwise(reports, needs)
    assert found.precision >= 0.95, found
    assert found.recall >= 0.80, found
    points = [(report, need) for report, need in zip(reports, needs, strict=True) if is_point(report.category)]
    alone = pairwise([report for report, _ in points], [need for _, need in points])
    assert alone.precision >= 0.95, alone
    assert alone.recall >= 0.74, alone
    rebuild(node.database, verify=True)


def test_gathering_all_of_a_place_together_would_fail_the_measure(node: Node) -> None:
    """The negative control: one need for each place and subcategory, as for what concerns a whole place."""
    reports = corpus(places(node, 20), START, needs=100, reports=500, seed=11)
    found = pairwise(reports, [f"{report.place}/{report.category}" for report in reports])
    assert found.recall == 1.0
    assert found.precision < 0.9


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(11, 17))
def test_other_cities_come_together_as_well(node: Node, seed: int) -> None:
    """The first two were looked at while tuning, the last four were not."""
    reports = corpus(places(node), START, seed=seed)
    found = pairwise(reports, gather_all(node, reports))
    print(f"seed {seed}: precision {found.precision:.4f} recall {found.recall:.4f}")
    assert found.precision >= 0.95, found
    assert found.recall >= 0.80, found


def test_every_automatic_gathering_undone_gives_the_tables_of_a_city_that_gathered_nothing(
        make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report that the machine put with others is set apart by a person; then nothing differs but the words of that person."""
    together, alone = make_node("together"), make_node("alone")
    reports = [r for r in corpus(places(together, 12), START, needs=60, reports=240, seed=5) if is_point(r.category)]
    gather_all(together, reports)
    with together.database.reading() as c:
        joined = c.execute(select(REPORT.c.id, REPORT.c.need).order_by(REPORT.c.id)).all()
    founders: dict[str, str] = {}
    for report, need in joined:
        founders.setdefault(need, report)
    undone = [(report, need) for report, need in joined if founders[need] != report]
    assert len(undone) > 80
    before = standing(together)
    for report, need in undone:
        merging.part_report(together, report, need, why="not the same", by="ana")
    with together.database.reading() as c:
        assert max(Counter(c.execute(select(REPORT.c.need)).scalars()).values()) == 1
    set_apart, usual = {report for report, _ in undone}, gathering.key_of
    monkeypatch.setattr(gathering.Things, "likest", lambda *_, **__: None)
    monkeypatch.setattr(gathering, "key_of", lambda seen, report: gathering.own_key(report) if report in set_apart else usual(seen, report))
    gather_all(alone, reports)
    assert standing(together) == standing(alone)
    for report, need in undone:
        merging.rejoin_report(together, report, need, why="the same after all", by="luis")
    after = standing(together)
    own = {gathering.own_key(report) for report, _ in undone}
    after["need"] = [row for row in after["need"] if row["key"] not in own]  # emptied, and kept: they may be needed again
    assert after == before
    rebuild(together.database, verify=True)


def standing(node: Node) -> dict[str, list[dict[str, object]]]:
    """All folded tables but for the order of the journal and what people said of sameness, which is what differs by meaning to."""
    found = {}
    with node.database.reading() as c:
        for fold in projections.FOLDS:
            if fold.table.name in ("twin", "merge", "account"):
                continue
            rows = [dict(row) for row in c.execute(select(fold.table).order_by(fold.table.c.id)).mappings()]
            found[fold.table.name] = [{k: v for k, v in row.items() if k not in ("position", "apart", "opened_at", "status_at", "entry")}
                                      for row in rows]
    return found
