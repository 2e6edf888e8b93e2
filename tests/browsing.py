"""The browser of the tests, and a patient eye: a page may be as slow as a busy machine makes it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.patience import LONG, until

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PATIENCE = LONG * 1000  # milliseconds, as the browser counts
expect.set_options(timeout=PATIENCE)


def patient(page: Page) -> Page:
    page.set_default_timeout(PATIENCE)
    return page


def reload_until(page: Page, address: str, holds: Callable[[Page], object], words: str) -> None:
    """Open it again and again until it shows what a worker is about to do: a page that stands open does not change."""
    def shows() -> object:
        page.goto(address)
        return holds(page)

    until(shows, words, pause=0.25)
