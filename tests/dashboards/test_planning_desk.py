"""The planner's desk: the worked example on its pages, a proposal accepted and refused, what a budget buys and what one supposes."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboards import budget
from dashboards import ranking as priorities
from gateway import ranking
from gateway.decisions import deciding, planning
from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Link, Need, NeedCost, Proposal, table
from gateway.machine import jobs
from gateway.matching.watching import Block
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import Seed, app_of, as_role, token
from tests.matching.example import SAID
from tests.ranking.planting import need_id


def rows(page: str) -> dict[str, str]:
    """The words of each row of the tables that names a need, by the need's name in the example."""
    names = {need_id(need["id"]): need["id"] for need in SAID["needs"]}
    found = {}
    for row in re.findall(r"<tr.*?</tr>", page, re.S):
        if (need := re.search(r"/planner/needs/(\w+)", row)) and need[1] in names:
            found[names[need[1]]] = " ".join(re.sub(r"<[^>]+>", " ", row).split())
    return found


def send(client: FlaskClient, address: str, **form: str) -> int:
    return client.post(address, data={"csrf_token": token(client), **form}).status_code


def test_the_ranking_shows_every_number_of_the_example(desk: FlaskClient) -> None:
    page = desk.get("/planner/ranking?lang=en").text
    shown = rows(page)
    by_score = sorted(SAID["needs"], key=lambda need: -need["priority"])
    assert list(shown) == [need["id"] for need in by_score]
    for need in SAID["needs"]:
        words = shown[need["id"]].split()
        at = words.index(f"{need['priority']:.2f}")
        assert words[at + 1:at + 7] == [f"{need['factors'][letter]:.2f}" for letter in "SDVHQT"], need["id"]
        assert words[-1] == f"{SAID['unfunded_demand'][need['id']]:,}"
    assert "not eligible: planimetry" in shown["N3"]
    assert "money for a part" in shown["N2"]
    assert "the work is over" in shown["N6"]
    assert "37.63 %" in page
    assert "260,000" in page
    assert 'weights of the decision <bdi dir="ltr">2025-1</bdi>' in page


@pytest.mark.parametrize(("query", "needs"), [
    ("place=S1701", ["N1", "N5"]), ("covered=gap", ["N3", "N5", "N6"]), ("covered=covered", ["N1", "N4"]), ("page=2", []),
    ("place=S1701&covered=gap", ["N5"]), ("place=nowhere&covered=nothing", ["N1", "N3", "N2", "N7", "N5", "N4", "N6"])])
def test_the_filters_stand_in_the_address(query: str, needs: list[str], desk: FlaskClient) -> None:
    assert list(rows(desk.get(f"/planner/ranking?{query}").text)) == needs


def test_an_old_run_is_shown_as_it_was_and_an_unknown_one_is_not(desk: FlaskClient, city: Node, clock: Clock) -> None:
    old = re.search(r"run=(2025-03-01-\w+)", desk.get("/planner/ranking").text)
    assert old is not None
    assert send(desk, f"/planner/needs/{need_id('N5')}/cost", cost="1", source="a slip") == 303
    assert send(desk, "/planner/ranking") == 303
    assert rows(desk.get("/planner/ranking?lang=en").text)["N5"].endswith(" 1")
    assert rows(desk.get(f"/planner/ranking?lang=en&run={old[1]}").text)["N5"].endswith("210,000")
    assert desk.get("/planner/ranking?run=nothing").status_code == 404


def test_sixty_thousand_buy_what_the_example_says(desk: FlaskClient) -> None:
    page = desk.get("/planner/budget?lang=en&budget=60000").text
    shown = rows(page)
    assert [name for name, words in shown.items() if words.endswith("bought")] == SAID["portfolio"]["picked"]
    assert "larger than the budget allows" in shown["N5"]
    for figure in ("50,000", "10,000", "of 18,000", "26,000"):
        assert figure in page, figure
    assert "supposes other figures" not in page


def test_what_one_supposes_is_counted_and_said(desk: FlaskClient) -> None:
    page = desk.get("/planner/budget?lang=en&budget=30000&floor=0").text
    assert "supposes other figures" in page
    assert [name for name, words in rows(page).items() if words.endswith("bought")] == ["N2", "N6"]
    with_floor = desk.get("/planner/budget?lang=en&budget=30000&floor=60").text
    assert [name for name, words in rows(with_floor).items() if words.endswith("bought")] == ["N3"]
    assert "It brings in:" in with_floor
    heavy = desk.get("/planner/budget?lang=en&budget=30000&floor=0&severity=100&demand=0&deprivation=0&people=0&neglect=0&waiting=0").text
    assert "66.67" in rows(heavy)["N2"]


@pytest.mark.parametrize("query", ["budget=-1", "budget=much", "budget=1e99", "budget=nan", "budget=1&floor=200", "budget=1&severity=-5",
                                   "budget=1&deprived_from=x"])
def test_a_question_that_makes_no_sense_is_refused_in_words(query: str, desk: FlaskClient) -> None:
    assert desk.get(f"/planner/budget?{query}").status_code == 409


def test_a_long_list_of_what_is_left_out_is_cut_and_counted(desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_LEFT_OUT", 1)
    page = desk.get("/planner/budget?lang=en&budget=1000").text
    assert len(rows(page)) == 1
    assert "3 more needs were left out." in page


def test_envelopes_stand_beside(make_node: MakeNode) -> None:
    node = make_node()
    Seed(node).accounts()
    page = as_role(app_of(node), "planner").get("/planner/budget?lang=en").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for region, share in SAID["share_bh"].items():
        code = {"Cotahuma": "C0000", "San Antonio": "S0000", "Sur": "Z0000"}[region]
        name, said = node.city.place_name(code), SAID["share_poa"]
        assert f"{name} {share:.4f} {said['points'][region]} · {said['share'][region]:.4f}" in words


def proposal(page: str) -> list[str]:
    names = {need_id(need["id"]): need["id"] for need in SAID["needs"]}
    shown = re.findall(r'name="need" value="(\w+)"><input type="hidden" name="work" value="(\w+)"', page)
    return [f"{names[need]}-{work}" for need, work in shown]


def test_a_proposal_is_accepted_or_refused_with_its_reason(desk: FlaskClient, city: Node) -> None:
    assert proposal(desk.get("/planner/proposals").text) == ["N1-G1", "N2-G2", "N7-G4", "N4-G3"]
    explained = desk.get("/planner/proposals?lang=en").text
    assert "each between 0 (not at all) and 1 (wholly). From 0.60 on the work answers the need, from 0.30 on it may." in explained
    assert not re.search(r">\d\.\d{3}<", explained), "two decimals, as everywhere"
    assert send(desk, "/planner/proposals", need=need_id("N1"), work="G1", decision="accepted") == 303
    assert send(desk, "/planner/proposals", need=need_id("N2"), work="G2", decision="refused") == 409, "who refuses says why"
    assert send(desk, "/planner/proposals", need=need_id("N2"), work="G2", decision="refused", why="other street") == 303
    assert send(desk, "/planner/proposals", need=need_id("N2"), work="G9", decision="accepted") == 404
    assert send(desk, "/planner/proposals", need=need_id("N1"), work="G1", decision="perhaps") == 409
    page = desk.get("/planner/proposals?lang=en").text
    assert proposal(page) == ["N7-G4", "N4-G3"]
    assert "other street" in page
    with city.database.reading() as c:
        linked = c.execute(select(table(Link).c.work, table(Link).c.linked)).all()
        kept = c.execute(select(table(Proposal).c.decision, table(Proposal).c.window, table(Proposal).c.reasons)
                         .where(table(Proposal).c.work == "G2")).one()
    assert [tuple(row) for row in linked] == [("G1", True)]
    assert tuple(kept) == ("refused", 0.7, '["partial_budget"]')
    assert "G1" in desk.get(f"/planner/needs/{need_id('N1')}").text


def test_a_refusal_takes_a_link_back_and_all_is_folded_again(node: Node, seed: Seed, app: Flask) -> None:
    seed.accounts()
    seed.works()
    seed.report("sin agua")
    ranking.make(node, by="ana")
    desk = as_role(app, "planner")
    with node.database.reading() as c:
        need = c.execute(select(table(Need).c.id)).scalar_one()
    for decision in ("accepted", "refused", "accepted", "refused"):
        assert send(desk, "/planner/proposals", need=need, work="W-1", decision=decision, why="because") == 303
    with node.database.reading() as c:
        assert c.execute(select(table(Link).c.linked, table(Link).c.contested)).one() == (False, False)
        assert c.execute(select(table(Proposal).c.decision, table(Proposal).c.contested)).one() == ("refused", False)
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("said", "meant"), [
    ("60000", 60_000), ("60.000", 60_000), ("60,000", 60_000), ("60 000", 60_000), ("1.500.000", 1_500_000), (" 7 ", 7), ("", None),
    ("0.5", 0.5), ("0,5", 0.5), ("12,5", 12.5), ("0.500", 0.5)])
def test_numbers_are_read_as_people_write_them(said: str, meant: float | None) -> None:
    assert priorities.number(said) == meant


@pytest.mark.parametrize("said", ["1,5", "0.99", "60000.5"])
def test_money_is_whole_or_refused(said: str) -> None:
    with pytest.raises(Problem, match="no whole amount"):
        priorities.money(said)


def test_a_need_gets_its_cost_from_its_page(desk: FlaskClient, city: Node) -> None:
    address = f"/planner/needs/{need_id('N5')}"
    assert "210,000" in desk.get(f"{address}?lang=en").text
    assert send(desk, f"{address}/cost", cost="198000", source="engineer's visit") == 303
    assert "engineer&#39;s visit" in desk.get(address).text
    assert [send(desk, f"{address}/cost", **form) for form in ({"cost": "5", "source": ""}, {"cost": "-5", "source": "x"},
            {"cost": "5e12", "source": "x"}, {"cost": "five", "source": "x"})] == [409] * 4
    assert send(desk, "/planner/needs/nothing/cost", cost="5", source="x") == 404
    assert send(desk, f"{address}/cost", cost="", source="it was another street") == 303
    assert "Nobody has put a cost" in desk.get(f"{address}?lang=en").text
    with city.database.reading() as c:
        assert c.execute(select(table(NeedCost).c.cost).where(table(NeedCost).c.id == need_id("N5"))).scalar_one() is None


def test_two_people_who_cost_one_need_without_seeing_each_other_are_told(desk: FlaskClient, city: Node) -> None:
    address = f"/planner/needs/{need_id('N5')}"
    seen = re.search(r'cost"[^$]*?name="after" value="([^"]+)"', desk.get(address).text)
    assert seen is not None
    for cost in ("5000", "7000"):
        send(desk, f"{address}/cost", cost=cost, source="x", after=seen[1])
    with city.database.reading() as c:
        found = c.execute(select(table(NeedCost)).where(table(NeedCost).c.id == need_id("N5"))).mappings().one()
    assert (found["cost"], found["contested"]) == (7000, True)


def test_the_council_decides_and_the_next_run_says_so(desk: FlaskClient, city: Node) -> None:
    form = {"name": "2025-2", "decided_on": "2025-03-01", "source": "Acta 7", "severity": "100", "demand": "0", "deprivation": "0",
            "people": "0", "neglect": "0", "waiting": "0", "floor": "30", "deprived_from": "0.6"}
    assert send(desk, "/planner/weights", **form | {"severity": "90"}) == 409
    assert send(desk, "/planner/weights", **form) == 303
    assert "Acta 7" in desk.get("/planner/weights").text
    send(desk, "/planner/ranking")
    page = desk.get("/planner/ranking?lang=en").text
    assert 'weights of the decision <bdi dir="ltr">2025-2</bdi>' in page
    assert list(rows(page))[:2] == sorted(["N1", "N2"], key=need_id)


def test_a_need_that_was_found_to_be_restricted_leaves_every_page(desk: FlaskClient, city: Node) -> None:
    with city.database.writing() as c:
        c.exec_driver_sql(f"UPDATE report SET restricted = 1 WHERE need = '{need_id('N2')}'")
    for page in ("/planner/ranking", "/planner/proposals", "/planner/budget?budget=60000", "/planner/watch"):
        assert need_id("N2") not in desk.get(page).text, page
    assert send(desk, "/planner/proposals", need=need_id("N2"), work="G2", decision="accepted") == 404


def test_what_nobody_wrote_is_watched(city: Node, desk: FlaskClient) -> None:
    page = desk.get("/planner/watch?lang=en").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Approved plan of the place · is not as the rule asks" in words
    assert "No repair came back three times." in words


def test_a_reason_that_keeps_needs_from_works_becomes_a_need_itself(city: Node, desk: FlaskClient) -> None:
    """Alto Tacagua has no planimetry, so a work may not be built there: a planner writes that down, and it is ranked with the others."""
    page = desk.get("/planner/watch?lang=en").text
    found = re.search(r'href="(/officer/reports/new\?[^"]+)">Write it down as a need', page)
    assert found is not None
    form = desk.get(html.unescape(found[1])).text
    assert "What keeps needs from works: planimetry" in form
    said = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', form) for name in ("key", "place")}
    assert '<option value="TEN02" selected>' in form
    answer = desk.post("/officer/reports/new", data={
        "csrf_token": token(desk), "text": "What keeps needs from works: planimetry", "category": "TEN02",
        **{name: html.unescape(value[1]) for name, value in said.items() if value}})
    assert answer.status_code == 303
    jobs.work(city)
    ranking.make(city, by="ana")
    page = desk.get("/planner/watch?lang=en").text
    assert "Write it down as a need" not in page
    need = re.search(r'is not as the rule asks · <a href="/planner/needs/(\w+)"><bdi>Plan or cadastre', page)
    assert need is not None
    assert need[1] in desk.get("/planner/ranking").text


def test_what_nobody_can_ask_for_is_no_need() -> None:
    assert Block("S1701", "occupancy", True, ()).category == "", "how many live there is no matter of asking"
    assert Block("S1701", "planimetry", False, ()).category == "", "what nobody knows is to be found out first"
    assert Block("S1701", "planimetry", True, ()).category == "TEN02"


def test_before_the_first_run_the_pages_say_so(app: Flask, seed: Seed) -> None:
    seed.accounts()
    desk = as_role(app, "planner")
    for page in ("/planner/ranking", "/planner/proposals", "/planner/budget", "/planner/pack"):
        shown = desk.get(f"{page}?lang=en").text
        assert "Nothing was ranked yet." in shown
        assert ('<a href="/planner/ranking">Rank all needs as of today</a>' in shown) == (page != "/planner/ranking"), page
    assert desk.get("/planner/watch").location == "/planner/ranking"


def test_what_is_not_known_is_a_question_mark_and_a_range(app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report("sin agua", place="P1314")
    deciding.cost_need(seed.node, seed_need(seed), 100, source="x", by="ana")
    ranking.make(seed.node, by="ana")
    page = as_role(app, "planner").get("/planner/ranking?lang=en").text
    assert "how many people live there" in page
    assert re.search(r">\d+–\d+<", page)
    assert "the council has not decided" in page


def seed_need(seed: Seed) -> str:
    return next(iter(seed.opened))


def test_a_link_to_a_work_elsewhere_says_why_it_does_not_count(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        names = dict(c.exec_driver_sql("SELECT id, name FROM work").fetchall())
    planning.link_need(city, need_id("N6"), "G1", why="same people", by="ana")
    planning.link_need(city, need_id("N1"), "G1", why="", by="ana")
    for address in ("/planner/ranking?lang=en", "/planner/pack?lang=en"):
        page = " ".join(re.sub(r"<[^>]+>", " ", desk.get(address).text).split())
        assert page.count(f"Linked to {names['G1']}, which does not act in this place: it counts for nothing here. G1") == 1, address
