"""The commission's papers: the agenda in the order of the run, the evidence, the money, what was decided, and who has to do what."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient

from gateway import ranking
from gateway.decisions import deciding
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, app_of, as_role, token
from tests.gateway.town import OFTEN, Town
from tests.matching.example import SAID
from tests.ranking.planting import name_of, need_id, planted
from tests.ranking.test_gathered import restrict


@pytest.fixture
def city(make_node: MakeNode, clock: Clock) -> Node:
    node = planted(make_node, clock)
    Seed(node).accounts()
    run = ranking.make(node, by="ana")
    with node.database.reading() as c:
        made = ranking.find(c, run)
    assert made is not None
    matches = {(name_of(m.need), m.work): m for line in made.ranking.lines for m in line.matches}
    deciding.decide_proposal(node, matches["N1", "G1"], run, "accepted", why="", by="ana")
    deciding.decide_proposal(node, matches["N2", "G2"], run, "refused", why="other street", by="luis")
    return node


def needs_in(section: str, page: str) -> list[str]:
    part = re.search(rf'aria-labelledby="{section}".*?</section>', page, re.S)
    assert part is not None
    return [name_of(need) for need in re.findall(r"/planner/needs/(\w+)", part[0])]


def test_the_papers_hold_what_was_ranked_bought_and_decided(desk: FlaskClient) -> None:
    page = desk.get("/planner/pack?lang=en&budget=60000").text
    order = [need["id"] for need in sorted(SAID["needs"], key=lambda need: -need["priority"])]
    assert needs_in("agenda", page) == needs_in("evidence", page) == order
    assert sorted(needs_in("buys", page)) == sorted(SAID["portfolio"]["picked"])
    assert "other street" in page
    assert needs_in("dispatch", page) == ["N1", *(name for name in order if name != "N1")], "first works with their needs, then nobody's"
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for figure in ("67.50", "50,000", "10,000", "210,000", "not eligible: planimetry"):
        assert figure in words, figure


def test_an_agenda_is_as_long_as_it_is_asked_for(desk: FlaskClient) -> None:
    assert len(needs_in("agenda", desk.get("/planner/pack?needs=3").text)) == 3
    assert len(needs_in("agenda", desk.get("/planner/pack?needs=0").text)) == 7
    assert 'aria-labelledby="buys"' not in desk.get("/planner/pack").text
    assert desk.get("/planner/pack?needs=many").status_code == 409


def test_what_is_restricted_is_on_no_paper(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N2')}'")]
    restrict(city, *reports)
    page = desk.get("/planner/pack?budget=60000").text
    assert need_id("N2") not in page
    assert "other street" not in page, "nor what was decided about it"


def test_on_paper_there_is_nothing_to_press(seed: Seed, open_page: OpenPage) -> None:
    seed.accounts()
    seed.report("sin luz")
    ranking.make(seed.node, by="ana")
    page = open_page(role="planner", width=800, language="es")
    page.goto("/planner/pack")
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('form, nav, header, button')].filter(e => e.offsetParent !== null).length") == 0
    assert page.locator("#agenda").is_visible()
    assert len(page.pdf()) > 5000


# ---------------------------------------------------------------------------------------------- what was decided in it

def minutes(page: str) -> dict[str, str]:
    """The line of each point of the agenda in the minutes, by its number."""
    part = re.search(r'<table class="form.*?</table>', page, re.S)
    assert part is not None
    rows = (re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r'<tr role="row"><th scope="row".*?</tr>', part[0], re.S))
    return {words[0]: " ".join(words[1:]) for words in rows}


def decide(desk: FlaskClient, need: str, **said: str) -> int:
    run = re.search(r'name="run" value="([\w-]+)"', desk.get("/planner/pack").text)
    assert run is not None
    form = {"need": need_id(need), "met_on": "2025-03-01", "run": run[1], "csrf_token": token(desk), **said}
    return desk.post("/planner/pack", data=form).status_code


def entry_of(node: Node, need: str) -> str:
    with node.database.reading() as c:
        return str(c.exec_driver_sql(f"SELECT entry FROM ruling WHERE id = '{need_id(need)}'").scalar())


def test_what_the_commission_decides_stands_in_the_minutes(desk: FlaskClient, city: Node) -> None:
    assert decide(desk, "N1", decision="taken_up", work="G1") == 303
    assert decide(desk, "N3", decision="postponed", until="2025-09-01", why="planimetry first") == 303
    assert decide(desk, "N2", decision="refused", reason="otra empresa lo hace") == 303
    assert decide(desk, "N7", decision="verify") == 303
    page = desk.get("/planner/pack?lang=en").text
    said = minutes(page)
    assert "Taken up with a work" in said["1"]
    assert "G1" in said["1"]
    assert "Postponed" in said["2"]
    assert "planimetry first" in said["2"]
    assert "Sep 1, 2025" in said["2"]
    assert "Refused" in said["3"]
    assert "otra empresa lo hace" in said["3"]
    assert "To be verified first" in said["4"]
    assert all("ana-planner" in said[number] for number in "1234")
    assert "told" not in said["5"], "nothing was decided about it"
    assert needs_in("dispatch", page)[:2] == ["N1", "N7"], "a work has it, and somebody is to see the other"


def test_a_work_is_written_ahead_only_where_one_answers_the_need(desk: FlaskClient, city: Node) -> None:
    page = desk.get("/planner/pack?lang=en").text
    with city.database.reading() as c:
        made = ranking.find(c, re.findall(r'name="run" value="([\w-]+)"', page)[0])
    assert made is not None
    classes = {line.need.id: line.cls for line in made.ranking.lines}
    evidence = dict(zip(needs_in("evidence", page), re.findall(r'<article class="paper">.*?</article>', page, re.S), strict=True))
    seen = set()
    for need, work in re.findall(r'name="need" value="(\w+)".*?name="work"[^>]*value="([^"]*)"', page, re.S):
        gap = classes[need] == "gap"
        assert bool(work) == (not gap), f"{name_of(need)} is {classes[need]}: {work}"
        assert ("Nothing. The nearest:" in evidence[name_of(need)]) <= gap
        seen.add(gap)
    assert seen == {True, False}
    assert "Nothing. The nearest:" in page


@pytest.mark.parametrize(("label", "said", "words"), [
    ("nothing chosen", {"decision": ""}, "Elija lo que decidió la comisión."),
    ("postponed, and no day", {"decision": "postponed"}, "Diga hasta qué día se aplaza.")])
def test_what_was_left_out_of_the_minutes_is_named(desk: FlaskClient, label: str, said: dict[str, str], words: str) -> None:
    form = {"need": need_id("N1"), "met_on": "2025-03-01", "csrf_token": token(desk), **said}
    page = desk.post("/planner/pack", data=form)
    assert (page.status_code, words in page.text) == (409, True), label


def test_the_chapters_are_counted_without_a_gap(desk: FlaskClient) -> None:
    for asked, chapters in (("", "1234"), ("?budget=60000", "12345")):
        page = desk.get(f"/planner/pack{asked}").text
        assert "".join(re.findall(r"<h2 id=\"\w+\">(\d)\.", page)) == chapters


def test_saving_twice_decides_once(desk: FlaskClient, city: Node) -> None:
    for _ in range(2):
        assert decide(desk, "N3", decision="postponed", until="2025-09-01") == 303
    with city.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM entry WHERE kind = 'commission_decided'").scalar() == 1
    assert "Eso ya está anotado." in desk.get("/planner/pack").text


def test_it_is_taken_back_by_a_press_while_nobody_heard(desk: FlaskClient, city: Node) -> None:
    decide(desk, "N3", decision="postponed", until="2025-09-01")
    assert "/planner/pack/undo" in desk.get("/planner/pack").text
    form = {"need": need_id("N3"), "after": entry_of(city, "N3"), "csrf_token": token(desk)}
    assert desk.post("/planner/pack/undo", data=form).status_code == 303
    page = desk.get("/planner/pack?lang=en").text
    assert "Postponed" not in minutes(page)["2"]
    assert "/planner/pack/undo" not in page
    assert desk.post("/planner/pack/undo", data=form | {"csrf_token": token(desk)}).status_code in (404, 409)


def test_who_was_told_is_counted_from_the_phones(make_node: MakeNode, clock: Clock) -> None:
    town = Town(make_node(extra=OFTEN), clock)
    Seed(town.node).accounts()
    need = town.need("a", town.phone("a"), town.phone("b"), town.phone("stopped"), "elsewhere")
    town.need("b", town.phone("secret"), restricted=True)
    town.write()
    town.command("stopped", "stop")
    town.write()
    run = ranking.make(town.node, by="ana")
    planner = as_role(app_of(town.node), "planner")

    def line() -> str:
        return minutes(as_role(app_of(town.node), "planner").get("/planner/pack?lang=en").text)["1"]

    form = {"need": need, "decision": "postponed", "until": "2027-05-15", "met_on": "2026-11-25", "run": run,
            "csrf_token": token(planner)}
    assert planner.post("/planner/pack", data=form).status_code == 303
    assert "4 phones speak for it told: 0 to be told: 2, from" in line()
    assert "could not be told: 2 (wants no texts: 1; the number is elsewhere: 1; did not arrive: 0)" in line()
    assert "/planner/pack/undo" in planner.get("/planner/pack").text
    [told] = csv.DictReader(io.StringIO(planner.get("/planner/sheets/minutes.csv").text))
    assert {name: told[name] for name in ("phones", "told", "under_way", "waiting", "stopped", "elsewhere", "failed", "others")} == {
        "phones": "4", "told": "0", "under_way": "0", "waiting": "2", "stopped": "1", "elsewhere": "1", "failed": "0", "others": "0"}
    assert (told["point"], told["decision"], told["until"], told["met_on"]) == ("1", "postponed", "2027-05-15", "2026-11-25")
    town.work(hours=25)
    assert "4 phones speak for it told: 2 could not be told: 2" in line()
    assert "/planner/pack/undo" not in planner.get("/planner/pack").text, "it went out"
    late = town.need("a", town.phone("late"))
    assert late == need
    town.write()
    assert "5 phones speak for it told: 2 could not be told: 2 (wants no texts: 1; the number is elsewhere: 1; did not arrive: 0) " \
           "nothing new to them: 1" in line()


def test_what_an_earlier_meeting_settled_is_not_on_the_agenda(desk: FlaskClient, city: Node, clock: Clock) -> None:
    run = needs_in("agenda", desk.get("/planner/pack").text)
    decide(desk, "N3", decision="postponed", until="2025-03-20")
    decide(desk, "N1", decision="taken_up", work="G1")
    page = desk.get("/planner/pack").text
    assert needs_in("agenda", page) == run, "in its own meeting it stays where it was"
    clock.on(days=7)
    ranking.make(city, by="ana")
    page = as_role(app_of(city), "planner").get("/planner/pack?lang=en").text
    assert needs_in("evidence", page) == [need for need in run if need not in ("N1", "N3")]
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Settled by an earlier meeting" in words
    assert "Postponed · until Mar 20, 2025" in words
    clock.on(days=14)
    assert "N3" in needs_in("evidence", as_role(app_of(city), "planner").get("/planner/pack").text), "its day has come"


def test_the_page_of_the_need_says_it_too(desk: FlaskClient) -> None:
    decide(desk, "N3", decision="postponed", until="2025-09-01")
    page = desk.get(f"/planner/needs/{need_id('N3')}?lang=en").text
    assert "The commission put it off until a day." in page
    assert "ana-planner wrote down what the commission decided: “Postponed”." in page


def test_nobody_decides_about_what_may_not_be_seen(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N3')}'")]
    restrict(city, *reports)
    assert decide(desk, "N3", decision="verify") == 404
    assert decide(desk, "N5", decision="refused", reason="") == 409
