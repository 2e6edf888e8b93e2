"""An officer's day on a real field node whose hub is switched off, on a phone; then a stick by bus, and the hub's page shows the day."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select

from gateway.decisions import planning
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Note, Report, table
from gateway.node import open_node
from tests.browsing import CHROMIUM, QUIET, patient, reload_until
from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box
from tests.offline_sync.test_processes import at_once, barrio, served
from tests.patience import free_port

SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the documentation
PASSWORD = "a long enough password"
NEED, NOTE, REPORT = table(Need), table(Note), table(Report)
TEXTS = ("no hay agua en Pampahasi hace 3 dias", "no hay luz en Kupini", "basura amontonada en Kupini hace una semana",
         "hay un bache enorme en Pampahasi en la calle 5", "no hay agua en Villa Fatima")
PHONE = "+59176543210"
WORDS = {"es": {"verified": "Verificada", "by": "Anotado por luz"},
         "ar": {"verified": "تم التحقق", "by": "دوّنه luz"}}


@dataclass
class Town:
    """A hub and a field node in their folders, and how to carry a stick between them."""

    hub: Box
    north: Box
    ports: dict[str, int]
    stick: Path
    needs: dict[str, str] = field(default_factory=dict)

    def folder(self, box: Box) -> Path:
        return Path(box.node.config.directory)

    def carry(self, source: Box, target: Box, by: Callable[..., object] = at_once) -> None:
        for box in (source, target):
            box.node.database.engine.dispose()
        by(self.folder(source), "sync", "export", "--to", target.name, str(self.stick))
        by(self.folder(target), "sync", "import", str(self.stick))
        for box in (source, target):
            box.node = open_node(box.node.config)


@pytest.fixture
def town(make_node: MakeNode, tmp_path: Path) -> Iterator[Town]:
    """The hub has texts and accounts; the node has what lies in its areas; two people decided differently about the hole."""
    ports = {"hub": free_port(), "north": free_port()}
    hub, north = (Box(make_node(name, role=role, bind=f"127.0.0.1:{ports[name]}", extra='[queue]\nurl = "none"\n'))
                  for name, role in (("hub", "hub"), ("north", "field")))
    town = Town(hub, north, ports, tmp_path / "stick.barrio")
    for box in (hub, north):
        box.node = open_node(box.node.config)  # by the machine's clock, as the processes
    for n, words in enumerate(TEXTS):
        hub.hear(words, f"+591700000{n:02d}")
    planning.enrol(hub.node, "luz", "officer", ["S1600", "S1700"], PASSWORD)
    planning.enrol(hub.node, "ana", "planner", ["*"], PASSWORD)
    (town.folder(north) / "inv").write_text(at_once(town.folder(hub), "node", "invite", "north", "--areas", "S1600,S1700"))
    at_once(town.folder(north), "node", "join", str(town.folder(north) / "inv"))
    town.carry(north, hub)
    town.carry(hub, north)
    with north.node.database.reading() as c:
        town.needs = {row.category: row.id for row in c.execute(select(NEED.c.id, NEED.c.category, NEED.c.place_code).order_by(NEED.c.id))}
    planning.change_status(north.node, town.needs["ACC01"], "rejected", note="it was filled", by="tito", after=None)
    planning.change_status(hub.node, town.needs["ACC01"], "planned", note="next week", by="ana", after=None)
    town.carry(hub, north)
    for box in (hub, north):
        box.node.database.engine.dispose()
    yield town
    for box in (hub, north):
        box.node.database.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@dataclass
class Phone:
    """A page of 360 px that is looked at after every step."""

    page: Page
    language: str
    looked: set[str] = field(default_factory=set)

    def look(self, name: str) -> None:
        """It fits, reads in the right direction, axe is content; a picture of it where one is asked for."""
        self.page.wait_for_load_state()  # who pressed a button is on the next page, which need not all be there yet
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert self.page.evaluate("getComputedStyle(document.body).direction") == ("rtl" if self.language == "ar" else "ltr")
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        if SCREENS:
            self.page.screenshot(path=f"{SCREENS}/officer-{name}-{self.language}.png", full_page=True)
        self.looked.add(name)

    def sign_in(self, name: str) -> None:
        self.page.goto(f"/sign-in?lang={self.language}")
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def press(self, value: str) -> None:
        self.page.click(f"button[name=do][value={value}]")
        expect(self.page.locator(".deed")).to_be_visible()


@pytest.mark.parametrize("language", ["es", "ar"])
def test_a_day_in_the_street_without_the_hub_and_the_stick_that_brings_it_home(town: Town, browser: Browser, language: str) -> None:
    here = f"http://127.0.0.1:{town.ports['north']}"
    asked: list[str] = []
    with served(town.folder(town.north), town.ports["north"]):
        page = patient(browser.new_page(viewport={"width": 360, "height": 740}, locale=language, base_url=here))
        page.on("request", lambda request: asked.append(request.url))
        phone = Phone(page, language)
        phone.sign_in("luz")
        reference = the_day(phone, town)
        page.close()
    assert asked
    assert [url for url in asked if not url.startswith(here)] == [], "nothing but this machine was asked"
    assert {"desk", "need", "verified", "not-found", "reading", "report", "slip", "list", "map",
            "contested", "news", "works"} <= phone.looked
    assert PHONE[4:].encode() not in b"".join(path.read_bytes() for path in town.folder(town.north).rglob("*") if path.is_file())
    town.carry(town.north, town.hub, by=barrio)
    rebuild(town.hub.node.database, verify=True)
    with served(town.folder(town.hub), town.ports["hub"]):
        there = f"http://127.0.0.1:{town.ports['hub']}"
        page = patient(browser.new_page(viewport={"width": 360, "height": 740}, locale=language, base_url=there))
        phone = Phone(page, language)
        phone.sign_in("ana")
        at_the_hub(phone, town, reference)
        page.close()


def the_day(phone: Phone, town: Town) -> str:
    """What the officer does; the reference that somebody who came went home with."""
    page, picture = phone.page, phone.page.screenshot(type="jpeg")
    phone.look("desk")
    assert page.locator(".lines > li").count() == 3, "water and light and rubbish; the hole is disputed"
    page.goto("/officer/list")
    phone.look("list")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".inspection")).to_be_visible()
    page.emulate_media(media="screen")
    page.goto("/officer/map")
    phone.look("map")
    expect(page.locator(".map svg")).to_be_visible()

    page.goto("/officer/")
    page.click(f"a[href*='{town.needs['WAT01']}']")
    phone.look("need")
    page.fill("#note", "dry at every tap")
    page.set_input_files("#photo", {"name": "tap.jpg", "mimeType": "image/jpeg", "buffer": picture})
    phone.press("verify")
    expect(page.locator("img.photo")).to_have_js_property("naturalWidth", 360)
    phone.look("verified")

    page.goto(f"/officer/needs/{town.needs['WST01']}")
    phone.press("not_found")
    phone.look("not-found")

    page.goto(f"/officer/needs/{town.needs['LIT03']}")
    page.fill("#note", "the pole is gone")
    phone.press("note")
    expect(page.get_by_text("the pole is gone")).to_be_visible()
    page.click("a[href*='/read?']")
    phone.look("reading")
    page.select_option("#category", "LIT02")
    page.click("form[action$='/read'] button")
    expect(page.locator(".note.done")).to_be_visible()
    phone.look("corrected")

    page.goto("/officer/reports/new")
    page.fill("#text", "la lampara de la esquina esta rota hace 2 semanas")
    page.fill("#place", "kupi")
    page.fill("#people", "12")
    page.fill("#phone", PHONE)
    page.click("main form button")
    phone.look("report")  # what `kupi` may mean is asked first
    page.get_by_role("radio").first.check()
    page.select_option("#category", "LIT01")
    page.click("main form button")
    phone.look("slip")
    reference = "".join(char for char in page.locator("h1").inner_text() if char.isdigit())
    assert len(reference) >= 4

    page.goto("/officer/works")
    phone.look("works")
    work = page.locator("form[action*='/officer/works/']").first
    work.locator("select").select_option("handover")
    work.locator("input[name=note]").fill("it runs")
    work.locator("button").click()
    expect(page.locator(".note.done").first).to_be_visible()

    page.goto("/officer/news")
    expect(page.locator("#content .journal li")).to_have_count(2)
    phone.look("news")
    page.click("main form button")
    page.goto("/officer/contested")
    expect(page.locator("section.paper form")).to_have_count(2)
    phone.look("contested")
    page.locator("section.paper form", has_text="it was filled").locator("button").click()
    expect(page.locator(".empty")).to_be_visible()
    reload_until(page, "/officer/", lambda page: page.get_by_text("la lampara de la esquina").count(),
                 "the machine of this node never gathered what was written down")
    phone.look("evening")
    expect(page.get_by_text("la lampara de la esquina")).to_be_visible()
    return reference


def at_the_hub(phone: Phone, town: Town, reference: str) -> None:
    page, words = phone.page, WORDS[phone.language]
    page.goto(f"/planner/needs/{town.needs['WAT01']}")
    expect(page.locator("dl.figures")).to_contain_text(words["verified"])
    expect(page.locator("main")).to_contain_text("dry at every tap")
    page.locator("img.photo").scroll_into_view_if_needed()
    expect(page.locator("img.photo")).to_have_js_property("naturalWidth", 360)  # it came with the stick
    phone.look("hub-need")
    with town.hub.node.database.reading() as c:
        stands = {row.id: row for row in c.execute(select(NEED))}
        brought = c.execute(select(REPORT).where(REPORT.c.reference == reference)).one()
        read = c.execute(select(REPORT.c.category).where(REPORT.c.category == "LIT02")).scalars().all()
        photo = c.execute(select(NOTE.c.photo).where(NOTE.c.photo != "")).scalar_one()
    town.hub.node.database.engine.dispose()
    assert stands[town.needs["WST01"]].status == "not_found"
    assert (stands[town.needs["ACC01"]].status, stands[town.needs["ACC01"]].contested) == ("rejected", False)
    assert read == ["LIT02"]
    assert brought.need is not None
    page.goto(f"/planner/needs/{brought.need}")
    expect(page.locator("main")).to_contain_text(words["by"])
    assert page.goto(f"/officer/photos/{photo}").status == 200  # type: ignore[union-attr]
