"""What a person reads when something they did is refused: why, in their language, with what they typed and the way back."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient

from gateway.matching.values import FACTORS
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, as_role, need_id, token

WATER = need_id("S1604", "WAT01")
WEIGHTS = {"name": "council-7", "decided_on": "2026-01-02", "source": "Minutes 7", "floor": "40", "deprived_from": "0.5",
           **dict.fromkeys(FACTORS, "25")}
PHONE = {"status": "rejected", "note": "see the file", "reason": "call 71234567"}


@pytest.mark.parametrize(("label", "path", "form", "language", "said"), [
    ("a sum, as Spanish writes it", "/planner/weights", WEIGHTS, "es", "Los pesos suman 1,5 y no 1. No se cambió nada."),
    ("a sum, as English writes it", "/planner/weights", WEIGHTS, "en", "The weights make 1.5 and not 1. Nothing was changed."),
    ("a day, as French writes it", "/planner/weights", WEIGHTS | {"decided_on": "2099-03-01"}, "fr",
     "Le 1 mars 2099 n’est pas encore arrivé."),
    ("a phone number for residents, in Arabic", f"/planner/needs/{WATER}/status", PHONE, "ar",
     "الرسالة إلى السكان لا تحمل رقم هاتف ولا رابطا"),
    ("what was typed stands apart from Arabic", "/planner/weights", WEIGHTS | {"decided_on": "soon"}, "ar",
     "«\u2068soon\u2069» ليس تاريخا."),
    ("nothing there, in French", "/planner/needs/nothing/status", PHONE, "fr",
     "Il n’y a pas de besoin nothing. Revenez à la liste"),
    ("what was typed is no markup", "/planner/weights", WEIGHTS | {"floor": "<b>all</b>"}, "es",
     "«&lt;b&gt;all&lt;/b&gt;» no es un número."),
])
def test_why_is_said_in_the_language_of_the_page(label: str, path: str, form: dict[str, str], language: str, said: str, app: Flask,
                                                 seed: Seed) -> None:
    seed.accounts()
    seed.report()
    planner = as_role(app, "planner")
    answer = planner.post(f"{path}?lang={language}", data=form | {"csrf_token": token(planner)})
    assert answer.status_code == (404 if "nothing" in path else 409)
    assert said in answer.text


@pytest.mark.parametrize(("label", "role", "path", "back"), [
    ("a form of a need", "planner", f"/planner/needs/{WATER}/status", f"/planner/needs/{WATER}"),
    ("a form that stands at its own address", "planner", "/planner/weights", "/planner/weights"),
    ("a need that is not there is not gone back to", "planner", "/planner/needs/nothing/status", "/planner/"),
    ("a form of a list", "planner", "/planner/inbox/nothing", "/planner/inbox"),
    ("a page above that is not theirs", "officer", "/planner/weights", None),
    ("another site in the address", "planner", "//evil.example/planner/weights", None),
    ("no page above but the board", "planner", "/nope", None),
])
def test_the_way_back_leads_to_the_page_of_the_form(label: str, role: str, path: str, back: str | None, app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report()
    person = as_role(app, role)
    answer = person.post(path, query_string={"lang": "en", "next": "//evil.example/"}, headers={"Referer": "https://evil.example/"},
                         data=WEIGHTS | PHONE | {"csrf_token": token(person)})
    assert answer.status_code >= 300
    found = re.search(r'class="button" href="([^"]*)">Back to the page before', answer.text)
    assert (found[1] if found else None) == back
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(("label", "path", "back"), [
    ("a question in the address", "/planner/budget?budget=-1", "/planner/budget"),
    ("a page that failed itself", "/planner/needs/nothing", "/planner/"),
])
def test_the_way_back_from_a_page(label: str, path: str, back: str, desk: FlaskClient) -> None:
    answer = desk.get(path)
    assert answer.status_code in (404, 409)
    assert f'class="button" href="{back}"' in answer.text


def test_what_was_typed_is_shown_and_nowhere_stored(app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report()
    planner = as_role(app, "planner")
    form = PHONE | {"note": "<script>x</script> see the file", "csrf_token": token(planner)}
    answer = planner.post(f"/planner/needs/{WATER}/status?lang=en", data=form)
    assert answer.status_code == 409
    assert "<dd><bdi>&lt;script&gt;x&lt;/script&gt; see the file</bdi></dd>" in answer.text
    assert "<dd><bdi>call 71234567</bdi></dd>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store", "computers are shared"
    forged = planner.post(f"/planner/needs/{WATER}/status?lang=en", data=PHONE)
    assert (forged.status_code, "see the file" in forged.text) == (400, False), "another site does not write on our pages"


def test_going_back_finds_the_form_as_it_was_left(seed: Seed, open_page: OpenPage) -> None:
    seed.accounts()
    seed.report()
    page = open_page(role="planner", width=360, language="ar")
    page.goto(f"/planner/needs/{WATER}")
    page.select_option("#status", "rejected")
    page.fill("#note", "see the file")
    page.fill("#reason", "call 71234567")
    with page.expect_navigation():
        page.locator("form[action$='/status'] button").click()
    assert "call 71234567" in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).violations_count == 0
    page.go_back()
    assert [page.input_value(field) for field in ("#status", "#note", "#reason")] == ["rejected", "see the file", "call 71234567"]
