"""The whole loop in a browser: two neighbours on the phone simulator, an officer in the street, a planner at a desk; es and fr."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.decisions import planning
from gateway.journal.rebuilding import rebuild
from tests.browsing import CHROMIUM, QUIET, patient
from tests.conftest import Clock, MakeNode
from tests.e2e.townhall import TOKEN, TownHall

SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the documentation
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class City:
    """Where it happens, what the two write, and what they and the planner read; `{ref}` is the number that a neighbour was given."""

    name: str
    language: str
    area: str
    work: str
    neighbours: tuple[str, str]
    texts: tuple[str, str]
    heard: dict[str, tuple[str, str]]
    phone: tuple[str, str]
    saved: str
    open: str
    reopened: str
    figures: tuple[str, str, str]


LA_PAZ = City(
    "la-paz", "es", "S1600", "LED-04", ("+59170000001", "+59170000006"),
    ("no hay alumbrado en Pampahasi", "pas d'éclairage à Pampahasi"),
    {"acknowledged": ("Su numero es {ref}", "Avec vous, 2 personnes le signalent"),
     "verified": ("Problema confirmado", "Problème confirmé"),
     "linked": ("Ahora esta en la obra LED ladera este", "Il est maintenant dans le projet LED ladera este"),
     "done": ("Nos dijeron que ya esta resuelto. Si no es asi responda: NO ARREGLADO {ref}",
              "Si ce n'est pas vrai, répondez: PAS REPARE {ref}"),
     "asked": ("¿Quedo bien? Responda 1 Si 2 En parte 3 No", "Est-ce bien fait? Répondez 1 Oui 2 En partie 3 Non"),
     "answered": ("Gracias por confirmar el aviso {ref}", "Le signalement {ref} reste ouvert")},
    ("enviado", "recibido"), "Se cambió el estado.", "Abierta", "Un vecino dice que no se arregló: la necesidad está abierta otra vez.",
    ("Confirmado por vecinos", "En parte", "No arreglado"))
CASABLANCA = City(
    "casablanca", "fr", "CB1200", "INDH-11", ("+212600000001", "+212600000016"),
    ("pas d'éclairage à Sidi Moumen", "Sidi Moumen sans éclairage depuis 3 jours"),
    {"acknowledged": ("Votre numéro: {ref}", "Avec vous, 2 personnes le signalent"),
     "verified": ("Problème confirmé", "Problème confirmé"),
     "linked": ("Il est maintenant dans le projet Eclairage public Sidi Moumen",) * 2,
     "done": ("Si ce n'est pas vrai, répondez: PAS REPARE {ref}",) * 2,
     "asked": ("Est-ce bien fait? Répondez 1 Oui 2 En partie 3 Non",) * 2,
     "answered": ("Merci d'avoir confirmé le signalement {ref}", "Le signalement {ref} reste ouvert")},
    ("envoyé", "reçu"), "Le statut a été changé.", "Ouvert", "Un habitant dit que ce n’est pas réparé : le besoin est rouvert.",
    ("Confirmé par les habitants", "En partie", "Pas réparé"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def hall(request: pytest.FixtureRequest, make_node: MakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[TownHall]:
    with TownHall(request.param.name, clock) as hall:
        monkeypatch.setenv("BARRIO_TWILIO_ACCOUNT_SID", hall.account.sid)
        monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", TOKEN)
        hall.found(make_node)
        planning.enrol(hall.node, "luz", "officer", [request.param.area], PASSWORD)
        planning.enrol(hall.node, "ana", "planner", ["*"], PASSWORD)
        yield hall
    rebuild(hall.node.database, verify=True)


@dataclass
class Neighbour:
    """Somebody at the phone simulator, which says `fates` of what was sent and what came; `reference` is the number of their report."""

    page: Page
    name: str
    fates: tuple[str, str]
    reference: str = ""

    def text(self, words: str) -> None:
        """Send it, and wait until the city has it."""
        mine = self.page.locator("#talk .mine")
        before = mine.count()
        self.page.fill("#words", words)
        self.page.click("button.send")
        expect(mine).to_have_count(before + 1)
        expect(mine.last).to_contain_text(self.fates[0])

    def press(self, key: str) -> None:
        """Answer with one key of the pad."""
        self.page.click(f".key[value='{key}']")
        self.text(self.page.input_value("#words"))

    def takes_the_number(self) -> None:
        expect(self.page.locator("#talk .theirs")).to_have_count(1)
        found = re.search(r"\b\d{5}\b", self.page.locator("#talk .theirs").inner_text())
        assert found, "every report gets a number"
        self.reference = found[0]

    def hears(self, words: str, what: str) -> None:
        """The last that the phone got says so, and it arrived."""
        last = self.page.locator("#talk .theirs").last
        expect(last).to_contain_text(words.replace("{ref}", self.reference))
        expect(last).to_contain_text(self.fates[1])
        shot(self.page, f"phone-{self.name}-{what}")


def shot(page: Page, name: str) -> None:
    if SCREENS:
        page.screenshot(path=f"{SCREENS}/loop-{name}.png", full_page=True)


@dataclass
class Desk:
    """Somebody of the city at a browser; who has not been there for hours signs in again."""

    page: Page
    name: str
    city: City

    def go_to(self, address: str) -> None:
        self.page.goto(f"/sign-in?lang={self.city.language}&next={address}")
        self.page.fill("#name", self.name)
        self.page.fill("#password", PASSWORD)
        self.press("main button")

    def press(self, button: str) -> None:
        """Press, and wait for the page that answers."""
        with self.page.expect_navigation():
            self.page.click(button)

    def figures(self) -> tuple[str, ...]:
        """What residents say of the repair: it is so, in part, not at all."""
        cells = self.page.locator("#telling + dl > div")
        return tuple(cells.filter(has_text=words).locator("dd").inner_text() for words in self.city.figures)

    def look(self, name: str) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.page.evaluate("window.innerWidth"), name
        shot(self.page, f"{self.name}-{self.city.language}-{name}")


@pytest.mark.parametrize(("hall", "city"), [(LA_PAZ, LA_PAZ), (CASABLANCA, CASABLANCA)], indirect=["hall"], ids=["es", "fr"])
def test_two_neighbours_hear_at_every_step_and_one_of_them_opens_it_again(hall: TownHall, browser: Browser, city: City) -> None:
    complaints: list[str] = []

    def opened(base: str, width: int) -> Page:
        page = patient(browser.new_page(viewport={"width": width, "height": 800}, locale=city.language, base_url=base))
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        return page

    people = []
    for number in city.neighbours:
        page = opened(hall.double.url, 1000)
        page.goto("/")
        page.select_option("#resident", number)
        people.append(Neighbour(page, page.locator("#owner").inner_text(), city.phone))

    def both_hear(what: str) -> None:
        for neighbour, words in zip(people, city.heard[what], strict=True):
            neighbour.hears(words, what)

    for neighbour, words in zip(people, city.texts, strict=True):
        neighbour.text(words)
        hall.later(seconds=20)
        neighbour.takes_the_number()
    both_hear("acknowledged")

    luz, ana = Desk(opened(hall.url, 360), "luz", city), Desk(opened(hall.url, 1280), "ana", city)
    luz.go_to("/officer/")
    luz.press("a[href*='/officer/needs/']")
    need = luz.page.url.rsplit("/", 1)[1]
    for words in city.texts:
        expect(luz.page.locator("main")).to_contain_text(words)
    luz.page.fill("#note", "LED 14")
    luz.press("button[value=verify]")
    expect(luz.page.locator(".deed")).to_be_visible()
    luz.look("verified")
    hall.later(minutes=40)
    both_hear("verified")

    ana.go_to("/planner/")
    ana.press(f"a[href*='/planner/needs/{need}']")
    ana.page.select_option("#work", city.work)
    ana.press("form[action$='/link'] button")
    expect(ana.page.locator(".note.done")).to_be_visible()
    ana.look("linked")
    hall.later(hours=25)
    both_hear("linked")

    ana.go_to(f"/officer/needs/{need}")
    ana.page.select_option(f"#phase-{city.work}", "handover")
    ana.press(f"form[action$='/works/{city.work}'] button")
    ana.page.goto(f"/planner/needs/{need}")
    ana.page.select_option("#status", "done")
    ana.press("form[action$='/status'] button")
    expect(ana.page.locator(".note.done")).to_have_text(city.saved)
    assert ana.figures() == ("0", "0", "0"), "the city says so, and nobody else yet"
    ana.look("done")
    hall.later(hours=25)
    both_hear("done")

    hall.later(days=8)
    both_hear("asked")
    people[0].press("1")
    people[1].press("3")
    hall.later(seconds=20)
    both_hear("answered")
    ana.go_to(f"/planner/needs/{need}")
    expect(ana.page.locator(".note.fault")).to_contain_text(city.reopened)
    expect(ana.page.locator("dl.figures").first).to_contain_text(city.open)
    assert ana.figures() == ("1", "0", "1")
    ana.look("reopened")
    assert [len(hall.double.replies_to(number)) for number in city.neighbours] == [6, 6], "at every step once, and nothing besides"
    assert complaints == []
