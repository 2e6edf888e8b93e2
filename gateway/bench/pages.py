"""How long each planner's page takes on a city of a given size: server time, the first ask and then the 95th of a hundred.

The city is planted in the tables (`planting`). A page is asked again and again, and after each tenth time something is written that it
may show, so that nothing can be fast by being old. Beside the time on the clock stands the processor time of this process: on SQLite all
of it, and what is left to compare on a machine that others use too.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway import config, planning, ranking
from gateway.bench import machine, percentile, table
from gateway.bench.intake import emptied
from gateway.bench.planting import Town, need_id, plant
from gateway.instance import create
from gateway.journal import ledger
from gateway.journal.events import CommandGiven
from gateway.journal.tables import Need, Report
from gateway.journal.tables import table as of
from gateway.node import Node, open_node

NEED, REPORT = of(Need), of(Report)
ASKED, LONGEST_MS, WRITTEN_EVERY = 100, 15_000, 10
MOST_REPORTED = need_id(0)
PAGES = ("/planner/", "/planner/?page=40", "/planner/?covered=no&urgency=3", "/planner/?category=WAT&status=all",
         f"/planner/needs/{MOST_REPORTED}", f"/planner/needs/{need_id(50)}",
         "/planner/ranking", "/planner/ranking?covered=gap&page=3", "/planner/proposals", "/planner/watch", "/planner/weights",
         "/planner/budget", "/planner/budget?budget=1000000", "/planner/budget?budget=1000000&severity=60", "/planner/pack",
         "/planner/pack?budget=1000000", "/planner/indicators", "/planner/map", "/planner/map/areas.json", "/queue/",
         "/queue/?kind=verify&page=3", "/planner/inbox", "/planner/outbox", "/planner/outbox?state=failed", "/planner/quarantine",
         "/planner/lessons", "/planner/nodes", "/officer/", "/officer/map", "/officer/landmarks", "/officer/contested",
         "/officer/news", "/")


def run(town: Town, postgres: str | None = None) -> None:
    """Print a table of pages for a city of that size, on SQLite, or on this PostgreSQL database alone."""
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        if postgres:
            emptied(postgres)
        made = create(Path(folder) / "hub", name="hub", **({"database_url": postgres} if postgres else {}))
        node = open_node(config.load(str(made.directory / "config.toml")))
        begun = time.perf_counter()
        plant(node, town)
        print(machine(), f"; {town.reports} reports, {town.needs} needs, {len(node.city.places)} places, "
              f"{'PostgreSQL' if postgres else 'SQLite'}, planted in {time.perf_counter() - begun:.0f} s with {_peak()} MB at most")
        print(table(["page", "status", "first ms", "median ms", "p95 ms", "cpu p95", "kB"], list(_measured(node))))
        print(f"memory at its peak {_peak()} MB")
        node.database.engine.dispose()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _measured(node: Node) -> Iterator[list[Any]]:
    from flask import Flask

    import dashboards
    planning.enrol(node, "bench", "planner", ["*"], "a long enough password")
    begun = time.perf_counter()
    ranking.make(node, by="bench", as_of=datetime.now(UTC).date())
    yield ["(rank all needs)", "", f"{1000 * (time.perf_counter() - begun):.0f}", "", "", "", ""]
    app = Flask("bench", static_folder=None)
    dashboards.register(app, node)
    client = app.test_client()
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/sign-in", data={"name": "bench", "password": "a long enough password", "csrf_token": token})
    after = None
    for path in PAGES:
        took, worked = [], []
        for i in range(ASKED):
            if i % WRITTEN_EVERY == 1:
                after = _written(node, after)
            begun, at_work = time.perf_counter(), time.thread_time()
            answer = client.get(path)
            took.append(1000 * (time.perf_counter() - begun))
            worked.append(1000 * (time.thread_time() - at_work))
            if sum(took) > LONGEST_MS:  # a page that is slow is told after a few
                break
        warm, own = took[1:] or took, worked[1:] or worked
        yield [path, answer.status_code, f"{took[0]:.0f}", f"{percentile(warm, .5):.0f}", f"{percentile(warm, .95):.0f}",
               f"{percentile(own, .95):.0f}", f"{len(answer.data) / 1000:.0f}"]


def _written(node: Node, seen: str | None) -> str | None:
    """A person decides about a need, and a resident takes a report of the same need back."""
    planning.change_status(node, MOST_REPORTED, "verified", note="", by="bench", after=seen)
    with node.database.writing() as c:
        report = c.execute(select(REPORT).where(REPORT.c.need == MOST_REPORTED, REPORT.c.status == "received").limit(1)).first()
        if report:
            ledger.write(c, node.origin, [CommandGiven(message=report.message, sender=report.sender, intent="cancel", language="es",
                                                       report=report.id, reference=report.reference)], at=node.now(), by="resident")
        entry: str | None = c.execute(select(NEED.c.status_entry).where(NEED.c.id == MOST_REPORTED)).scalar()
    return entry
