"""Trips counted by zone and sex: shares with intervals that can be looked up, small cells that nobody finds, told once with a quarter."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards import indicators, mobility
from dashboards.mobility import Counted, Said, count, difference, median, wilson
from gateway.doors import intake
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, sms
from tests.dashboards.planting import Seed, as_role, token

K = 10


def legs(zone: str, sex: str | None, care: int, other: int, phones: int = 1000, **more: Any) -> list[Said]:
    """So many legs of a zone and a sex, each of another phone, or of so many phones."""
    return [Said(zone, sex, "care" if n < care else "work", more.get("minutes"), more.get("safety"), f"{zone}{sex}{n}",
                 f"{zone}{sex}{n % phones}") for n in range(care + other)]


@pytest.mark.parametrize(("label", "part", "whole", "alike", "low", "high"), [
    ("eight of ten",                       8,  10, 1.0, 0.4902, 0.9433),
    ("none of twenty",                     0,  20, 1.0, 0.0,    0.1611),
    ("fifty of a hundred",                50, 100, 1.0, 0.4038, 0.5962),
    ("a hundred of two hundred, by pairs", 100, 200, 2.0, 0.4038, 0.5962),
])
def test_the_interval_of_a_share(label: str, part: int, whole: int, alike: float, low: float, high: float) -> None:
    share = wilson(part, whole, alike)
    assert [round(figure, 4) for figure in share] == [part / whole, low, high], label


def test_the_interval_of_a_gap_and_of_a_median() -> None:
    gap = difference(wilson(56, 70), wilson(48, 80))  # Newcombe 1998, method 10, his first example
    assert [round(figure, 4) for figure in gap] == [0.2, 0.0524, 0.3339]
    assert median([10, 12, 20, 31, 58]) == (20.0, 10.0, 60.0), "in steps of five minutes"
    assert median(list(range(1, 101))) == (50.0, 40.0, 60.0)


def test_shares_gaps_and_unknown_sex_are_counted() -> None:
    told = count([*legs("S1600", "F", 30, 20), *legs("S1600", "M", 10, 40), *legs("C0800", "F", 20, 20), *legs("C0800", "M", 15, 15),
                  *legs("S1600", None, 10, 15), *legs("C0800", "X", 12, 11)], K)
    assert (told.legs, told.phones, told.sexes) == (218, 218, ("F", "M", "U"))
    assert told.totals == {"F": (50, 40), "M": (25, 55), "U": (22, 26)}
    share, gap = told.share("S1600", "F"), told.gap("S1600")
    assert share is not None
    assert round(share[0], 4) == 0.6
    assert gap is not None
    assert round(gap[0], 4) == 0.4
    assert gap[1] > 0, "women care more there, whatever the chance of who answered"
    assert told.cell("all", "all") == (97, 121)


@pytest.mark.parametrize(("label", "said", "sexes"), [
    ("too few phones",                     legs("S1600", "F", 60, 60, phones=9), ()),
    ("too few of everything but care",     legs("S1600", "F", 60, 5), ()),
    ("few men are counted with the silent",
     [*legs("S1600", "F", 30, 30), *legs("S1600", "M", 3, 3), *legs("S1600", None, 20, 20)], ("F", "U")),
    ("few who did not tell: no sex is told",
     [*legs("S1600", "F", 30, 30), *legs("S1600", "M", 30, 30), *legs("S1600", None, 2, 3)], ("all",)),
])
def test_what_is_too_few_is_not_told(label: str, said: list[Said], sexes: tuple[str, ...]) -> None:
    assert count(said, K).sexes == sexes, label


@pytest.mark.parametrize("seed", range(40))
def test_no_small_cell_is_told_nor_left_alone_in_its_line(seed: int) -> None:
    rng = random.Random(seed)
    said = [leg for zone in ("A", "B", "C", "D") for sex in ("F", "M", None)
            for leg in legs(zone, sex, rng.choice((0, 3, 12, 25)), rng.choice((0, 4, 14, 30)))]
    told = count(said, K)
    true = {(zone, sex): (sum(leg.zone == zone and (leg.sex or "U") == sex and leg.purpose == "care" for leg in said),
                          sum(leg.zone == zone and (leg.sex or "U") == sex and leg.purpose != "care" for leg in said))
            for zone in told.zones for sex in told.sexes}
    for (zone, sex), cell in true.items():
        shown = told.cell(zone, sex)
        if shown is not None and told.sexes != ("all",) and set(told.sexes) == {"F", "M", "U"}:
            assert shown == cell
            assert all(part == 0 or part >= K for part in shown)
    for sex in told.sexes:
        hidden = [zone for zone in told.zones if told.cell(zone, sex) is None]
        assert len(hidden) != 1 or told.share(hidden[0], sex) is None
        assert len(hidden) != 1 or len({s for s in told.sexes if told.cell(hidden[0], s) is None}) >= 1


def test_minutes_are_told_of_ten_phones_and_no_fewer() -> None:
    told = count([*legs("S1600", "F", 15, 15, minutes=43), *legs("C0800", "F", 15, 15), *legs("C0800", "F", 0, 5, minutes=90)], K)
    assert told.minutes["S1600"]["F"] == (45.0, 45.0, 45.0)
    assert told.minutes["C0800"]["F"] is None


def test_safety_is_told_of_enough_on_both_sides() -> None:
    assert count([*legs("S1600", "F", 20, 20, safety=1), *legs("S1600", "M", 20, 20, safety=4)], K).safety == (40, 40)
    few = [*legs("S1600", "F", 20, 20, safety=4), *legs("S1600", "M", 2, 2, safety=1), *legs("S1600", "M", 20, 20)]
    assert count(few, K).safety is None


def test_a_release_keeps_what_was_told_and_an_older_one_tells_nothing() -> None:
    told = count([*legs("S1600", "F", 30, 20, minutes=30), *legs("C0800", "F", 20, 20, safety=5)], K)
    packed = mobility.into(indicators.packed(indicators.Counted()), told)
    assert mobility.unpacked(packed) == told
    assert indicators.unpacked(packed) == indicators.Counted(), "the counts of the reports stand beside it"
    assert mobility.unpacked(indicators.packed(indicators.Counted())) == Counted()


def test_from_the_text_to_the_page(app: Flask, node: Node, seed: Seed, clock: Clock) -> None:
    seed.accounts()
    for n in range(24):
        clock.on(minutes=1)
        texts = ["REGISTRO kupini mujer", f"VIAJE S1701 P1314 6AM PIE {'CUIDADO' if n % 2 else 'TRABAJO'} 40 MIN 2"]
        for at, text in enumerate(texts):
            with node.database.writing() as c:
                intake.receive(c, node, [sms(f"{n}.{at}", text, f"+591700{n:05d}", clock())])
    jobs.work(node)
    clock.on(days=60)
    planner: FlaskClient = as_role(app, "planner")
    assert planner.post("/planner/indicators", data={"period": "2026-Q4", "csrf_token": token(planner)}).status_code == 303
    page = planner.get("/planner/trips?lang=en").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Legs with a purpose 24 Phones that told them 24 Trips 24" in words
    assert "0.50 (0.31 – 0.69) 12 of 24" in words
    assert "40 (40 – 40)" in words
    assert "VIAJE Pampahasi CENTRO 6AM" in words
    assert planner.get("/planner/trips?period=1999-Q1").status_code == 404
