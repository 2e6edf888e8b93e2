"""A planner's morning in a browser: filter, open a need, look at a chart, compare, link, refuse and say why, run a budget, print."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from gateway.journal.tables import Link, Proposal, table
from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.ranking.planting import need_id

SCREENS = os.environ.get("BARRIO_SCREENS")  # a folder for the pictures of the documentation
LINK, PROPOSAL = table(Link), table(Proposal)
WHY = {"es": "ya lo cubre otra obra", "ar": "أشغال أخرى تغطيها"}


def morning(city: Node, open_page: OpenPage, language: str, width: int, scheme: str) -> None:
    """The whole of it on the worked example, in one language, on a screen of that width, by day or by night."""
    page = open_page(role="planner", language=language, width=width, scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "status of 409" not in message.text else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    look = looking(page, language, width, scheme)

    page.goto("/planner/")
    page.select_option("#category", "LIT")
    go(page.locator("form.filters button").first)
    look("needs")
    go(page.locator("tbody th a").first)
    assert page.url.endswith(need_id("N2"))
    look("need")

    page.goto("/planner/flows")
    page.wait_for_selector(".chart[data-ready]")
    look("flows")
    page.select_option("#measure", "unfunded")
    go(page.locator("form.filters button").first)
    assert "measure=unfunded" in page.url, "what was asked stands in the address"
    keep(page, language)

    page.goto("/planner/compare?a=S1701&b=C0502")
    look("compare")
    expect(page.locator("tbody tr").first.locator("td").nth(2)).to_have_text("0")

    page.goto(f"/planner/needs/{need_id('N2')}")
    page.select_option("#work", "G2")
    page.fill("#why", WHY[language])
    go(page.locator("form[action$='/link'] button").first)
    expect(page.locator(".note.done")).to_be_visible()

    page.goto("/planner/proposals")
    refused = page.locator("article", has=page.locator(f"a[href$='{need_id('N1')}']")).first
    go(refused.locator("button[value=refused]"))
    expect(page.locator("h1")).to_be_visible()  # without a reason it is not taken, and the page says so
    with city.database.reading() as c:
        assert c.execute(select(PROPOSAL.c.decision)).all() == []
    page.goto("/planner/proposals")
    refused.locator("input[name=why]").fill(WHY[language])
    go(refused.locator("button[value=refused]"))
    expect(page.locator(".note.done")).to_be_visible()
    look("proposals")
    with city.database.reading() as c:
        assert [tuple(row) for row in c.execute(select(PROPOSAL.c.decision, PROPOSAL.c.why))] == [("refused", WHY[language])]
        assert [tuple(row) for row in c.execute(select(LINK.c.need, LINK.c.work))] == [(need_id("N2"), "G2")]

    page.goto("/planner/budget")
    page.fill("#budget", "60000")
    go(page.locator("form.filters button").first)
    expect(page.locator("dl.figures dd").first).to_have_text(re.compile(r"50[.,٬]000|٥٠٬٠٠٠"))
    look("budget")
    page.goto("/planner/pack?budget=60000")
    look("pack")
    point = page.locator("details.paper").first
    point.locator("summary").click()
    point.locator("select").select_option("postponed")
    point.locator("input[name=until]").fill("2025-09-01")
    point.locator("input[name=why]").fill(WHY[language])
    go(point.locator("form.row button"))
    expect(page.locator(".note.done")).to_be_visible()
    expect(page.locator("table.form tbody tr").first).to_contain_text(WHY[language])
    look("minutes")
    page.emulate_media(media="print")
    assert len(page.pdf()) > 5000
    expect(page.locator("#minutes")).to_be_visible()
    assert WHY[language] in page.locator(".pack").inner_text()
    assert complaints == []


def looking(page: Page, language: str, width: int, scheme: str) -> Callable[[str], None]:
    """Every stop of the morning fits, is accessible and reads in its direction; a picture of it when somebody wants to look."""
    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr"), name
        found = Axe().run(page)
        assert found.violations_count == 0, (name, found.generate_report())
        if SCREENS:
            page.screenshot(path=Path(SCREENS) / f"morning-{name}-{language}-{width}-{scheme}.png", full_page=True)
    return look


def go(button: Locator) -> None:
    """Press, and wait for the page that answers."""
    with button.page.expect_navigation():
        button.click()


def keep(page: Page, language: str) -> None:
    """The question is saved under a name, found again and opened."""
    page.click("details.screen summary")
    page.fill("#view-name", WHY[language])
    go(page.locator("details.screen button").first)
    expect(page.locator(".note.done")).to_be_visible()
    go(page.locator("li.paper h2 a").first)
    assert "/planner/flows" in page.url
    assert "measure=unfunded" in page.url
