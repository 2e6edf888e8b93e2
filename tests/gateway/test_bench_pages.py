"""`barrio bench pages`: every page that it asks for answers, on both databases, and the city it plants is one that a journal could tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from flask import Flask
from sqlalchemy import Connection, select

import dashboards
from dashboards.queries import needs as seen
from gateway.bench import pages, painting
from gateway.bench.addresses import ASKED, BY_OFFICER, NOT_ASKED, Named, asks
from gateway.bench.peopling import people
from gateway.bench.planting import Town, plant
from gateway.cli import main
from gateway.decisions import releasing
from gateway.journal import counting, ledger
from gateway.journal.canonical import moment
from gateway.journal.events import Event
from gateway.journal.facts.matching import ReportFlagged
from gateway.journal.facts.needs import NeedOpened, NeedStatusChanged, ReportClassified, ReportGathered
from gateway.journal.facts.residents import CommandGiven, ReportFiled
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Report, Support, table
from gateway.node import Node
from gateway.rules import FOCAL, OFFICER, PLANNER
from tests.conftest import MakeNode

SAID = {"cancelled": "cancel", "confirmed_fixed": "fixed"}


def events(c: Connection) -> Iterator[tuple[Event, str]]:
    """The facts from which the rows of a planted city could have been folded."""
    for need in c.execute(select(table(Need))):
        yield NeedOpened(need=need.id, place_code=need.place_code, category=need.category, generation=need.generation), need.opened_at
        if need.status != "open":
            yield NeedStatusChanged(need=need.id, status=need.status, after=""), need.status_at
    for row in c.execute(select(table(Report))):
        of = {"report": row.id, "message": row.message, "sender": row.sender, "reference": row.reference}
        yield ReportFiled(**of, intent=row.intent, language=row.language, category=row.category, place_code=row.place_code,
                          severity=row.severity, people=row.people), row.filed_at
        yield ReportClassified(report=row.id, category=row.category, confidence=row.confidence, urgency=row.urgency,
                               restricted=row.restricted, model=row.model), row.filed_at
        if row.need:
            yield ReportGathered(report=row.id, need=row.need), row.filed_at
        if row.need and row.surge:
            yield ReportFlagged(report=row.id, need=row.need, why=()), row.filed_at
        if row.status in SAID:
            yield CommandGiven(**of, intent=SAID[row.status], language="es"), row.filed_at
    for row in c.execute(select(table(Support))):
        yield CommandGiven(message=row.id, sender=row.sender, intent="support", language="es", report=row.report, reference=""), row.at


def counts(node: Node) -> set[tuple[object, ...]]:
    with node.database.reading() as c:
        return {tuple(row) for row in c.execute(counting.counted(c))}


def test_every_page_that_is_measured_answers(database_url: str, capsys: pytest.CaptureFixture[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ASKED", 3)
    monkeypatch.setattr(painting, "ROUNDS", 1)
    url = [] if database_url.startswith("sqlite") else ["--postgres", database_url]
    assert main(["bench", "pages", "--reports", "600", "--needs", "60", "--places", "290", *url]) == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines() if line.startswith("/") and " in Chromium" not in line]
    status = {line[0]: line[1] if line[1].isdecimal() else line[2] for line in lines}  # the second word may say who asked
    assert {path for path, answer in status.items() if answer != "200"} == {"/planner/place"}, "without a place it leads to the map"
    assert {"/", "/queue/", "/planner/flows", "/planner/restricted", "/officer/list"} < set(status)
    assert re.search(r"^/planner/map in Chromium: first paint [1-9]\d* ms .*, the map drawn [1-9]\d* ms", out, re.M)
    assert ("290 places, PostgreSQL" if url else "290 places, SQLite") in out


# what has nothing to show in a city of one machine and small enough for a test, and why
BARE = {"/officer/landmarks/pin": "nobody said which phrase", "/planner/compare": "nobody said of what",
        "/planner/place": "nobody said which: it leads to the map", "/planner/incidents": "no channel of the bench carries test texts",
        "/planner/nodes": "one machine", "/planner/quarantine": "no worker runs, so nothing is due",
        "/planner/restricted/{restricted}": "its words are in no journal", "/planner/?page=40": "two thousand needs",
        "/planner/proposals?page=3": "a hundred proposals",
        "/planner/needs/{most}?page=40": "two thousand reports"}


def test_every_page_is_measured_with_something_on_it(node: Node) -> None:
    """A page that says that there is nothing yet says nothing of how long it takes."""
    town = Town(reports=8000, needs=300, places=290)
    plant(node, town)
    people(node, town)
    list(pages.measured(node, lambda path: False))
    app = Flask("pages", static_folder=None)
    dashboards.register(app, node)
    quarters = releasing.over(node.today, at_most=2)
    names = pages._named(node, pages._district(node), quarters)
    clients = {role: pages._signed_in(app, role) for role in (PLANNER, FOCAL, OFFICER)}
    bare = {path.format(**{field.name: getattr(names, field.name) for field in fields(names)}) for path in BARE}
    answers = {ask.path: clients[ask.role].get(ask.path).text for ask in asks(app, names)}
    assert len(answers) > 60
    assert {path for path, page in answers.items() if 'class="empty"' in page} - bare == set()
    assert bare <= set(answers)


def test_without_a_browser_the_bench_says_so(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "BROWSERS", ("no-such-browser",))
    assert painting.painted(Flask("pages"), "planner", "x") == "no first paint: no Chromium is installed"


def named() -> Named:
    return Named(*(field.name for field in fields(Named)))


def test_every_page_of_the_app_is_measured_or_says_why_not(node: Node) -> None:
    app = Flask("pages", static_folder=None)
    dashboards.register(app, node)
    routes = {rule.endpoint: rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    asked = {ask.path.partition("?")[0] for ask in asks(app, named())}
    bare = {rule.rule for endpoint, rule in routes.items() if not rule.arguments and endpoint not in NOT_ASKED}
    assert bare < asked
    assert {*ASKED, *NOT_ASKED, *BY_OFFICER} <= set(routes), "a page that is gone is asked for no more"
    assert not ASKED.keys() & NOT_ASKED.keys()
    assert all(NOT_ASKED.values())


def test_a_new_page_that_nobody_says_how_to_ask_is_a_fault(node: Node) -> None:
    app = Flask("pages", static_folder=None)
    dashboards.register(app, node)
    app.add_url_rule("/planner/new", "new.listed", lambda: "")
    assert "/planner/new" in {ask.path for ask in asks(app, named())}, "one without a name in its address is asked as it is"
    app.add_url_rule("/planner/new/<thing>", "new.one", lambda thing: thing)
    with pytest.raises(LookupError, match="/planner/new/<thing>"):
        asks(app, named())


def test_a_planted_city_is_told_alike_by_a_journal(make_node: MakeNode) -> None:
    planted, told = make_node(), make_node("told")
    plant(planted, Town(reports=1200, needs=40, seed=3))
    with planted.database.reading() as c, told.database.writing() as t:
        for event, at in events(c):
            ledger.write(t, told.origin, [event], at=moment(at), by="machine")
    counting.count_marked(told.database)
    rebuild(told.database, verify=True)
    assert counts(planted) == counts(told)
    with planted.database.reading() as c, told.database.reading() as t:
        lists = [seen.needs(of, planted, seen.Wanted(status="all"))[0] for of in (c, t)]
    assert [line.id for line in lists[0]] == [line.id for line in lists[1]]
    assert {line.status for line in lists[0]} == {line.status for line in lists[1]} > {"open"}
