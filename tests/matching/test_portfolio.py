"""What a budget buys: the exact answer against every subset, and beside the greedy one."""

from __future__ import annotations

import random
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from gateway.matching import Offer, best, best_and_price, greedy, price_of_floor
from gateway.matching import portfolio as bought_by


def a_city(seed: int) -> tuple[list[Offer], int, int]:
    """Up to eleven offers as a small city has them, a budget and a floor."""
    rng = random.Random(seed)
    offers = [Offer(f"N{i:02d}", f"P{rng.randrange(4)}", rng.randrange(1, 60) * 1000, rng.randrange(1500, 9000), rng.random() < 0.4)
              for i in range(rng.randrange(1, 12))]
    offers.sort(key=lambda o: -o.points)
    budget = rng.randrange(10, 200) * 1000
    return offers, budget, rng.choice([0, budget * 3 // 10, budget // 2, budget])


def every_subset(offers: list[Offer], budget: int, floor: int) -> tuple[int, int, int]:
    """(money for deprived places up to the floor, points, money saved) of the best of all subsets."""
    answers = []
    for size in range(len(offers) + 1):
        for chosen in combinations(offers, size):
            spent, deprived = sum(o.cost for o in chosen), sum(o.cost for o in chosen if o.deprived)
            if spent <= budget and spent - deprived <= budget - floor:
                answers.append((min(floor, deprived), sum(o.points for o in chosen), budget - spent))
    return max(answers)


@pytest.mark.parametrize("core", [bought_by.solver.CORE, 2])
@pytest.mark.parametrize("block", range(10))
def test_the_exact_portfolio_is_the_best_of_all_subsets(block: int, core: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred small cities, twenty a block; also when the solver looks at two first and widens from there."""
    monkeypatch.setattr(bought_by.solver, "CORE", core)
    for seed in range(block * 20, block * 20 + 20):
        offers, budget, floor = a_city(seed)
        found = best(offers, budget, floor=floor)
        assert (min(floor, found.floor_used), found.points, found.left) == every_subset(offers, budget, floor), seed
        both, price = best_and_price(offers, budget, floor=floor)
        assert (both.points, both.left, both.floor_used) == (found.points, found.left, found.floor_used)
        assert price == price_of_floor(offers, both)
        assert found.proved


def test_the_exact_portfolio_is_never_below_the_greedy_one() -> None:
    below = 0
    for seed in range(200):
        offers, budget, floor = a_city(seed)
        exact, by_hand = best(offers, budget, floor=floor), greedy(offers, budget, floor=floor)
        assert (min(floor, exact.floor_used), exact.points) >= (min(floor, by_hand.floor_used), by_hand.points), seed
        below += by_hand.points < exact.points
    assert below > 20, "the greedy one is often worse, or there is nothing to compare"


def test_a_naive_answer_is_told_from_the_best() -> None:
    """The control of the tests above: the greedy answer, called exact, does not pass."""
    wrong = sum(every_subset(offers, budget, floor)[1] != greedy(offers, budget, floor=floor).points
                for offers, budget, floor in map(a_city, range(40)))
    assert wrong > 5


OFFERS = [Offer("N1", "A", 60, 9000, False), Offer("N2", "A", 30, 5000, False), Offer("N3", "B", 40, 4000, True),
          Offer("N4", "B", 25, 1000, True)]


@pytest.mark.parametrize(("label", "budget", "floor", "picked", "left_out"), [
    ("without a floor the weightiest", 90, 0, ["N1", "N2"], [("N3", "outweighed"), ("N4", "outweighed")]),
    ("a floor brings deprived places in", 90, 30, ["N2", "N3"], [("N1", "outweighed"), ("N4", "outweighed")]),
    ("what one cannot have at all is too large", 50, 20, ["N3"], [("N1", "too_large"), ("N2", "outweighed"), ("N4", "outweighed")]),
    ("what is kept for deprived places is spent nowhere else", 120, 90, ["N2", "N3", "N4"], [("N1", "too_large")]),
    ("nothing to spend", 0, 0, [], [("N1", "too_large"), ("N2", "too_large"), ("N3", "too_large"), ("N4", "too_large")])])
def test_each_is_explained(label: str, budget: int, floor: int, picked: list[str], left_out: list[tuple[str, str]]) -> None:
    found = best(OFFERS, budget, floor=floor)
    assert [o.need for o in found.picked] == picked
    assert [(o.need, why) for o, why in found.left_out] == left_out


def test_the_floor_has_its_price() -> None:
    price = price_of_floor(OFFERS, best(OFFERS, 90, floor=30))
    assert (price.points, [o.need for o in price.brought_in], [o.need for o in price.left_out]) == (5000, ["N3"], ["N1"])
    assert price_of_floor(OFFERS, best(OFFERS, 90)).points == 0


def test_what_breaks_a_sum_is_no_answer() -> None:
    row = bought_by.solver.Row([3, 4], most=6)
    assert [row.holds(taken) for taken in ((True, False), (True, True))] == [True, False]
    assert bought_by.solver.most([1, 1], [bought_by.solver.Row([3, 4], least=9)]) == bought_by.solver.Answer((False, False), False)


def test_a_city_with_a_thousand_needs_is_answered() -> None:
    rng = random.Random(3)
    offers = sorted((Offer(f"N{i:04d}", "P", rng.randrange(10, 4000) * 100, rng.randrange(1500, 9000), rng.random() < 0.3)
                     for i in range(1000)), key=lambda o: -o.points)
    found = best(offers, 4_000_000, floor=1_200_000)
    assert found.spent <= 4_000_000
    assert found.floor_used >= 1_200_000
    assert found.points >= greedy(offers, 4_000_000, floor=1_200_000).points


def by_table(offers: list[Offer], budget: int) -> int:
    """The most points under a ceiling, by filling a table for every thousand: slow, and nothing to argue about."""
    table = np.zeros(budget // 1000 + 1, dtype=np.int64)
    for offer in offers:
        cost = offer.cost // 1000
        if cost < len(table):
            table[cost:] = np.maximum(table[cost:], table[:len(table) - cost] + offer.points)
    return int(table[-1])


@pytest.mark.parametrize("seed", range(12))
def test_the_best_of_six_hundred_is_the_best(seed: int) -> None:
    """Where a core is looked for, against a table that looks at all; what is small and what is large, scarce money and plenty."""
    rng = random.Random(seed)
    offers = sorted((Offer(f"N{i:03}", "P", rng.choice([1, 1, 7, 40]) * rng.randrange(1, 40) * 1000, rng.randrange(1500, 9000), False)
                     for i in range(600)), key=lambda o: -o.points)
    budget = rng.choice([40, 900, 30_000]) * 1000
    found = best(offers, budget)
    assert found.proved
    assert found.points == by_table(offers, budget)


def test_when_the_time_is_over_it_is_said_and_never_below_the_greedy_one(monkeypatch: pytest.MonkeyPatch) -> None:
    offers, budget, floor = a_city(5)
    by_hand = greedy(offers, budget, floor=floor)
    monkeypatch.setattr(bought_by.solver, "_solve", lambda *args, **more: None)
    found = best(offers, budget, floor=floor)
    assert (found.points, found.proved) == (by_hand.points, False)


def test_the_solver_says_nothing_on_the_console() -> None:
    """In a process of its own: HiGHS prints its name and licence once a process, past Python, where a log would have it."""
    ask = "from gateway.matching.solver import Row, most; print(most([3, 4, 5], [Row([1, 2, 3], None, 4)]).taken)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("(True, False, True)\n", "")
