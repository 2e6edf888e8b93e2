"""The demo as a visitor uses it: text as a resident, read the reply, sign in as a planner, link the need, see it on the board."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browsing import CHROMIUM, QUIET, patient, reload_until
from tests.patience import LONG, free_port, until

SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the README


@dataclass(frozen=True)
class Demo:
    phone: str
    board: str
    planner: str
    password: str


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    port = free_port(following=1)  # the demo puts its phone there
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "gateway", "demo", "--port", str(port), "--data", str(tmp_path / "d")],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        said = ""
        while "password:" not in said:
            line = process.stdout.readline() if process.stdout else ""
            assert line, f"the demo ended: {(tmp_path / 'log').read_text()[-800:]}"
            said += line
        addresses = re.findall(r"http://\S+", said)
        with urllib.request.urlopen(addresses[1], timeout=LONG) as page:
            assert page.status == 200, "what is printed answers"
        yield Demo(*addresses, said.rsplit("password:", 1)[1].strip())
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0, (tmp_path / "log").read_text()[-800:]
        if process.stdout:
            process.stdout.close()
    ours = ["pgrep", "-f", str(tmp_path)]
    until(lambda: not subprocess.run(ours, capture_output=True, check=False).stdout, "Ctrl-C left processes behind")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield patient(browser.new_page(viewport={"width": 1280, "height": 900}, locale="es"))
        browser.close()


def shot(page: Page, name: str) -> None:
    if SCREENS:
        page.screenshot(path=f"{SCREENS}/{name}.png")


def text(page: Page, demo: Demo, words: str) -> None:
    page.goto(demo.phone)
    page.select_option("#resident", "")
    page.fill("#number", "+59170000099")
    page.fill("#words", words)
    page.click("button.send")


def test_a_visitor_texts_reads_plans_and_sees_it_on_the_board(demo: Demo, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith("http://127.0.0.1:") else None)

    text(page, demo, "faltan luminarias en Pampahasi, la calle esta oscura y da miedo")
    expect(page.locator("#talk")).to_contain_text("Recibido")
    reference = re.search(r"\b\d{5,7}\b", page.locator("#talk").inner_text().split("Recibido", 1)[1])
    assert reference
    shot(page, "phone")

    page.goto(demo.planner)
    page.fill("#name", "planner")
    page.fill("#password", demo.password)
    page.click("main button")
    page.wait_for_url("**/planner/")
    need = page.locator("main a[href*='/planner/needs/']").filter(has_text=re.compile("alumbrado|Calle", re.I)).first
    reload_until(page, f"{demo.planner}?place=S1604", lambda page: need.count(), "the text never became a need")
    shot(page, "needs")
    address = urljoin(demo.planner, need.get_attribute("href") or "")
    reload_until(page, address, lambda page: reference[0] in page.locator("main").inner_text(), "the need never got this report")
    page.select_option("#work", "LED-04")
    page.fill("#why", "la obra pasa por esa calle")
    page.get_by_role("button", name=re.compile("^(Vincular|Enlazar|Link)")).click()
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "need")

    text(page, demo, f"ESTADO {reference[0]}")
    expect(page.locator("#talk")).to_contain_text("Esta en la obra LED")

    page.goto(f"{demo.board}track/{reference[0]}")
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "track")
    page.goto(demo.board)
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "board")
    assert not complaints
    assert not outside
