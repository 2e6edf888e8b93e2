"""In a real browser: nothing overflows at 360 px, nothing comes from elsewhere, everything is reachable by keyboard, axe is content."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboards import indicators
from dashboards.indicators import Said
from gateway import ranking
from gateway.decisions import deciding, photos, pinning, planning, releasing, triaging, visiting
from gateway.decisions.photos import cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.journal.canonical import derived_id
from gateway.journal.facts.broadcasts import BroadcastPrepared, BroadcastStarted, PollClosed
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Listed, table
from gateway.matching.fit import Match
from gateway.node import Node
from tests.browsing import patient
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import PASSWORD, Seed, need_id
from tests.dashboards.test_incidents import plant
from tests.gateway.pictures import png

GUARDED = derived_id("report", "27")
PREPARED, CLOSED = "broadcast-prepared", "broadcast-closed"
WATER = f"/planner/needs/{need_id('S1604', 'WAT01')}"
PAGES = ("/", "/?district=S1600", "/track", "/track/10005", "/track/48251", "/nope", "/planner/", WATER, "/planner/inbox",
         "/queue/", "/queue/?keys=off&rows=200", f"/queue/need/{need_id('S1604', 'WAT01')}",
         f"/queue/message/{derived_id('message', '29')}", "/planner/lessons", "/planner/outbox", "/planner/quarantine",
         "/planner/restricted", "/planner/restricted/log", "/planner/restricted/counts", f"/planner/restricted/{GUARDED}",
         "/planner/export", "/planner/try", "/planner/nodes", "/planner/incidents", "/sign-in",
         "/planner/ranking", "/planner/watch", "/planner/proposals", "/planner/budget?budget=60000", "/planner/weights",
         "/officer/landmarks", "/officer/landmarks/pin?phrase=detras+del+molino", f"/planner/inbox/{derived_id('message', '28')}/read",
         "/officer/", "/officer/?area=S0000", "/officer/map", "/officer/map?area=S1600", "/officer/list", "/officer/news",
         "/officer/contested", "/officer/works", "/officer/greetings", "/officer/reports/new",
         f"/officer/needs/{need_id('S1604', 'WAT01')}",
         "/planner/indicators", "/planner/map", "/planner/pack?budget=60000",
         "/planner/flows", "/planner/flows?answer=linked", "/planner/ages", "/planner/trends?by=what",
         "/planner/compare?a=S1604&b=S1701", "/planner/views", "/planner/trips",
         "/planner/broadcasts/", "/planner/broadcasts/new", f"/planner/broadcasts/{PREPARED}", f"/planner/broadcasts/{CLOSED}",
         "/bulletin?district=S1600", "/bulletin/S1604", "/planner/place?place=S1604", "/map", "/map?category=WST", "/indicators")


@pytest.fixture
def planted(seed: Seed, node: Node) -> Seed:
    seed.works()
    seed.accounts()
    plant(node)
    with seed.together():
        for n in range(14):
            text = "no hay agua " + "x" * 400 if n == 3 else "ماكاينش الما هادي 3 أيام"
            seed.report(text, language="ar" if n % 2 else "es", urgency=1 + n % 4)
        for n in range(12):
            seed.report("basura", category="WST01", place=("S1701", "P1314")[n % 2])
    seed.report("me pega", category="SAF03", restricted=True)
    seed.report("sin lugar", place=None, errors=("missing_place",), place_text="detras del molino " + "viejo" * 40)
    seed.unread("<script>document.title = 'broken into'</script> {{7*7}}")
    planning.read_message(node, seed.unread("la lampara de las gradas"), "LIT01", "S1701", why="it is dark there", by="ana")
    for place, seen in (("S1701", None), ("S1604", "")):
        pinning.pin(node, "tienda de Lucha", place, by="luis", after=seen)
    planning.link_need(node, need_id("S1604", "WAT01"), "W-1", why="the same pipe", by="ana")
    for by, status in (("ana", "verified"), ("luis", "not_found")):
        planning.change_status(node, need_id("S1604", "WAT01"), status, note="as I saw it", by=by, after=None)
    who = Who("luis", "luis", lambda place: True)
    photos.keep(node.config.data, cleaned(png()))
    triaging.decide(node, who, "note", [Chosen("need", need_id("S1604", "WAT01"))], note="the pump", photo=cleaned(png()))
    visiting.progress(node, who, "W-1", "execution", note="half of it")
    with node.database.writing() as c:
        c.exec_driver_sql("INSERT INTO task (kind, subject, due_at, attempts, error, quarantined_at) VALUES "
                          "('classify', 'r1', '2026-11-25T00:00:00.000Z', 5, 'ValueError', '2026-11-25T00:00:00.000Z')")
    seed.report("sin luz", category="LIT02", place="S1604")
    for place, category in (("S1604", "LIT02"), ("S1701", "WST01")):
        deciding.cost_need(node, need_id(place, category), 48000, source="a visit", by="ana")
    deciding.decide_proposal(node, Match(need_id("S1701", "WST01"), "W-2", "VER", 1.0, 1.0, 1.0, 1.0), "run", "refused", why="no", by="ana")
    ranking.make(node, by="ana")
    broadcasts(seed, node)
    told = [Said(("S1600", "C0800")[n % 2], ("WAT", "WST")[n % 3 == 1], ("done", "confirmed", "waiting")[n % 3],
                 "FM"[n % 2] if n % 5 else None, f"s{n}") for n in range(120)]
    releasing.release(node, "2026-Q2", indicators.packed(indicators.count(told, 10)), 10, by="ana")
    return seed


def broadcasts(seed: Seed, node: Node) -> None:
    """A poll that waits for its button, and one that is over."""
    asked = {"texts": {"es": "¿Que hacemos primero?", "ar": "شنو نديرو الأول؟"}, "options": {"es": "Cancha|Parque", "ar": "ملعب|حديقة"}}
    with node.database.writing() as c:
        insert(c, table(Contact), [{"sender": f"sender{n:04d}", "channel": "console",
                                    "number": node.vault.seal(f"+591700000{n:02d}".encode())} for n in range(1, 15)])
    for broadcast in (PREPARED, CLOSED):
        seed.write(BroadcastPrepared(broadcast=broadcast, title="Kupini <b>agua</b>", audience="place", code="S1604",
                                     closes_at="2026-12-01T03:59:59.000Z", **asked), by="ana")
    seed.write(BroadcastStarted(broadcast=CLOSED, phones=180, segments=200), by="ana")
    seed.write(PollClosed(broadcast=CLOSED, counts={"A F": 40, "A U": 30, "B F": 25, "B U": 44}, apart={"A": 3, "B": 14}))
    with node.database.writing() as c:
        insert(c, table(Listed), [{
            "broadcast": CLOSED, "errand": errand, "sender": f"sender{n:04d}", "state": ("passed", "waiting")[n % 2], "reply": None,
            "reason": ("enough", "")[n % 2], "vain": 0} for n in range(1, 15) for errand in ("say", "told")])


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark"),  # every width and every scheme; crossed by the campaign
                                               pytest.param(1280, "dark", marks=pytest.mark.campaign),
                                               pytest.param(360, "light", marks=pytest.mark.campaign)])
def test_every_page_fits_is_accessible_and_asks_nobody_else(width: int, scheme: str, planted: Seed, open_page: OpenPage,
                                                               address: str) -> None:
    page = open_page(role="focal", width=width, scheme=scheme)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if "status of 404" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    violations = {}
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page)
        if found.violations_count:
            violations[path] = found.generate_report()
    assert violations == {}
    assert complaints == [], "the content policy had nothing to refuse"
    assert [url for url in asked if not url.startswith(address)] == []
    assert page.title() != "broken into"


def test_right_to_left(planted: Seed, open_page: OpenPage) -> None:
    page = open_page(role="planner", width=360, language="ar")
    for path in ("/", "/planner/", WATER, "/officer/landmarks/pin?phrase=molino&place=seguencoma", "/planner/inbox", "/queue/",
                 "/officer/", "/officer/map", "/officer/contested", "/officer/reports/new", f"/officer/needs/{need_id('S1604', 'WAT01')}",
                 "/planner/indicators",
                 f"/queue/need/{need_id('S1604', 'WAT01')}", "/planner/ranking", "/planner/budget?budget=60000", "/planner/proposals",
                 "/planner/watch", "/planner/broadcasts/new", f"/planner/broadcasts/{PREPARED}", f"/planner/broadcasts/{CLOSED}"):
        page.goto(path)
        assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert Axe().run(page).violations_count == 0


def test_axe_sees_what_is_wrong(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate("document.querySelector('label').remove()")
    assert Axe().run(page).violations_count > 0


def _tabs_until(page: Page, selector: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "the focus is visible"
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_a_planner_without_a_mouse_links_a_need_and_the_board_shows_it(planted: Seed, open_page: OpenPage) -> None:
    page = open_page(role="planner")
    page.goto("/planner/?place=S1701")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    _tabs_until(page, "tbody a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planner/needs/*")
    _tabs_until(page, "#work")
    page.keyboard.type("Gradas")
    _tabs_until(page, "#why")
    page.keyboard.type("the stairs pass the dump")
    page.keyboard.press("Enter")
    expect(page.locator(".note.done")).to_have_text("Linked.")
    expect(page.locator("#journal ~ ol li").first).to_contain_text("ana-planner linked the work Gradas Kupini.")
    page.goto("/")
    expect(page.locator(".works")).to_contain_text("Gradas Kupini")


def test_signing_in_is_asked_for_and_leads_back(planted: Seed, open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/planner/outbox?state=queued")
    page.fill("#name", "ana-planner")
    page.fill("#password", "wrong")
    page.click("main button")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    page.fill("#password", "a long enough password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planner/outbox?state=queued")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    page.goto("/planner/")
    assert "/sign-in" in page.url


def test_an_officer_without_a_mouse_pins_a_landmark_from_what_the_field_offers(planted: Seed, open_page: OpenPage, node: Node) -> None:
    page = open_page(role="officer", width=360)
    page.goto("/officer/landmarks")
    _tabs_until(page, "main a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/officer/landmarks/pin?*")
    page.fill("#phrase", "detras del molino")
    page.focus("#place")
    with page.expect_response("**/officer/places?find=kupi"):
        page.keyboard.type("kupi")
    expect(page.locator("#places option").first).to_have_attribute("value", "Kupini (S1701)")
    page.fill("#place", "Kupini (S1701)")
    page.keyboard.press("Enter")
    expect(page.locator(".note.done")).to_contain_text("means Kupini (S1701)")
    expect(page.locator("#pinned ~ article").first).to_contain_text("Pinned by ana-officer")


def test_without_a_script_a_place_is_chosen_from_the_answer_of_the_form(planted: Seed, browser: Browser, address: str) -> None:
    page = patient(browser.new_context(java_script_enabled=False, base_url=address, locale="en").new_page())
    page.goto("/sign-in?lang=en")
    page.fill("#name", "ana-planner")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"/planner/inbox/{derived_id('message', '28')}/read")
    page.select_option("#category", "SAN01")
    page.fill("#place", "seguencoma")
    page.click("form[action$='/read'] button")
    page.get_by_label("Alto Seguencoma").check()
    page.click("form[action$='/read'] button")
    expect(page.locator(".note.done")).to_contain_text("Saved.")
    expect(page.locator("#lately ~ article").first).to_contain_text("Seguencoma")
    page.locator("#lately ~ article button").first.click()
    expect(page.locator(".note.done")).to_contain_text("Taken back")
    page.context.close()


def test_an_officer_without_a_script_brings_in_a_visit_and_takes_it_back(planted: Seed, browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address, locale="en", viewport={"width": 360, "height": 740})
    page = patient(context.new_page())
    page.goto("/sign-in?lang=en")
    page.fill("#name", "ana-officer")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.locator(".lines h3 a").first.click()
    page.fill("#note", "seen without a script")
    page.set_input_files("#photo", {"name": "x.png", "mimeType": "image/png", "buffer": png()})
    page.click("button[value=verify]")
    expect(page.locator(".deed")).to_contain_text("Verified: 1 done")
    expect(page.locator("img.photo").first).to_be_attached()
    page.locator(".deed button").click()
    expect(page.locator(".deed")).to_contain_text("Taken back: 1 done")
    page.goto("/officer/reports/new")
    page.fill("#text", "no hay luz")
    page.fill("#place", "seguencoma")
    page.locator("main form button").click()
    page.get_by_label("Alto Seguencoma").check()
    page.locator("main form button").click()
    expect(page.locator("h1")).to_contain_text("Number")
    page.context.close()


def test_an_officer_without_a_mouse_decides_on_the_spot(planted: Seed, open_page: OpenPage) -> None:
    page = open_page(role="officer", width=360)
    page.goto("/officer/")
    _tabs_until(page, ".lines h3 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/officer/needs/*")
    _tabs_until(page, "#note")
    page.keyboard.type("nobody knows of it")
    _tabs_until(page, "#photo")
    _tabs_until(page, "button[value=not_found]")
    page.keyboard.press("Space")
    expect(page.locator(".deed")).to_contain_text("Not found on the spot: 1 done")


@pytest.mark.parametrize(("language", "most", "left"), [
    ("es", "60 caracteres como máximo", "quedan 55"), ("ar", "60 حرفًا على الأكثر", "بقي 55"),
    ("fr", "60 caractères au plus", "il en reste 55")])
def test_whoever_writes_a_reason_sees_how_much_room_is_left(seed: Seed, open_page: OpenPage, language: str, most: str, left: str) -> None:
    seed.accounts()
    seed.report()
    page = open_page(role="planner", language=language)
    page.goto(f"/planner/needs/{need_id('S1604', 'WAT01')}")
    expect(page.locator("#reason-left")).to_contain_text(most)
    page.fill("#reason", "costo")
    expect(page.locator("#reason-left")).to_contain_text(left)
