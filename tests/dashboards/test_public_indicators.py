"""Told quarters for anybody: shares of the city without counts, from which nobody solves what the board keeps quiet."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards import indicators, labels, mobility, publicshares
from dashboards.anonymity import Group, Tally
from dashboards.board import fold
from dashboards.indicators import Said
from dashboards.publicshares import Range, around
from dashboards.queries.board import Counts, Key
from gateway.decisions import releasing
from gateway.node import Node
from tests.dashboards.attacker import Name, Told, spans
from tests.dashboards.planting import Seed, app_of, as_role

K = 10
DISTRICTS, KINDS = ("A", "B", "C"), tuple(labels.mains())[:3]
City = Counter[tuple[str, str, int]]  # reports by kind, district and time, each of a phone of its own: before the quarter, in it, after
Say = Callable[[Told, City], None]


def a_city(seed: int) -> City:
    rng = random.Random(seed)
    city: City = Counter()
    for kind in KINDS:
        for district in DISTRICTS:
            for time in (0, 1, 2):
                city[kind, district, time] = rng.choice((0, 0, 1, 2, 4, 8, 12, 25, 60)) * (time > 0 or rng.random() < 0.3)
    return city


def on_the_board(told: Told, city: City) -> list[Name]:
    """The board, which somebody kept at the end of each time; the totals of what it hides, which nobody is to find."""
    wanted: list[Name] = []
    for until in (0, 1, 2):
        def group(kinds: tuple[str, ...], districts: tuple[str, ...], until: int = until) -> Counts:
            n = sum(city[kind, district, time] for kind in kinds for district in districts for time in range(until + 1))
            return Counts(Tally(older=Group(n, n), ever=Group(n, n)))
        cells: dict[Key, Counts] = {(kind, district): group((kind,), (district,)) for kind in KINDS for district in DISTRICTS}
        cells |= {(kind,): group((kind,), DISTRICTS) for kind in KINDS}
        board = fold({**cells, (): group(KINDS, DISTRICTS)}, DISTRICTS, K, "now")
        lines = {line.category: line for line in board.lines}
        shown = {(kind, district): lines[kind].districts[district].reports.ever for kind in KINDS for district in DISTRICTS}
        sums = [(cell, ((cell[0],), (cell[1],)), shown[cell]) for cell in shown]
        sums += [((kind, "*"), ((kind,), DISTRICTS), lines[kind].city.reports.ever) for kind in KINDS]
        sums.append((("*", "*"), (KINDS, DISTRICTS), board.whole.reports.ever))
        for cell, (kinds, districts), printed in sums:
            name: Name = ("until", until, cell)
            told.add([*(((kind, district, time), 1.0) for kind in kinds for district in districts for time in range(until + 1)),
                      (name, -1.0)], 0)
            if printed.count is None:
                told.between([(name, 1.0)], 0, K - 1)
                wanted += [name] if group(kinds, districts).reports.ever.count else []
            else:
                told.between([(name, 1.0)], printed.count, math.inf if printed.more else printed.count)
    return wanted


def of_the_quarter(kinds: tuple[str, ...]) -> list[Name]:
    return [(kind, district, 1) for kind in kinds for district in DISTRICTS]


def released(city: City) -> indicators.Counted:
    return indicators.count([Said(district, kind, "waiting", None, f"{kind}{district}{n}") for kind, district, time in city
                             for n in range(city[kind, district, time]) if time == 1], K)


def say_shares(widely: Callable[[int, int], tuple[float, float]] | None = None) -> Say:
    """The page: each share lies in its range, whatever the whole is; or in a narrower one, for the control."""
    def say(told: Told, city: City) -> None:
        counted = released(city)
        for kind, found in publicshares.categories(counted, K).items():
            part = counted.cell("what", kind, "*")
            assert part is not None
            assert counted.all is not None
            low, high = widely(part, counted.all) if widely else (found.low / 100, found.high / 100)
            for edge, least, most in ((low, 0.0, math.inf), (high, -math.inf, 0.0)):
                told.between([(name, (name[0] == kind) - edge) for name in of_the_quarter(KINDS)], least, most)
            told.between([(name, 1.0) for name in of_the_quarter((kind,))], K)
    return say


def say_counts(told: Told, city: City) -> None:
    counted = released(city)
    for kind in counted.tables.get("what", {}):
        if (count := counted.cell("what", kind, "*")) is not None:
            told.add([(name, 1.0) for name in of_the_quarter((kind,))], count)
    if counted.all is not None:
        told.add([(name, 1.0) for name in of_the_quarter(KINDS)], counted.all)


def found_out(seed: int, say: Say) -> set[Name]:
    """What the board keeps quiet and a reader of both pages knows, who takes each report for a phone of its own."""
    told = Told()
    wanted = on_the_board(told, a_city(seed))
    say(told, a_city(seed))
    ends = spans(told, wanted) if wanted else {}
    return {name for name, (low, high) in ends.items() if math.floor(high + 1e-6) - math.ceil(low - 1e-6) < 1}


def by_the_board_alone(seed: int) -> set[Name]:
    return found_out(seed, lambda told, city: None)


@pytest.mark.parametrize("block", range(4))
def test_the_page_tells_nothing_of_what_the_board_keeps_quiet(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        assert found_out(seed, say_shares()) - by_the_board_alone(seed) == set(), seed


def test_exact_counts_or_whole_per_cents_would_tell() -> None:
    """The controls: why the quarters themselves are no public page."""
    def by_whole_per_cents(part: int, whole: int) -> tuple[float, float]:
        return (round(100 * part / whole) - 0.5) / 100, (round(100 * part / whole) + 0.5) / 100
    for say in (say_counts, say_shares(by_whole_per_cents)):
        assert sum(bool(found_out(seed, say) - by_the_board_alone(seed)) for seed in range(200)) > 5


@pytest.mark.parametrize(("label", "part", "whole", "expected"), [
    ("half of a thousand",                    500, 1000, Range(45, 55)),
    ("half of a hundred thousand",          50000, 100000, Range(45, 55)),
    ("a third of many lies between two steps", 33333, 100000, Range(30, 35)),
    ("half of twenty says little",             10, 20, Range(5, 95)),
    ("nobody of fifty",                         0, 50, Range(0, 20)),
    ("everybody of fifty",                     50, 50, Range(80, 100)),
])
def test_how_wide_a_share_is_told(label: str, part: int, whole: int, expected: Range) -> None:
    assert around(part, whole, K) == expected, label


@pytest.mark.parametrize("seed", range(50))
def test_few_reports_more_or_fewer_lie_in_the_same_range(seed: int) -> None:
    rng = random.Random(seed)
    whole = rng.randrange(10, 500)
    part = rng.randrange(whole + 1)
    told = around(part, whole, K)
    for more in range(1 - K, K):
        for inside in (True, False):
            some, all = part + more * inside, whole + more
            if 0 <= some <= all and all:
                assert told.low <= 100 * some / all <= told.high


@pytest.fixture
def quarter(node: Node, seed: Seed) -> Node:
    """A quarter of 130 texts was told, and trips with it."""
    seed.accounts()
    told = [Said(("S1600", "C0800", "M0900")[n % 3], ("WAT", "WST")[n % 3 == 1], ("done", "confirmed", "waiting")[n % 3],
                 "FM"[n % 2] if n % 5 else None, f"s{n % 90}") for n in range(130)]
    told += [Said("S1600", "LIT", "waiting", "F", "alone")]
    releasing.release(node, "2026-Q3", mobility.into(indicators.packed(indicators.count(told, K)), mobility.Counted()), K, by="ana-planner")
    releasing.release(node, "2026-Q2", indicators.packed(indicators.Counted()), K, by="ana-planner")
    return node


def words(client: FlaskClient, address: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(address).text.partition("<main")[2]).split())


def test_anybody_reads_shares_and_no_counts(quarter: Node) -> None:
    client = app_of(quarter).test_client()
    page = words(client, "/indicators?lang=en")
    for shown in ("Women's share The share of women among reports of women and men. between 45 % and 60 %", "Confirmed by residents",
                  "Water supply between 60 % and 75 %"):
        assert shown in page, shown
    assert "131" not in page
    assert "ana-planner" not in page, "nor who told it"
    assert "Lighting" not in page, "a kind of which one report was told is not named"
    assert "Too few wrote in 2026-Q2 to tell anything." in words(client, "/indicators?lang=en&period=2026-Q2")
    assert words(client, "/indicators?lang=en&period=1999-Q1") == page
    assert 'href="/indicators"' in client.get("/").text


def test_before_a_quarter_was_told(app: Flask) -> None:
    assert "No quarter was told yet." in words(app.test_client(), "/indicators?lang=en")


def test_shares_agree_with_what_planners_read(quarter: Node) -> None:
    desk = as_role(app_of(quarter), "planner")
    exact = {card["indicator"]: card["value"] for card in map(dict, _cards(desk))}
    page = words(desk, "/indicators?lang=en")
    for name, indicator in (("Women's share", "women"), ("Looked at", "response"), ("Done", "resolution")):
        found = re.search(rf"{name} The share.*?between (\d+) % and (\d+) %", page)
        assert found is not None
        assert int(found[1]) <= 100 * exact[indicator] <= int(found[2])


def _cards(desk: FlaskClient) -> list[dict[str, float]]:

    return [json.loads(line) for line in desk.get("/planner/sheets/indicators.jsonl?period=2026-Q3").text.splitlines()]
