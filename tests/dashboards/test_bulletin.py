"""The wall bulletin: what may hang where everybody passes, on one page, in words that the parser knows."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

import parsers
from dashboards import bulletin
from dashboards.languages import LANGUAGES
from dashboards.placetree import PlaceTree
from gateway.decisions import planning
from gateway.journal.facts.plans import CatchmentDrawn, MilestoneSet
from gateway.journal.facts.residents import RepairJudged
from gateway.node import Node
from parsers import Command
from parsers.context import Context
from parsers.reference import is_valid
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, app_of, need_id


@pytest.fixture
def wall(seed: Seed, node: Node) -> FlaskClient:
    """Kupini: 23 phones on water, 3 on waste, 2 on lamps that were checked, one on stairs with a work, a wall done, and more."""
    seed.works()
    with seed.together():
        for category, many in (("WAT01", 23), ("WST01", 3), ("LIT01", 2), ("ACC01", 1), ("RSK01", 14)):
            for n in range(many):
                seed.report(f"{category} ZZWORDS {n}", category=category, place="S1701")
        for n in range(12):
            seed.report(f"ZZSECRET {n}", category="SAF03", place="S1701", restricted=True)
        for n in range(12):
            seed.report(f"told as ordinary {n}", category="SAF03", place="S1701")
        for n in range(30):
            seed.report(f"elsewhere {n}", category="SAN01", place="S1604")
    planning.change_status(node, need_id("S1701", "LIT01"), "verified", note="", by="ana", after=None)
    planning.link_need(node, need_id("S1701", "ACC01"), "W-2", why="the same stairs", by="ana")
    planning.change_status(node, need_id("S1701", "RSK01"), "done", note="", by="ana", after=None)
    seed.write(*(RepairJudged(need=need_id("S1701", "RSK01"), report=seed.ids[reference], sender=f"s{n}", message=f"m{n}", fixed=True)
                 for n, reference in enumerate(seed.references_of("RSK01 ZZWORDS")[:11])),
               CatchmentDrawn(work="W-2", place="S1701", share=1.0),
               MilestoneSet(work="W-2", milestone="m1", name="first step", due="2027-01-15", announce=True),
               MilestoneSet(work="W-2", milestone="m2", name="inner matter", due="2027-01-20"))
    return app_of(node).test_client()


def words(page: str) -> str:
    found = re.search(r'<article class="bulletin".*?</article>', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_what_hangs_on_the_wall(wall: FlaskClient) -> None:
    said = words(wall.get("/bulletin/S1701?lang=en").text)
    for shown in ("at least 20 phones", "SUPPORT", "Gradas Kupini", "tender", "first step", "Jan 15, 2027",
                  "confirmed: at least 10 phones", "NOT FIXED"):
        assert shown in said, shown
    for hidden in ("ZZ", "same stairs", "inner matter", "told as ordinary", "not fixed, say", "ana", "sender"):
        assert hidden not in said, hidden
    counts = said[said.index("What was heard"):said.index("What comes when")] + said[said.index("confirmed"):]
    assert set(re.findall(r"(?<!\w)\d{1,3}(?!\w)", counts)) == {"10", "20"}, "steps alone"


def test_small_needs_stay_off_the_wall_until_the_city_takes_them_up(wall: FlaskClient, node: Node) -> None:
    with node.database.reading() as c:
        found = bulletin.read(c, node, PlaceTree.of(node.city), "S1701")
    assert [(line.category, line.voices) for line in found.heard] == [("WAT01", 20), ("ACC01", None), ("LIT01", None)]
    assert [line.category for line in found.fixed] == ["RSK01"]
    said = words(wall.get("/bulletin/S1701?lang=en").text)
    assert said.count("SUPPORT") == 3


def test_where_few_wrote_it_says_so(wall: FlaskClient) -> None:
    said = words(wall.get("/bulletin/P1314?lang=en").text)
    assert "Too few have written yet" in said
    assert "SUPPORT" not in said


def test_a_crowd_that_sends_the_same_words_is_not_on_the_wall(wall: FlaskClient, node: Node) -> None:
    with node.database.writing() as c:
        c.exec_driver_sql(f"UPDATE report SET surge = 1 WHERE need = '{need_id('S1701', 'WAT01')}'")
    assert "at least" not in words(wall.get("/bulletin/S1701?lang=en").text).split("What was decided")[0]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_what_one_copies_from_the_wall_is_understood(language: str, wall: FlaskClient, node: Node) -> None:
    page = wall.get(f"/bulletin/S1701?lang={language}").text
    assert f'lang="{language}"' in page
    texts = re.findall(r"<b><bdi>(.*?)</bdi> <bdi dir=\"ltr\">(\d+)</bdi></b>", page)
    assert len(texts) == 4
    for word, reference in texts:
        assert is_valid(reference)
        read = parsers.parse(f"{word} {reference}", Context(), node.words, node.places)
        assert isinstance(read, Command)
        assert (read.intent, read.reference) == ("not_fixed" if word == bulletin.NOT_FIXED[language] else "support", reference)


@pytest.mark.parametrize(("count", "told"), [(0, None), (9, None), (10, 10), (19, 10), (20, 20), (49, 20), (50, 50), (99, 50), (100, 100),
                                             (1999, 1000), (5000, 5000)])
def test_steps(count: int, told: int | None) -> None:
    assert bulletin.step(count, 10) == told


def test_no_place_of_that_name(wall: FlaskClient) -> None:
    assert wall.get("/bulletin/nowhere").status_code == 404
    assert "/bulletin/S1701" in wall.get("/bulletin?district=S1700").text
    assert "/bulletin" in wall.get("/").text


@pytest.mark.parametrize("language", ["es", "ar"])
def test_it_is_one_page_of_paper(language: str, wall: FlaskClient, open_page: OpenPage) -> None:
    page = open_page(language=language)
    page.goto("/bulletin/S1701")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('form, nav, button')].filter(e => e.offsetParent !== null).length") == 0
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.bulletin li')).fontSize)") >= 18
