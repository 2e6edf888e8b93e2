"""The numbers of a quarter: the guide's example, what is hidden stays so in every figure, told once, and the same everywhere."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from dashboards import indicators
from dashboards.indicators import Counted, Said, cards, count, quotients, unpacked
from dashboards.queries import told
from gateway.decisions import releasing
from gateway.errors import Problem
from gateway.journal import projections
from gateway.journal.facts.plans import PlaceFactRecorded
from gateway.journal.facts.residents import SenderRegistered
from gateway.journal.rebuilding import rebuild
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import Seed, app_of, as_role, token

SUMMER = datetime(2026, 8, 10, 12, tzinfo=UTC)


def said(place: str, what: str, outcome: str, sex: str | None, times: int, first: int = 0) -> list[Said]:
    return [Said(place, what, outcome, sex, f"{place}{what}{outcome}{sex}{first + i}") for i in range(times)]


def test_the_figures_of_the_guide() -> None:
    """Women .30 of those who told and .52 of the census; 36 of 120 reports by women are of one category, and 78 of 400 of all."""
    told = [*said("A", "LIT", "done", "F", 36), *said("A", "WAT", "waiting", "F", 84), *said("A", "LIT", "seen", "M", 42),
            *said("B", "WAT", "waiting", "M", 238)]
    counted = count(told, 10)
    found = {card.id: card for card in cards(counted, 0.52)}
    assert (round(found["weight_women"].value or 0, 4), round(found["weight_men"].value or 0, 4)) == (1.7333, 0.6857)
    assert (found["women"].value, found["women"].numerator, found["women"].denominator) == (0.30, 120, 400)
    assert round(quotients(counted)["LIT"] or 0, 4) == 1.5385
    assert round(found["represented"].value or 0, 4) == 0.5769


def test_unknowns_are_counted_and_nobody_is_guessed() -> None:
    counted = count([*said("A", "WAT", "done", "F", 40), *said("B", "WAT", "done", "M", 40), *said("A", "WAT", "done", None, 30),
                     *said("B", "WAT", "done", "U", 30), *said("B", "WAT", "done", "maria", 10)], 10)
    assert counted.totals == {"F": 40, "M": 40, "U": 70}
    found = {card.id: card for card in cards(counted)}
    assert (found["declared"].numerator, found["declared"].denominator) == (80, 150)
    assert found["represented"].value is None, "without a census nobody can compare"


def test_a_sex_that_few_told_is_counted_with_those_who_did_not() -> None:
    counted = count([*said("A", "WAT", "done", "F", 40), *said("B", "WAT", "done", "M", 40), *said("A", "WAT", "done", "X", 3),
                     *said("B", "WAT", "done", "U", 20)], 10)
    assert counted.columns == ("F", "M", "U")
    assert counted.totals["U"] == 23
    declared = next(card for card in cards(counted) if card.id == "declared")
    assert (declared.numerator, declared.at_least) == (80, True)


@pytest.mark.parametrize(("label", "rows"), [
    ("one who told Other, and nobody who did not tell", [("F", 40), ("M", 40), ("X", 1)]),
    ("few who did not tell", [("F", 40), ("M", 40), (None, 4)]), ("few women and nobody else", [("F", 4), ("M", 40)])])
def test_where_the_totals_would_tell_them_no_sex_is_told(label: str, rows: list[tuple[str | None, int]]) -> None:
    counted = count([one for sex, n in rows for half in ("A", "B")
                     for one in said(half, "WAT", "done", sex, n)[:n // 2 + (half == "A")]], 10)
    assert counted.columns == ()
    assert counted.all is not None
    assert all(card.value is None for card in cards(counted, 0.5) if card.id not in ("response", "resolution", "confirmed"))


def test_few_in_all_are_not_told_at_all() -> None:
    assert count(said("A", "WAT", "done", "F", 9), 10) == Counted()
    one_phone = [Said("A", "WAT", "done", "F", "me")] * 50
    assert count(one_phone, 10) == Counted()
    assert count([], 10) == Counted()


@pytest.mark.parametrize("seed", range(60))
def test_no_figure_stands_on_a_hidden_cell_and_small_cells_are_hidden(seed: int) -> None:
    rng = random.Random(seed)
    told = [Said(rng.choice("ABCDE"), rng.choice(["WAT", "LIT", "WST"]), rng.choice(indicators.OUTCOMES), rng.choice(["F", "M", "X", None]),
                 f"s{rng.randrange(200)}") for _ in range(rng.randrange(5, 400))]
    counted = count(told, 10)
    for name, rows in counted.tables.items():
        for row, cells in rows.items():
            for column, cell in zip((*counted.columns, "*"), cells, strict=True):
                whole = [s for s in told if getattr(s, name) == row and (column in ("*", s.sex) or (column == "U" and s.sex is None))]
                if cell and column != "U":
                    assert cell == len(whole)
                    assert len({s.sender for s in whole}) >= 10
    for card in cards(counted, 0.5):
        assert (card.value is None) == (card.numerator is None or not card.denominator)
    assert unpacked(indicators.packed(counted)) == counted


@pytest.fixture
def quarter(node: Node, seed: Seed) -> Node:
    """Eighty texts of last summer, of whom half told who they are; one is restricted, one was taken back by its resident."""
    with seed.together():
        for i in range(80):
            seed.report("sin agua", place=("S1604", "C0801")[i % 2], sender=f"summer{i}", at=SUMMER)
            if i % 4:
                seed.write(SenderRegistered(message=f"m{i}", sender=f"summer{i}", language="es", gender="FM"[i % 4 == 3]), at=SUMMER)
        seed.report("ZZSECRET", restricted=True, need=False, at=SUMMER)
    seed.accounts()
    return node


def test_a_quarter_is_told_once_and_stays(quarter: Node, app: Flask, seed: Seed) -> None:
    desk = as_role(app, "planner")
    assert "No quarter was told yet." in desk.get("/planner/indicators?lang=en").text
    assert desk.post("/planner/indicators", data={"csrf_token": token(desk), "period": "2026-Q3"}).status_code == 303
    page = desk.get("/planner/indicators?lang=en").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "All 40 20 20 80" in words
    seed.report("uno mas", place="S1604", sender="late", at=SUMMER)
    assert desk.get("/planner/indicators?lang=en").text.count("80") == page.count("80")
    assert desk.post("/planner/indicators", data={"csrf_token": token(desk), "period": "2026-Q3"}).status_code == 409
    before = desk.get("/planner/indicators?period=2026-Q3&beside=2026-Q3&lang=en")
    assert before.status_code == 200
    assert desk.get("/planner/indicators?period=2020-Q1").status_code == 404
    with quarter.database.reading() as c:
        hashed = projections.state_hash(c)
        body = json.loads(c.exec_driver_sql("SELECT body FROM entry WHERE kind = 'indicators_released'").scalar_one())
    assert '"all":80' in body["data"]["counts"], "neither the restricted one nor the one that came later"
    assert rebuild(quarter.database, verify=True).state_hash == hashed


def counts_told(node: Node) -> Counted:
    first, last = (moment.isoformat() for moment in releasing.bounds_of("2026-Q3", node.city.timezone))
    with node.database.reading() as c:
        return count(told.reports(c, first, last, lambda place: place), 10)


def test_a_household_that_texts_thirty_times_counts_once_for_each_need(quarter: Node, seed: Seed) -> None:
    before = counts_told(quarter)
    with seed.together():
        for _ in range(30):
            seed.report("sin agua", place="S1604", sender="summer0", at=SUMMER)
            seed.report("sin luz", category="LIT01", place="S1604", sender="summer0", at=SUMMER, need=False)
    after = counts_told(quarter)
    assert (before.all, before.cell("place", "S1604", "*")) == (80, 40)
    assert (after.all, after.cell("place", "S1604", "*")) == (81, 41), "and once for the other, which stands in no need yet"


def test_a_number_that_is_mostly_one_phone_is_hidden_as_if_it_were_its_alone() -> None:
    everybody = [*said("S1600", "WAT", "waiting", "F", 40), *said("C0800", "WAT", "waiting", "M", 40),
                 *said("S1600", "ROD", "waiting", "F", 15)]
    nine = said("C0800", "LIT", "done", "M", 15)
    even, bent = count([*everybody, *nine], 10), count([*everybody, *nine, *[nine[0]] * 30], 10)
    assert even.cell("what", "LIT", "*") == 15
    assert bent.cell("what", "LIT", "*") is None, "forty-five reports of fifteen phones, thirty-one of them by one"
    assert quotients(bent)["LIT"] is None
    assert quotients(even)["LIT"] is not None
    assert count([*nine, *[nine[0]] * 30], 10) == Counted(), "nor is a quarter told that is mostly one phone"


@pytest.mark.parametrize(("label", "period"), [
    ("a quarter that runs", "2026-Q4"), ("one to come", "2027-Q1"), ("none at all", "summer"), ("five of them", "2026-Q5")])
def test_what_is_not_over_is_not_told(label: str, period: str, quarter: Node) -> None:
    with pytest.raises(Problem):
        releasing.release(quarter, period, "{}", 10, by="ana")


def test_a_field_node_tells_nothing(make_node: MakeNode) -> None:
    with pytest.raises(Problem):
        releasing.release(make_node("north", role="field"), "2026-Q3", "{}", 10, by="ana")


@pytest.mark.parametrize(("today", "newest"), [("2026-11-25", "2026-Q3"), ("2026-10-10", "2026-Q2"), ("2026-10-15", "2026-Q3"),
                                               ("2027-01-14", "2026-Q3"), ("2027-01-15", "2026-Q4")])
def test_a_quarter_is_over_when_late_texts_had_time(today: str, newest: str) -> None:
    from datetime import date
    periods = releasing.over(date.fromisoformat(today))
    assert periods[0] == newest
    assert len(set(periods)) == 12
    assert all(releasing.days_of(later)[0] == releasing.days_of(earlier)[1] for later, earlier in zip(periods, periods[1:], strict=False))


def test_a_card_says_where_its_figure_comes_from(quarter: Node, seed: Seed) -> None:
    seed.write(*(PlaceFactRecorded(place="S1604", fact=fact, value=value, as_of="2026-01-01", source="census")
                 for fact, value in (("population", "1000"), ("women_share", "0.52"))))
    desk = as_role(app_of(quarter), "planner")
    desk.post("/planner/indicators", data={"csrf_token": token(desk), "period": "2026-Q3"})
    page = desk.get("/planner/indicators?lang=en").text
    card = page[page.index("Women's share"):page.index("Women against the census")]
    for words in ("F / (F + M)", ">40<", ">60<", "66.67 %", "5.5.1, 16.7.2", "2026-Q3", "reports by SMS"):
        assert words in card, words


def test_the_worked_table_is_hidden_on_the_page_as_the_guide_hides_it(make_node: MakeNode) -> None:
    """P11 (14, 22, 9), P12 (3, 17, 6), P13 (11, 12, 5) from texts to the page: four cells are hidden, and no more."""
    node = make_node(extra="[access]\nk_anonymity = 5\n")
    seed = Seed(node)
    zone_of = {district: next(row["code"] for row in node.city.places if row["parent"] == district)
               for district in ("P1100", "P1200", "P1300")}
    with seed.together():
        for (district, zone), told in zip(zone_of.items(), ((14, 22, 9), (3, 17, 6), (11, 12, 5)), strict=True):
            for sex, times in zip("FMU", told, strict=True):
                for n in range(times):
                    sender = f"{district}{sex}{n}"
                    seed.report("sin agua", place=zone, sender=sender, at=SUMMER)
                    if sex != "U":
                        seed.write(SenderRegistered(message=f"m{sender}", sender=sender, language="es", gender=sex), at=SUMMER)
    seed.accounts()
    desk = as_role(app_of(node), "planner")
    assert desk.post("/planner/indicators", data={"csrf_token": token(desk), "period": "2026-Q3"}).status_code == 303
    page = desk.get("/planner/indicators?lang=en").text
    table = page[page.index('id="table-place"'):page.index('id="table-what"')]
    rows = [re.sub(r"<[^>]+>", " ", row).split()[-8:] for row in re.findall(r'<tr role="row"><th scope="row".*?</tr>', table, re.S)]
    cells = [" ".join(row).replace("not told", "-").split()[-4:] for row in rows]
    assert cells == [["14", "22", "9", "45"], ["-", "17", "-", "26"], ["-", "12", "-", "28"], ["28", "51", "20", "99"]]
    hidden = [line for line in desk.get("/planner/sheets/indicator-counts.csv?period=2026-Q3").text.splitlines()
              if line.split(",")[1] == "place" and line.split(",")[4] == ""]
    assert [tuple(line.split(",")[2:4]) for line in hidden] == [("P1200", "F"), ("P1200", "U"), ("P1300", "F"), ("P1300", "U")]
