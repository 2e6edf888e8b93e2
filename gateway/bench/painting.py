"""How long a reader waits to see the map: first paint and the map drawn, in a real Chromium where one is installed.

Each round is a browser that has nothing kept, asks the app over a socket and tells by its own clock (`performance`), so what is measured
holds the server's time, the scripts and the drawing. Without playwright or Chromium the bench says so and measures nothing.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.bench import percentile

if TYPE_CHECKING:
    from flask import Flask

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAP, ROUNDS, PATIENCE_MS = "/planner/map", 7, 60_000
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
DRAWN = "performance.getEntriesByName('map drawn')[0].startTime"


def painted(app: Flask, name: str, password: str) -> str:
    """One line: `/planner/map in Chromium: first paint 210 ms (median of 7; the slowest 260), the map drawn 480 ms (610)`."""
    browser = next((found for found in map(shutil.which, BROWSERS) if found), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "no first paint: playwright is not installed"
    if browser is None:
        return "no first paint: no Chromium is installed"
    with served(app) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        _round(chromium, address, name, password)  # reads the run, as a server does when it starts
        rounds = [_round(chromium, address, name, password) for _ in range(ROUNDS)]
        chromium.close()
    (first, slow), (drawn, slowest) = ((percentile(each, .5), max(each)) for each in zip(*rounds, strict=True))
    return (f"{MAP} in Chromium: first paint {first:.0f} ms (median of {ROUNDS}; the slowest {slow:.0f}), "
            f"the map drawn {drawn:.0f} ms ({slowest:.0f})")


def _round(chromium: Any, address: str, name: str, password: str) -> tuple[float, float]:
    """(first paint, the map drawn) in milliseconds since the address was asked for."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, base_url=address)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto(MAP)
    page.wait_for_selector("#map[data-ready]")
    found = float(page.evaluate(PAINTED)), float(page.evaluate(DRAWN))
    context.close()
    return found


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app at an address of this machine, in a thread."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:
            pass
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
