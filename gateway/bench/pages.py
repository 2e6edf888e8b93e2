"""How long each page takes on a city of a given size: server time, the first ask and then the 95th of a hundred.

The city is planted in the tables (`planting`), and every page of the app is asked (`addresses`), again and again; after each tenth time
something is written that it may show, so that nothing can be fast by being old. Beside the time on the clock stands the processor time
of this process: on SQLite all of it, and what is left to compare on a machine that others use too. Last a browser opens the map
(`painting`).
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gateway import config, ranking
from gateway.bench import machine, percentile, table
from gateway.bench.addresses import Named, asks
from gateway.bench.intake import emptied
from gateway.bench.painting import painted
from gateway.bench.peopling import meet, people
from gateway.bench.planting import Town, need_id, plant
from gateway.decisions import planning, releasing
from gateway.journal import ledger
from gateway.journal.facts.residents import CommandGiven
from gateway.journal.tables import MESSAGE_WAITS, Message, Need, Report
from gateway.journal.tables import table as of
from gateway.machine.instance import create
from gateway.node import Node, open_node
from gateway.rules import FOCAL, OFFICER, PLANNER
from parsers.reference import is_valid

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

NEED, REPORT, MESSAGE = of(Need), of(Report), of(Message)
ASKED, LONGEST_MS, WRITTEN_EVERY = 100, 15_000, 10
MOST_REPORTED, PASSWORD = need_id(0), "a long enough password"
HEAD = ["page", "status", "first ms", "median ms", "p95 ms", "cpu p95", "kB"]


def run(town: Town, postgres: str | None = None) -> None:
    """Print a table of pages for a city of that size, on SQLite, or on this PostgreSQL database alone."""
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        if postgres:
            emptied(postgres)
        made = create(Path(folder) / "hub", name="hub", **({"database_url": postgres} if postgres else {}))
        node = open_node(config.load(str(made.directory / "config.toml")))
        begun = time.perf_counter()
        plant(node, town)
        people(node, town)
        print(machine(), f"; {town.reports} reports, {town.needs} needs, {len(node.city.places)} places, "
              f"{'PostgreSQL' if postgres else 'SQLite'}, planted in {time.perf_counter() - begun:.0f} s with {_peak()} MB at most")
        print(table(HEAD, list(measured(node))))
        print(painted(_app(node), PLANNER, PASSWORD))
        print(f"memory at its peak {_peak()} MB")
        node.database.engine.dispose()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(node: Node, wanted: Callable[[str], bool] = lambda path: True) -> Iterator[list[Any]]:
    """A line for each address that is wanted, as `HEAD` names its columns."""
    app = _app(node)
    district = _district(node)
    with node.database.reading() as c:
        is_new = ranking.find(c) is None
    if is_new:
        for role, areas in ((PLANNER, ["*"]), (FOCAL, ["*"]), (OFFICER, [district])):
            planning.enrol(node, role, role, areas, PASSWORD)
        begun = time.perf_counter()
        ranking.make(node, by="bench", as_of=datetime.now(UTC).date())
        yield ["(rank all needs)", "", f"{1000 * (time.perf_counter() - begun):.0f}", "", "", "", ""]
        meet(node)
    clients = {role: _signed_in(app, role) for role in (PLANNER, FOCAL, OFFICER)}
    quarters = releasing.over(node.today, at_most=2)
    for quarter in quarters if is_new else ():
        begun = time.perf_counter()
        _post(clients[PLANNER], "/planner/indicators", period=quarter)
        yield [f"(tell {quarter})", "", f"{1000 * (time.perf_counter() - begun):.0f}", "", "", "", ""]
    for ask in asks(app, _named(node, district, quarters)):
        if not wanted(ask.path):
            continue
        took, worked = [], []
        for i in range(ASKED):
            if i % WRITTEN_EVERY == 1:
                _written(node)
            begun, at_work = time.perf_counter(), time.thread_time()
            answer = clients[ask.role].get(ask.path)
            took.append(1000 * (time.perf_counter() - begun))
            worked.append(1000 * (time.thread_time() - at_work))
            if sum(took) > LONGEST_MS:  # a page that is slow is told after a few
                break
        warm, own = took[1:] or took, worked[1:] or worked
        yield [ask.label, answer.status_code, f"{took[0]:.0f}", f"{percentile(warm, .5):.0f}", f"{percentile(warm, .95):.0f}",
               f"{percentile(own, .95):.0f}", f"{len(answer.data) / 1000:.0f}"]


def _app(node: Node) -> Flask:
    from flask import Flask

    import dashboards
    app = Flask("bench", static_folder=None)
    dashboards.register(app, node)
    node.warm_up()  # as a web process does before its first page
    return app


def _district(node: Node) -> str:
    """The district that holds most places."""
    districts = [row["code"] for row in node.city.places if row["kind"] == "district"]
    return max(districts, key=lambda code: (sum(row["parent"] == code for row in node.city.places), code))


def _named(node: Node, district: str, quarters: list[str]) -> Named:
    with node.database.reading() as c:
        of_most = select(REPORT.c.reference).where(REPORT.c.need == MOST_REPORTED, REPORT.c.restricted.is_(False))
        references = [reference for reference in c.execute(of_most).scalars() if is_valid(reference)]
        zone = c.execute(select(NEED.c.place_code).where(NEED.c.id == MOST_REPORTED)).scalar_one()
        restricted = c.execute(select(REPORT.c.id).where(REPORT.c.restricted.is_(True)).limit(1)).scalar_one()
        message = c.execute(select(MESSAGE.c.id).join(REPORT, REPORT.c.message == MESSAGE.c.id).where(
            MESSAGE_WAITS, REPORT.c.restricted.is_(False)).limit(1)).scalar_one()
        waits = c.execute(select(REPORT.c.id).where(
            REPORT.c.need.is_(None), REPORT.c.restricted.is_(False), REPORT.c.status == "received").limit(1)).scalar_one()
    return Named(MOST_REPORTED, need_id(50), district, zone, message, waits, references[0], restricted, quarters[0], quarters[1])


def _signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    _post(client, "/sign-in", name=name, password=PASSWORD)
    return client


def _post(client: FlaskClient, path: str, **form: str) -> None:
    page = client.get(path, follow_redirects=True).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(path, data={**form, "csrf_token": token})
    assert answer.status_code == 303, answer.text


def _written(node: Node) -> None:
    """A person decides about a need, and a resident takes a report of the same need back."""
    with node.database.reading() as c:
        seen = c.execute(select(NEED.c.status_entry).where(NEED.c.id == MOST_REPORTED)).scalar()
    planning.change_status(node, MOST_REPORTED, "verified", note="", by="bench", after=seen)
    with node.database.writing() as c:
        report = c.execute(select(REPORT).where(REPORT.c.need == MOST_REPORTED, REPORT.c.status == "received").limit(1)).first()
        if report:
            ledger.write(c, node.origin, [CommandGiven(message=report.message, sender=report.sender, intent="cancel", language="es",
                                                       report=report.id, reference=report.reference)], at=node.now(), by="resident")
