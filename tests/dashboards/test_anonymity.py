"""No number below k in public, and no total from which one could be worked out."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.anonymity import Group, Pair, Shown, Tally, show
from dashboards.board import fold
from dashboards.placetree import PlaceTree
from dashboards.queries.board import Counts, counts
from gateway.decisions import planning
from gateway.journal.canonical import derived_id, iso
from gateway.journal.facts.residents import CommandGiven
from gateway.node import Node
from gateway.ranking import linked
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, Seed, app_of, need_id

K = 3
FEW = Shown(None)


@pytest.mark.parametrize(("label", "tally", "expected"), [
    ("nobody", Tally(), Pair(FEW, FEW)),
    ("fewer than k", Tally(Group(2, 2), Group(), Group(2, 2)), Pair(FEW, FEW)),
    ("exactly k", Tally(Group(3, 3), Group(), Group(3, 3)), Pair(Shown(3), Shown(3))),
    ("many reports from one phone", Tally(Group(30, 1), Group(), Group(30, 1)), Pair(FEW, FEW)),
    ("all of it old", Tally(Group(), Group(5, 5), Group(5, 5)), Pair(FEW, Shown(5))),
    ("one old report would be the difference", Tally(Group(4, 4), Group(1, 1), Group(5, 5)), Pair(Shown(4), Shown(4, more=True))),
    ("enough of both", Tally(Group(4, 4), Group(3, 3), Group(7, 7)), Pair(Shown(4), Shown(7))),
])
def test_one_cell(label: str, tally: Tally, expected: Pair) -> None:
    assert show(tally, K) == expected


def _same(count: int) -> Tally:
    return Tally(Group(count, count), Group(), Group(count, count))


@pytest.mark.parametrize(("label", "parts", "total"), [
    ("one hidden part may not be the difference", (5, 1), Shown(5, more=True)),
    ("two hidden parts below k together may not either", (5, 1, 1), Shown(5, more=True)),
    ("hidden parts that are k together may", (5, 2, 1), Shown(8)),
    ("nothing is hidden", (5, 3), Shown(8)),
    ("everything is hidden, and it is enough", (2, 2), Shown(4)),
    ("everything is hidden, and it is not", (1, 1), FEW),
])
def test_a_total_tells_no_more_than_its_parts(label: str, parts: tuple[int, ...], total: Shown) -> None:
    tallies = [_same(n) for n in parts]
    assert show(_same(sum(parts)), K, [(t, show(t, K)) for t in tallies]) == Pair(total, total)


Reports = list[tuple[str, str, str, bool]]  # category, district, sender, within the last 30 days
_reports = st.lists(st.tuples(st.sampled_from(["WAT", "WST", "LIT"]), st.sampled_from(["D1", "D2", "D3"]),
                              st.sampled_from([f"s{n}" for n in range(9)]), st.booleans()), max_size=40)


@settings(max_examples=300, deadline=None)
@given(_reports)
def test_whoever_subtracts_is_left_with_nobody_or_with_k_phones(reports: Reports) -> None:
    """The attacker subtracts everything printed from every exact total; here the real senders of the rest are known."""
    found = {key: Counts(_tally(reports, key)) for key in [(), *{(c,) for c, *_ in reports}, *{(c, d) for c, d, *_ in reports}]}
    board = fold(found, ("D1", "D2", "D3"), K, "")
    lines = [(line.category, line.city.reports, {d: cell.reports for d, cell in line.districts.items()}) for line in board.lines]
    for category, city, districts in lines:
        of_category = [r for r in reports if r[0] == category]
        for district, pair in districts.items():
            _holds([r for r in of_category if r[1] == district], pair)
        _holds(of_category, city)
        for which in ("recent", "ever"):
            whole = [r for r in of_category if r[3] or which == "ever"]
            _rest_is_safe(whole, getattr(city, which), [(r, districts[r[1]]) for r in whole], which)
    for which in ("recent", "ever"):
        whole = [r for r in reports if r[3] or which == "ever"]
        _rest_is_safe(whole, getattr(board.whole.reports, which), [(r, dict((c, p) for c, p, _ in lines)[r[0]]) for r in whole], which)


def _tally(reports: Reports, key: tuple[str, ...]) -> Tally:
    mine = [r for r in reports if r[:len(key)] == key]

    def group(chosen: Reports) -> Group:
        return Group(len(chosen), len({r[2] for r in chosen}))

    return Tally(group([r for r in mine if r[3]]), group([r for r in mine if not r[3]]), group(mine))


def _holds(reports: Reports, pair: Pair) -> None:
    """Printed numbers are true, come from k phones, and so does their difference."""
    recent = [r for r in reports if r[3]]
    for chosen, shown in ((recent, pair.recent), (reports, pair.ever)):
        if shown.count is not None:
            assert len({r[2] for r in chosen}) >= K
            assert shown.count <= len(chosen) if shown.more else shown.count == len(chosen)
    if pair.recent.count is not None and pair.ever.count is not None and not pair.recent.more and not pair.ever.more:
        older = {r[2] for r in reports if not r[3]}
        assert not older or len(older) >= K


def _rest_is_safe(whole: Reports, total: Shown, parts: list[tuple[tuple[str, str, str, bool], Pair]], which: str) -> None:
    if total.count is None or total.more:
        return
    hidden = [r for r, pair in parts if getattr(pair, which).count is None]
    if any(getattr(pair, which).more for _, pair in parts):
        hidden = hidden or [r for r, pair in parts if getattr(pair, which).more]  # the unexplained lies in these
        assert len({r[2] for r in hidden}) >= K
    elif hidden:
        assert len({r[2] for r in hidden}) >= K


def _plant(seed: Seed) -> Counter[tuple[str, ...]]:
    """Reports of every sort; what may be counted, by (category, district)."""
    expected: Counter[tuple[str, ...]] = Counter()
    for n in range(30):
        category, place, district = (("WAT01", "S1604", "S1600"), ("WST01", "P1314", "P1300"), ("WAT02", "S1604", "S1600"))[n % 3]
        restricted = (False, False, False, True, None)[n % 5]
        days = 40 if n % 7 == 0 else 1
        reference = seed.report(category=category, place=place, restricted=restricted, sender=f"s{n % 11}", at=NOW - timedelta(days=days))
        cancelled = n % 6 == 5
        if cancelled:
            seed.write(CommandGiven(message=f"m{n}", sender=f"s{n % 11}", intent="cancel", language="es",
                                    report=derived_id("report", str(n + 1)), reference=reference))
        if restricted is False and not cancelled:
            expected[category[:3], district] += 1
            expected[(category[:3],)] += 1
            expected[()] += 1
    return expected


def test_the_counts_are_those_of_open_reports_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    with seed.together():
        expected = _plant(seed)
    seed.works()
    planning.link_need(node, need_id("S1604", "WAT01"), "W-1", why="", by="ana")
    tree = PlaceTree.of(node.city)
    with node.database.reading() as c:
        found = counts(c, {row["code"]: d for row in node.city.places if (d := tree.district(row["code"]))}, iso(NOW - timedelta(days=30)),
                       linked.answering(c, node.city, node.today))
    assert {key: counted.reports.ever.count for key, counted in found.items()} == expected
    assert all(counted.reports.recent.count + counted.reports.older.count == counted.reports.ever.count for counted in found.values())
    assert found["WAT", "S1600"].needs.ever.count == 2
    assert found["WAT", "S1600"].linked == 1
    assert found["WST", "P1300"].linked == 0
    assert found[()].needs.ever.count == 3


def test_the_board_shows_large_groups_and_hides_small_ones(node: Node, seed: Seed) -> None:
    for _ in range(12):
        seed.report(category="WAT01")
    for _ in range(9):
        seed.report(category="WST01")
    page = app_of(node).test_client().get("/?district=S1600&lang=en").text
    rows = [" ".join(row.split("<td")[0].split("<th")[-1].split(">")[1:2]).split("<")[0] for row in page.split("<tr")[1:]]
    assert rows.count("Water supply") == 2, "in the city and in its district"
    assert ">12<" in page
    assert ">12+<" in page, "the city: at least those of its one shown kind"
    for hidden in (">9<", ">21<", "no hay"):
        assert hidden not in page, hidden
    assert "hidden: few phones or few reports, or none" in page
    assert "fewer than" not in page, "nobody knows that it is"


@pytest.mark.parametrize(("language", "word", "why"), [
    ("es", "oculto", "pocos teléfonos o pocos avisos"), ("fr", "masqué", "peu de téléphones"), ("ar", "مخفي", "هواتف قليلة")])
def test_many_needs_of_few_phones_are_hidden_and_not_called_few(language: str, word: str, why: str, node: Node, seed: Seed) -> None:
    """Eleven needs of nine phones: that they are fewer than ten would be untrue."""
    for n in range(11):
        seed.report(category="WST01", place=sorted(node.city.place)[n], sender=f"s{n % 9}")
    client = app_of(node).test_client()
    page = client.get(f"/?lang={language}").text
    assert f'<span aria-hidden="true">{word}</span>' in page
    assert why in page
    assert not re.search(r"<td[^>]*>(?:<[^>]+>)*(?:&lt;10|11)<", page)


def test_one_phone_that_texts_twenty_times_is_not_a_group(node: Node, seed: Seed) -> None:
    for _ in range(20):
        seed.report(sender="the same")
    assert ">20<" not in app_of(node).test_client().get("/").text


def test_a_link_shows_on_the_board_at_once_and_names_no_need(node: Node, seed: Seed) -> None:
    seed.works()
    for n in range(12):
        seed.report(category=f"{('WAT', 'WST')[n % 2]}0{1 + n % 3}", place=("S1604", "S1701", "P1314", "C0502")[n % 4])
    client = app_of(node).test_client()
    assert "Red de agua" not in client.get("/").text
    planning.link_need(node, need_id("S1604", "WAT01"), "W-1", why="the same street", by="ana")
    page = client.get("/").text
    assert "Red de agua" in page
    assert "the same street" not in page
    planning.unlink_need(node, need_id("S1604", "WAT01"), "W-1", why="", by="ana")
    assert "Red de agua" not in client.get("/").text
