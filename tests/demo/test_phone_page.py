"""The phone in the browser: its page, the JSON it polls, and the page itself in Chromium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

from gateway.demo.page import PhonePage, Resident
from gateway.demo.provider import ProviderDouble
from gateway.demo.residents import CITIES
from gateway.demo.segments import segments
from gateway.demo.spoken import SPOKEN
from tests.demo.demo_hub import ACCOUNT, Hub, send
from tests.patience import LONG

PHONE = "+59170000001"
SHOWN = PhonePage(
    "La Paz", (Resident("Justina", PHONE, "Pampahasi"), Resident("Nelson", "+59170000005", "Munaypata")),
    ("LUZ P1105 poste apagado", "<b>negrita</b>"), "http://127.0.0.1:1/", "http://127.0.0.1:1/planner/",
)


@pytest.fixture
def double(hub: Hub) -> Iterator[ProviderDouble]:
    with ProviderDouble(ACCOUNT, hub.inbound_url, phone_page=SHOWN, pace=0.01) as double:
        yield double


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_nothing_from_outside_and_nothing_inline(double: ProviderDouble) -> None:
    answer = requests.get(double.url, timeout=60)
    tags = Tags()
    tags.feed(answer.text)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not [tag for tag, said in tags.found if tag == "style" or (tag == "script" and not said.get("src"))]
    assert not [name for _, said in tags.found for name in said if name == "style" or name.startswith("on")]
    loaded = [said.get("src") or said.get("href") or "" for tag, said in tags.found if tag in ("script", "link", "img")]
    assert len(loaded) == 3
    for path in loaded:
        assert path.startswith("/")
        assert requests.get(double.url + path, timeout=60).status_code == 200


def test_the_page_names_residents_links_and_words_to_try(double: ProviderDouble) -> None:
    page = requests.get(double.url, timeout=60).text
    assert "Justina · Pampahasi" in page
    assert 'href="http://127.0.0.1:1/planner/"' in page
    assert "&lt;b&gt;negrita&lt;/b&gt;" in page


@pytest.mark.parametrize(("label", "language", "said", "not_said"), [
    ("La Paz", "es", ("Escriba como vecino", "Tablero de la ciudad", "recibido · received"), ("Écrivez",)),
    ("Casablanca", "fr", ("Écrivez comme un habitant", "Tableau de la ville", "reçu · received"),
     ("Escriba", "recibido", "Message Message")),
])
def test_the_page_speaks_the_language_of_its_city(label: str, language: str, said: tuple[str, ...], not_said: tuple[str, ...],
                                                  hub: Hub) -> None:
    with ProviderDouble(ACCOUNT, hub.inbound_url, phone_page=PhonePage(label, board_url="/board", language=language)) as double:
        page = requests.get(double.url, timeout=60).text
    assert f'<html lang="{language}">' in page
    assert [words for words in said if words not in page] == []
    assert [words for words in not_said if words in re.sub("<[^>]+>", "", page)] == []


def test_every_city_of_the_demo_has_a_page_with_all_its_words() -> None:
    assert {city.language for city in CITIES.values()} == set(SPOKEN)
    assert all(words.keys() == SPOKEN["es"].keys() and all(words.values()) for words in SPOKEN.values())


def test_a_text_and_its_reply_are_read_from_where_one_left_off(hub: Hub, double: ProviderDouble) -> None:
    written = requests.post(f"{double.url}/phone/messages", json={"number": PHONE, "text": "sin agua"}, timeout=60)
    assert (written.status_code, written.json()["arrived"]) == (201, True)
    assert hub.calls[0].form["Body"] == "sin agua"
    first = read(double)
    assert [(line["mine"], line["text"], line["arrived"]) for line in first["messages"]] == [(True, "sin agua", True)]
    send(double, PHONE)
    double.wait_for_replies(PHONE)
    assert [(line["mine"], line["text"]) for line in read(double, first["turn"])["messages"]] == [(False, "Recibido")]
    assert read(double, number="+59170000002")["messages"] == []


@pytest.mark.parametrize(("label", "sent", "status"), [
    ("a form of another site", {"data": {"number": PHONE, "text": "hola"}}, 415),
    ("a script of another site",
     {"json": {"number": PHONE, "text": "hola"}, "headers": {"Sec-Fetch-Site": "cross-site"}}, 415),
    ("another site that rebinds its name to this address",
     {"json": {"number": PHONE, "text": "hola"}, "headers": {"Host": "evil.example"}}, 400),
    ("no JSON under the name of JSON", {"data": "{", "headers": {"Content-Type": "application/json"}}, 400),
    ("a list", {"json": [PHONE, "hola"]}, 400),
    ("a number that is none", {"json": {"number": "123", "text": "hola"}}, 400),
    ("a number that is no text", {"json": {"number": 59170000001, "text": "hola"}}, 400),
    ("no words", {"json": {"number": PHONE, "text": ""}}, 400),
    ("too many words", {"json": {"number": PHONE, "text": "a" * 1601}}, 400),
    ("half a surrogate pair", {"json": {"number": PHONE, "text": "\ud83d"}}, 400),
])
def test_what_the_page_would_never_send_is_refused(
    label: str, sent: dict[str, Any], status: int, hub: Hub, double: ProviderDouble
) -> None:
    assert requests.post(f"{double.url}/phone/messages", timeout=60, **sent).status_code == status
    assert hub.calls == []


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    installed = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.set_default_timeout(LONG * 1000)
        yield page
        browser.close()


def test_a_resident_texts_and_reads_on_a_narrow_screen_by_keyboard(
    browser_page: Page, hub: Hub, double: ProviderDouble
) -> None:
    page, hostile, trouble = browser_page, "<img src=x onerror=alert(1)> sin agua", []
    page.on("console", lambda said: trouble.append(said.text))
    page.on("pageerror", lambda fault: trouble.append(str(fault)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(double.url)
    for _ in range(3):  # resident, conversation, message
        page.keyboard.press("Tab")
    page.keyboard.type(hostile)
    page.keyboard.press("Enter")
    page.locator("#talk .mine", has_text="sin agua").wait_for()
    send(double, PHONE, "<script>alert(2)</script>")
    page.locator("#talk .theirs", has_text="received").wait_for()
    assert hub.calls[0].form["Body"] == hostile
    assert page.locator("#talk .said").all_inner_texts() == [hostile, "<script>alert(2)</script>"]
    assert page.locator("#talk img, #talk script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert trouble == []


def test_the_page_counts_parts_as_the_provider_does(browser_page: Page, double: ProviderDouble) -> None:
    browser_page.goto(double.url)
    plain = ["a" * 160, "a" * 161, "a" * 152 + "€" + "a" * 152, "ñ" * 307]
    texts = [*plain, "í" * 70, "í" * 71, "😀" * 36, "í" * 66 + "😀" + "í" * 66]
    shown = []
    for text in texts:
        browser_page.locator("#words").fill(text)
        found = re.search(r"(\d+) SMS", browser_page.locator("#count").inner_text())
        shown.append(int(found.group(1)) if found else 0)
    assert shown == [segments(text) for text in texts]


def read(double: ProviderDouble, after: int = 0, number: str = PHONE) -> Any:
    asked = {"number": number, "after": str(after)}
    return requests.get(f"{double.url}/phone/messages", params=asked, timeout=60).json()
