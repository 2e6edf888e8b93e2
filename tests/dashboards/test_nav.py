"""The ways through the planner's desk: few words at the top, every page under one of them, found without script and on a phone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask

from gateway import ranking
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, as_role

OF_ALL = {"/queue/", "/planner/", "/planner/ranking", "/planner/inbox", "/planner/outbox", "/planner/quarantine", "/officer/landmarks",
          "/planner/lessons", "/planner/try", "/planner/nodes", "/planner/export", "/", "/track", "/officer/greetings",
          "/planner/broadcasts/", "/planner/incidents"}
DESK = {"/planner/ranking", "/planner/watch", "/planner/map", "/planner/flows", "/planner/ages", "/planner/trends", "/planner/compare",
        "/planner/indicators", "/planner/trips",
        "/planner/proposals", "/planner/budget", "/planner/pack", "/planner/weights", "/planner/views"}


def nav(page: str, at: int) -> str:
    return re.findall(r"<nav.*?</nav>", page, re.S)[at]


@pytest.mark.parametrize(("role", "more"), [
    ("planner", set()), ("focal", {"/planner/restricted"}), ("admin", {"/planner/restricted/log"})])
def test_every_page_is_reached_and_few_words_stand_at_the_top(app: Flask, seed: Seed, role: str, more: set[str]) -> None:
    seed.accounts()
    ranking.make(seed.node, by="ana")
    page = as_role(app, role).get("/planner/indicators").text
    main, desk = nav(page, 0), nav(page, 1)
    for said, links in ((main, OF_ALL | more), (desk, DESK)):
        found = re.findall(r'href="([^"]+)"', said)
        assert sorted(found) == sorted(links)
        grouped = re.findall(r'href="([^"]+)"', " ".join(re.findall(r"<details.*?</details>", said, re.S)))
        assert len(found) - len(grouped) + said.count("<details") <= 7, "what one sees before anything is opened"
    assert re.search(r'<summary aria-current="true">Ver<span class="unseen">: Indicadores', desk), "one sees where one is"
    assert 'aria-current="true"' not in main


@pytest.mark.parametrize(("language", "word"), [("es", "Mensajes"), ("ar", "الرسائل")])
def test_a_group_opens_by_keyboard_on_a_phone(seed: Seed, open_page: OpenPage, language: str, word: str) -> None:
    seed.accounts()
    ranking.make(seed.node, by="ana")
    page = open_page(role="planner", width=360, language=language)
    page.goto("/planner/ranking")
    assert page.evaluate("document.querySelector('header nav').offsetHeight") < 200, "it leaves the page to what one came for"
    assert not page.locator("header a[href='/planner/outbox']").is_visible()
    page.locator("header summary", has_text=word).focus()
    page.keyboard.press("Enter")
    assert page.locator("header a[href='/planner/outbox']").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).violations_count == 0
    page.locator("header summary").nth(1).click()
    assert not page.locator("header a[href='/planner/outbox']").is_visible(), "one group at a time"
