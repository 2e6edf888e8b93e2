"""A planner's morning: fifty lines of the queue decided with the keyboard alone, against a real web process."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from gateway.clock import now
from gateway.decisions import planning
from gateway.doors import intake
from gateway.governing import duty
from gateway.journal.rebuilding import rebuild
from gateway.machine import jobs
from gateway.node import Node
from tests.browsing import CHROMIUM, QUIET, patient
from tests.conftest import sms
from tests.doors.house import House

SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the documentation
PASSWORD = "a long enough password"
LINES = 50
PLACES = ("Kupini", "Pampahasi", "Munaypata", "Achachicala", "Villa Copacabana", "Obrajes")
TEXTS = (  # what fifty phones write; each is one line of the queue
    *(f"no hay luz en {place} desde hace 3 dias" for place in PLACES), *(f"no hay agua en {place}, somos 20 familias" for place in PLACES),
    *(f"basura amontonada en {place} hace una semana" for place in PLACES), *(f"hay un bache enorme en {place}" for place in PLACES),
    "incendio en Sopocachi ayuda",
    *(f"hay un {what} cerca de la casa de don {who}" for what in ("bache", "basural", "poste caido") for who in ("Lucho", "Tito", "Beto")),
    *(f"{word} {word}sito" for word in ("qwerty", "zxcvb", "poiuy", "lkjhg", "mnbvc", "asdfg", "wertu", "hgfds", "vcxza", "plmko",
                                         "ujmnh", "tgbvf", "rfvcd", "edcxs", "yhnbg")))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.found(tmp_path)
    node = house.node
    duty.add(node, "guardia", "+59170009001")
    planning.enrol(node, "ana", "planner", ["*"], PASSWORD)
    planning.enrol(node, "luis", "officer", ["*"], PASSWORD)
    write(node)
    house.start("web")
    yield house
    house.stop()
    node.database.engine.dispose()


def write(node: Node) -> None:
    for n, words in enumerate(TEXTS):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(n, words, f"+5917000{n:04d}", now())])
    while jobs.classify_due(node):
        pass


@pytest.fixture
def page(house: House) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield patient(browser.new_page(viewport={"width": 1280, "height": 900}, locale="es", base_url=house.url))
        browser.close()


def sign_in(page: Page) -> None:
    page.goto("/sign-in?lang=es")
    page.fill("#name", "ana")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/planner/")


def line_in_focus(page: Page) -> str:
    """What a person at the keyboard reads of the line that they are on."""
    words: str = page.evaluate("document.activeElement.closest('[data-line]')?.innerText ?? ''")
    return words


def left(page: Page) -> int:
    return int(page.locator(".chips a").first.locator(".badge").inner_text())


def decide(page: Page, words: str, done: Counter[str]) -> str:
    """One line, as a person would: what it is decides the key. An unread text is read now and then: kind, place, save."""
    if "Emergencia" in words:
        return "6"
    if "No entendidos" in words or "Sin lugar" in words:
        return "5" if "Sin lugar" in words else "e" if done["e"] < 5 else "4"
    return "1" if done["1"] % 4 else "Enter"


def read_it(page: Page) -> None:
    """The form of a text: the kind has the focus, the place is next, Enter saves."""
    expect(page.locator("#category")).to_be_focused()
    page.keyboard.type("Calle sin")
    page.keyboard.press("Tab")
    page.keyboard.type("Kupini")
    with page.expect_navigation():  # the form lies in the queue as well: its address says nothing
        page.keyboard.press("Enter")


def test_fifty_lines_by_keyboard_alone(house: House, page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    sign_in(page)
    page.goto("/queue/")
    waiting = left(page)
    assert waiting >= LINES
    if SCREENS:
        page.keyboard.press("j")
        page.screenshot(path=f"{SCREENS}/queue.png")
    done: Counter[str] = Counter()
    seconds: list[float] = []
    page.keyboard.press("j")
    for _ in range(LINES):
        began = time.monotonic()
        words = line_in_focus(page)
        assert words, "after each decision the next line has the focus"
        key = decide(page, words, done)
        done[key] += 1
        if key == "Enter":
            page.keyboard.press("Enter")
            page.wait_for_url("**/queue/need/**")
            key = "1"
            done["1"] += 1
        before = page.evaluate("performance.timeOrigin")
        page.keyboard.press(key)
        if key == "e":
            page.wait_for_url("**/read?**")
            read_it(page)
            page.keyboard.press("j")
        else:
            page.wait_for_function("before => performance.timeOrigin !== before && document.readyState === 'complete'", arg=before)
            if not line_in_focus(page):
                page.keyboard.press("j")
        seconds.append(time.monotonic() - began)
    assert left(page) == waiting - LINES
    assert complaints == []

    page.keyboard.press("u")
    expect(page.locator(".deed")).to_contain_text("Deshecho: 1 hecho")
    assert left(page) == waiting - LINES + 1

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_have_attribute("open", "")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    assert page.locator("input[name=item]:checked").count() == 1
    rebuild(house.node.database, verify=True)
    median = sorted(seconds)[len(seconds) // 2]
    with capsys.disabled():
        print(f"\n{LINES} lines by keyboard: {sum(seconds):.1f} s, {median * 1000:.0f} ms a line in the median (the machine's part: "
              f"key, decision, next page; reading comes on top); keys used: {dict(done)}")


def test_a_key_that_is_typed_into_a_field_or_turned_off_does_nothing(house: House, page: Page) -> None:
    sign_in(page)
    page.goto("/queue/?keys=off")
    waiting = left(page)
    for key in ("j", "1", "a", "4"):
        page.keyboard.press(key)
    assert page.locator("input[name=item]:checked").count() == 0
    page.goto("/queue/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/report/**")
    page.focus("#note")
    page.keyboard.type("1 4 u e")
    assert page.input_value("#note") == "1 4 u e"
    page.goto("/queue/")
    assert left(page) == waiting


def test_all_lines_of_a_page_at_once_and_from_right_to_left(house: House, page: Page) -> None:
    sign_in(page)
    page.goto("/queue/?kind=unread&lang=ar")
    count = page.locator("input[name=item]").count()
    assert count > 10
    page.keyboard.press("a")
    page.keyboard.press("4")
    expect(page.locator(".deed")).to_contain_text(str(count))
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto("/queue/?lang=ar")
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).violations_count == 0
    if SCREENS:
        page.keyboard.press("j")
        page.screenshot(path=f"{SCREENS}/queue-phone.png")
