"""The demo as a visitor uses it: text as a resident, read the reply, sign in as a planner, link the need, see it on the board."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the README


@dataclass(frozen=True)
class Demo:
    phone: str
    board: str
    planner: str
    password: str


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    port = _two_ports()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "gateway", "demo", "--port", str(port), "--data", str(tmp_path / "d")],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        said = ""
        while "password:" not in said:
            line = process.stdout.readline() if process.stdout else ""
            assert line, f"the demo ended: {(tmp_path / 'log').read_text()[-800:]}"
            said += line
        printed = time.monotonic()
        addresses = re.findall(r"http://\S+", said)
        with urllib.request.urlopen(addresses[1], timeout=10) as page:
            assert page.status == 200
        assert time.monotonic() - printed < 10
        yield Demo(*addresses, said.rsplit("password:", 1)[1].strip())
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, (tmp_path / "log").read_text()[-800:]
        if process.stdout:
            process.stdout.close()
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False).stdout.split()
    assert not left, "Ctrl-C left processes behind"


def _two_ports() -> int:
    """A port that is free together with the next one, where the demo puts its phone."""
    while True:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("127.0.0.1", 0))
            port: int = a.getsockname()[1]
            with suppress(OSError):
                b.bind(("127.0.0.1", port + 1))
                return port


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = browser.new_page(viewport={"width": 1280, "height": 900}, locale="es")
        opened.set_default_timeout(15_000)
        yield opened
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
    expect(page.locator("#talk")).to_contain_text("Recibido", timeout=20_000)
    reference = re.search(r"\b\d{5,7}\b", page.locator("#talk").inner_text().split("Recibido", 1)[1])
    assert reference
    shot(page, "phone")

    page.goto(demo.planner)
    page.fill("#name", "planner")
    page.fill("#password", demo.password)
    page.click("main button")
    page.wait_for_url("**/planner/")
    page.goto(f"{demo.planner}?place=S1604")
    shot(page, "needs")
    page.locator("main a[href*='/planner/needs/']").filter(has_text=re.compile("alumbrado|Calle", re.I)).first.click()
    expect(page.locator("main")).to_contain_text(reference[0])
    page.select_option("#work", "LED-04")
    page.fill("#why", "la obra pasa por esa calle")
    page.get_by_role("button", name=re.compile("^(Vincular|Enlazar|Link)")).click()
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "need")

    text(page, demo, f"ESTADO {reference[0]}")
    expect(page.locator("#talk")).to_contain_text("Esta en la obra LED", timeout=20_000)

    page.goto(f"{demo.board}track/{reference[0]}")
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "track")
    page.goto(demo.board)
    expect(page.locator("main")).to_contain_text("LED ladera este")
    shot(page, "board")
    assert not complaints
    assert not outside
