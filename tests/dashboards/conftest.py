"""The app in front of a real node (see tests/conftest.py), and a browser to look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway import ranking
from gateway.node import Node
from tests.browsing import CHROMIUM, QUIET, patient
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import PASSWORD, Seed, app_of, as_role
from tests.ranking.planting import planted

OpenPage = Callable[..., Page]


@pytest.fixture
def seed(node: Node) -> Seed:
    return Seed(node)


@pytest.fixture
def app(node: Node) -> Flask:
    return app_of(node)


@pytest.fixture
def city(make_node: MakeNode, clock: Clock) -> Node:
    """The worked example, ranked."""
    node = planted(make_node, clock)
    Seed(node).accounts()
    ranking.make(node, by="ana")
    return node


@pytest.fixture
def desk(city: Node) -> FlaskClient:
    """A planner signed in to it."""
    return as_role(app_of(city), "planner")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser per module: a second one could not start beside a running one in the same thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app answers, on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """open_page(role="planner", width=360, scheme="dark", language="ar") -> a page, signed in when a role is named."""
    contexts = []

    def opened(*, role: str | None = None, width: int = 1280, scheme: str = "light", language: str = "en") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme,  # type: ignore[arg-type]
                                      locale=language, base_url=address)
        contexts.append(context)
        page = patient(context.new_page())
        page.goto(f"/sign-in?lang={language}")
        if role:
            page.fill("#name", f"ana-{role}")
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield opened
    for context in contexts:
        context.close()
