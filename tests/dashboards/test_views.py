"""Saved views: kept for oneself or for all who plan, opened where they were, deleted by whom they belong to."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dashboards import views
from dashboards.queries import views as seen
from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from gateway.node import Node
from tests.dashboards.planting import Seed, app_of, as_role, token


@pytest.fixture
def clients(seed: Seed) -> dict[str, FlaskClient]:
    seed.accounts()
    app = app_of(seed.node)
    return {role: as_role(app, role) for role in ("planner", "focal", "admin")}


def save(client: FlaskClient, name: str, page: str = "planner.needs", asked: str = "place=S1600&covered=no", shared: str = "") -> int:
    return client.post("/planner/views", data={"csrf_token": token(client), "name": name, "page": page, "asked": asked,
                                               "shared": shared}).status_code


def listed(client: FlaskClient) -> dict[str, str]:
    """name -> address"""
    page = client.get("/planner/views").text
    return {name: where.replace("&amp;", "&") for where, name in re.findall(r'<h2><a href="([^"]+)"><bdi>(.*?)</bdi>', page)}


def delete(client: FlaskClient, node: Node, name: str) -> int:
    with node.database.reading() as c:
        view = c.execute(select(seen.VIEW.c.id).where(seen.VIEW.c.name == name)).scalar_one()
    return client.post("/planner/views", data={"csrf_token": token(client), "do": "delete", "view": view}).status_code


def test_a_view_opens_the_page_with_its_filters(clients: dict[str, FlaskClient]) -> None:
    planner = clients["planner"]
    assert save(planner, "  Gaps of   San Antonio ", asked="place=S1600&covered=no&page=4&run=old&lang=fr") == 303
    assert listed(planner) == {"Gaps of San Antonio": "/planner/?place=S1600&covered=no"}
    opened = planner.get(listed(planner)["Gaps of San Antonio"]).text
    assert set(re.findall(r'<option value="([^"]+)" selected', opened)) >= {"S1600", "no"}
    assert 'name="asked" value="place=S1600&amp;covered=no"' in opened, "the page offers to keep what it shows"


def test_what_is_mine_is_mine_and_what_is_shared_is_for_all(clients: dict[str, FlaskClient], node: Node) -> None:
    planner, focal, admin = clients["planner"], clients["focal"], clients["admin"]
    save(planner, "mine")
    save(planner, "ours", shared="yes")
    assert list(listed(planner)) == ["mine", "ours"]
    assert list(listed(focal)) == list(listed(admin)) == ["ours"]
    assert delete(focal, node, "ours") == delete(admin, node, "mine") == 404
    assert delete(admin, node, "ours") == delete(planner, node, "mine") == 303
    assert listed(planner) == {}


def test_the_same_name_is_the_same_view(clients: dict[str, FlaskClient]) -> None:
    save(clients["planner"], "gaps", asked="place=S1600")
    save(clients["planner"], "gaps", "ranking.listed", asked="covered=gap", shared="yes")
    save(clients["focal"], "gaps", "ranking.watch", asked="")
    assert listed(clients["planner"]) == {"gaps": "/planner/ranking?covered=gap"}
    assert clients["focal"].get("/planner/views").text.count("<h2><a") == 2


@pytest.mark.parametrize(("label", "name", "page", "asked", "status"), [
    ("no name", "   ", "planner.needs", "", 409),
    ("a page that decides", "x", "triage.quarantine", "", 404),
    ("a page of somebody else", "x", "https://example.org/", "", 404),
    ("more than an address holds", "x", "planner.needs", "place=" + "S" * 600, 409),
    ("words that are no query", "x", "planner.needs", "//example.org/\r\nSet-Cookie: a", 303),
    ("markup in a name", "<script>alert(1)</script>", "planner.needs", "place=%3Cscript%3E", 303),
])
def test_what_may_be_kept(label: str, name: str, page: str, asked: str, status: int, clients: dict[str, FlaskClient]) -> None:
    planner = clients["planner"]
    assert save(planner, name, page, asked) == status
    assert all(where.startswith("/planner/") for where in listed(planner).values())
    assert "<script>" not in planner.get("/planner/views").text
    assert len(listed(planner)) == (status == 303)


def test_an_account_keeps_so_many(node: Node, clients: dict[str, FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "MOST", 2)
    for name in ("a", "b", "b"):
        seen.keep(node, "account", "ana", name, "planner.needs", "", shared=False)
    with pytest.raises(Problem, match="delete one first"):
        seen.keep(node, "account", "ana", "c", "planner.needs", "", shared=False)


def test_views_are_no_facts_and_stay_when_all_is_folded_again(node: Node, clients: dict[str, FlaskClient]) -> None:
    with node.database.reading() as c:
        before = c.exec_driver_sql("SELECT count(*) FROM entry").scalar()
    save(clients["planner"], "gaps")
    rebuild(node.database)
    with node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM entry").scalar() == before
        assert c.execute(select(func.count()).select_from(seen.VIEW)).scalar() == 1


def test_every_page_that_can_be_kept_is_a_page(clients: dict[str, FlaskClient], node: Node) -> None:
    for page in views.PAGES:
        save(clients["planner"], page, page, "")
    for where in listed(clients["planner"]).values():
        answer = clients["planner"].get(where)
        assert answer.status_code in (200, 302)
        assert answer.status_code == 302 or "Save this view" in answer.text or "Guardar esta vista" in answer.text, where
