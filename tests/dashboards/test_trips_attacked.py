"""Whoever computes with all that is told of trips finds no hidden leg: shares, minutes and figures together, and quarters side by side."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from dashboards import indicators, mobility
from dashboards.mobility import ALL, Counted, Said
from dashboards.suppression import Cell, Grid
from parsers.trips import CARE
from tests.dashboards.attacker import Name, Told, spans

K = 5
COLUMNS = ("F", "M", "U", ALL)


def a_campaign(seed: str) -> list[Said]:
    """Legs as a campaign brings them: some districts write a lot, most a little, many do not tell their sex; a phone tells several."""
    rng = random.Random(seed)
    zones = [f"D{n}" for n in range(rng.randrange(1, 9))]
    weights = [rng.choice((1, 1, 3, 10)) for _ in zones]
    sex_of = [rng.choice(("F", "F", "M", "M", "X" if rng.random() < 0.2 else None, None)) for _ in range(400)]
    return [Said(rng.choices(zones, weights)[0], sex_of[phone], rng.choice(("care", "accompany", "work", "work", "study")),
                 rng.choice((5, 10, 20, 30, 60)), rng.choice((1, 2, 3, 4, 5)), f"{seed}{n}", f"s{phone}")
            for n in range(rng.choice((20, 60, 150, 400))) for phone in [rng.randrange(rng.choice((30, 100, 400)))]]


def tell(told: Told, counted: Counted, quarter: str) -> list[Name]:
    """All that a release says, and the hidden cells that somebody could want to know.

    Who wants to know takes every leg to have a purpose, minutes and a phone of its own, so that minutes say that k legs are behind them.
    """
    wanted: list[Name] = []
    halves = {sex: [(quarter, sex, care) for care in (True, False)] for sex in counted.sexes}
    for sex, both in halves.items():
        for half, total in zip(both, counted.totals[sex], strict=True):
            told.add([((*half, zone), 1.0) for zone in counted.zones], total if counted.zones else 0)
        for zone, cells in counted.zones.items():
            here: list[Name] = [(*half, zone) for half in both]
            if (cell := cells[sex]) is None:
                wanted += here
                told.between([(name, 1.0) for name in here], 1)
                # a half that nobody in the city told is known to be empty here as well, and the other then is not
                for name, total in zip(here, counted.totals[sex], strict=True):
                    told.between([(name, 1.0)], 1 if sum(counted.totals[sex]) == total else 0, total)
            else:
                for name, count in zip(here, cell, strict=True):
                    told.add([(name, 1.0)], count)
            if counted.minutes[zone][sex] is not None:
                told.between([(name, 1.0) for name in here], K)
    for zone in counted.zones:
        told.between([((*half, zone), 1.0) for both in halves.values() for half in both], 1)
    return wanted


def true_count(legs: Sequence[Said], counted: Counted, name: Name) -> int:
    """How many legs an unknown stands for."""
    _, sex, care, zone = name

    def column(leg: Said) -> str:
        return ALL if counted.sexes == (ALL,) else leg.sex if leg.sex in counted.sexes else "U"  # type: ignore[return-value]
    return sum(leg.zone == zone and (leg.purpose in CARE) is care and column(leg) == sex for leg in legs)


def found_out(seed: int) -> list[Name]:
    """What an attacker learns from two quarters that were told one after the other, as releases keep them."""
    told, wanted = Told(), []
    for quarter in ("q1", "q2"):
        legs = a_campaign(f"{quarter}{seed}")
        release = mobility.into(indicators.packed(indicators.Counted()), mobility.count(legs, K))
        counted = mobility.unpacked(release)
        wanted += [name for name in tell(told, counted, quarter) if true_count(legs, counted, name)]
    ends = spans(told, wanted) if wanted else {}
    return [name for name, (low, high) in ends.items() if high - low < 0.5]


@pytest.mark.parametrize("block", range(5))
def test_no_hidden_leg_of_a_thousand_quarters_told_in_pairs_is_recovered(block: int) -> None:
    assert [(seed, lost) for seed in range(block * 100, block * 100 + 100) if (lost := found_out(seed))] == []


def test_there_is_something_to_hide_and_something_told() -> None:
    counted = [mobility.count(a_campaign(f"q1{seed}"), K) for seed in range(200)]
    cells = [cell for each in counted for zone in each.zones.values() for cell in zone.values()]
    assert 0.2 < sum(cell is None for cell in cells) / len(cells) < 0.8
    assert sum(each.sexes != () for each in counted) > 150
    assert sum(span is not None for each in counted for zone, spans in each.minutes.items() if zone != ALL for span in spans.values()) > 100


def small_ones_only(grid: Grid, k: int) -> frozenset[Cell]:
    return frozenset(cell for cell in grid.cells() if grid.is_small(cell, k))


def test_hiding_small_cells_alone_is_broken_by_the_same_attacker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mobility, "hidden", small_ones_only)
    assert sum(bool(found_out(seed)) for seed in range(100)) > 15


def test_two_versions_of_one_quarter_are_broken() -> None:
    """The control of telling once: a woman who tells one leg more is found between two versions, each well hidden by itself."""
    first = [Said(zone, sex, purpose, None, None, f"{zone}{sex}{purpose}{n}", f"{zone}{sex}{purpose}{n}")
             for zone in "AB" for sex in "FM" for purpose in ("care", "work") for n in range(20)]
    later = [*first, Said("A", "F", "care", None, None, "late", "late")]
    told = Told()
    for name, legs in (("first", first), ("later", later)):
        assert tell(told, mobility.count(legs, K), name) == []
    told.add([(("later", "F", True, "A"), 1.0), (("first", "F", True, "A"), -1.0), (("between",), -1.0)], 0)
    assert spans(told, [("between",)])["between",] == (1.0, 1.0)


def legs_of(minutes: Sequence[int], phones: int) -> list[Said]:
    return [Said("A", "F", "care" if n % 2 else "work", minute, None, str(n), f"s{n % phones}") for n, minute in enumerate(minutes)]


@pytest.mark.parametrize(("label", "legs", "is_told"), [
    ("thirty legs of thirty phones", legs_of([10, 20, 30] * 10, 30), True),
    ("ten of ten: the interval would end at the longest", legs_of([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 10), False),
    ("sixty legs of ten phones, six of each", legs_of(list(range(1, 61)), 10), True),
    ("twelve phones, of whom one told most of them",
     [*legs_of([10] * 12, 12), *[Said("A", "F", "care", 55, None, f"x{n}", "s0") for n in range(20)]], False)])
def test_minutes_tell_nobodys_own_leg(label: str, legs: list[Said], is_told: bool) -> None:
    other = [Said("B", "F", purpose, 20, None, f"b{purpose}{n}", f"b{purpose}{n}") for purpose in ("care", "work") for n in range(20)]
    counted = mobility.count([*legs, *other], K)
    assert counted.cell("A", "F") is not None, label
    assert (counted.minutes["A"]["F"] is not None) is is_told, label


def test_minutes_stand_beside_told_counts_alone() -> None:
    for seed in range(100):
        counted = mobility.count(a_campaign(f"q1{seed}"), K)
        assert [(zone, sex) for zone, spans in counted.minutes.items() for sex, span in spans.items()
                if span is not None and counted.cell(zone, sex) is None] == []


def test_a_sex_that_no_list_knows_is_counted_as_not_told() -> None:
    legs = [Said("A", ("F", "M", "maria")[n % 3], "care" if n % 2 else "work", None, None, str(n), str(n)) for n in range(120)]
    assert mobility.count(legs, K).totals == {"F": (20, 20), "M": (20, 20), "U": (20, 20)}
