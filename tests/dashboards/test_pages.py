"""What every answer tells the browser, what faults look like, and what small faults in the markup would break."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from gateway.decisions import pinning
from gateway.journal.canonical import derived_id
from gateway.journal.database import Database
from gateway.rules import PUBLIC, rule
from tests.conftest import MakeNode
from tests.dashboards.planting import PASSWORD, Seed, app_of, as_role, need_id, sign_in, token

GUARDED = derived_id("report", "15")
PAGES = ("/", "/?district=S1600", "/track", "/track/48251", "/sign-in", "/nope", "/planner/", f"/planner/needs/{need_id('S1604', 'WAT01')}",
         "/planner/inbox", "/planner/outbox", "/planner/quarantine", "/planner/restricted", "/planner/restricted/log",
         "/planner/restricted/counts", f"/planner/restricted/{GUARDED}", "/planner/export", "/planner/try",
         "/officer/landmarks", "/officer/landmarks/pin?phrase=detras+del+molino&place=seguencoma",
         f"/planner/inbox/{derived_id('message', '14')}/read")
EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "rect", "path"}


class Outline(HTMLParser):
    """Checks that tags nest, ids are unique, labels point somewhere, and nothing runs inline."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.fors: list[str] = []
        self.faults: list[str] = []
        self.headings: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            self.open.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style" or (value or "").strip().startswith("javascript:"):
                self.faults.append(f"inline {name} on {tag}")
            if name in ("src", "href", "action") and value and "//" in value.partition("?")[0]:
                self.faults.append(f"{tag} leads elsewhere: {value}")
            if name == "id":
                self.ids.append(value or "")
            if name == "for":
                self.fors.append(value or "")
        if tag == "style" or (tag == "script" and not dict(attrs).get("src")):
            self.faults.append(f"inline {tag}")
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}> out of place")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["es", "ar"])
def test_the_markup_of_every_page(path: str, language: str, app: Flask, seed: Seed) -> None:
    seed.works()
    seed.accounts()
    with seed.together():
        for _ in range(12):
            seed.report()
        seed.report("sin lugar", place=None, errors=("missing_place",), place_text="detras del molino")
        seed.unread("qwerty")
        seed.report("ZZ", restricted=True, intent="protection")
    pinning.pin(seed.node, "tienda de Lucha", "S1701", by="ana")
    client = app.test_client() if path == "/sign-in" else as_role(app, "focal")
    page = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text
    outline = Outline(page)
    assert outline.faults == []
    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert set(outline.fors) <= set(outline.ids)
    assert outline.headings.count("h1") == 1
    assert 'href="#content"' in page
    assert 'name="viewport"' in page


def test_the_outline_sees_what_is_wrong() -> None:
    assert Outline('<p style="x" onclick="y">').faults == ["inline style on p", "inline onclick on p"]
    assert Outline('<script>x</script><script src="/a.js"></script>').faults == ["inline script"]
    assert Outline('<a href="//z">').faults == ["a leads elsewhere: //z"]
    assert Outline("<p><b></p></b>").faults == ["</p> out of place", "</b> out of place"]


@pytest.mark.parametrize("path", [*PAGES, "/pages/barrio.css", "/pages/mark.svg", "/pages/places.js", "/planner/export/needs.csv"])
def test_headers(path: str, app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report()
    for client in (app.test_client(), as_role(app, "focal")):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
        if not path.startswith("/pages/"):
            assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("secure", "hours"), [(False, 10), (True, 2)])
def test_the_session_cookie(secure: bool, hours: int, make_node: MakeNode) -> None:
    # the section [web] stands in the file already, so its key is set on the value
    node = make_node(extra=f"\n[access]\nsession_hours = {hours}\n")
    web = node.config.web.model_copy(update={"secure_cookies": secure})
    object.__setattr__(node, "config", node.config.model_copy(update={"web": web}))
    Seed(node).accounts()
    client = app_of(node).test_client()
    base = "https://localhost" if secure else "http://localhost"
    found = client.get("/sign-in", base_url=base).text.partition('csrf_token" value="')[2].partition('"')[0]
    form = {"name": "ana-planner", "password": PASSWORD, "csrf_token": found}
    answer = client.post("/sign-in", base_url=base, data=form)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure
    assert ("Strict-Transport-Security" in answer.headers) is secure


def test_static_files_may_be_kept_for_as_long_as_their_content_stands(client: FlaskClient) -> None:
    page = client.get("/").text
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert "max-age=31536000" in client.get(address).headers["Cache-Control"]
    assert "max-age" not in client.get("/pages/barrio.css?v=other").headers.get("Cache-Control", "")
    assert client.get("/pages/none.css").status_code == 404


def test_a_fault_of_ours_is_a_page_in_words_and_its_log_keeps_quiet(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise ValueError("the words of a resident")

    app.add_url_rule("/broken", view_func=rule(PUBLIC)(broken))
    answer = app.test_client().get("/broken?lang=en")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    for told in (answer.text, caplog.text):
        assert "Traceback" not in told
        assert "the words of a resident" not in told
    assert "ValueError at test_pages.py" in caplog.text


def test_the_database_away_is_503_even_for_the_signed_in(app: Flask, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    seed.accounts()
    client = as_role(app, "planner")

    @contextmanager
    def away(self: Database) -> Iterator[None]:
        raise OperationalError("select a secret", {}, Exception("disk I/O error"))
        yield

    monkeypatch.setattr(Database, "reading", away)
    for path in ("/", "/planner/", "/track/48215"):
        answer = client.get(f"{path}?lang=en")
        assert answer.status_code == 503, path
        assert "The database does not answer" in answer.text
        assert "secret" not in answer.text


def test_an_expired_form_says_so(client: FlaskClient, seed: Seed) -> None:
    seed.accounts()
    answer = client.post("/sign-in?lang=en", data={"name": "ana-planner", "password": "x"})
    assert answer.status_code == 400
    assert "open for too long" in answer.text
    assert sign_in(client, "ana-planner").status_code == 303


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_long_form_on_an_open_door_is_cut_off(client: FlaskClient) -> None:
    assert client.post("/sign-in", data={"csrf_token": token(client), "name": "x" * 300_000}).status_code == 413
