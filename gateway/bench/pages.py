"""How long each planner's page takes on a city of a given size: server time, the first ask and then the 95th of a hundred.

The tables are filled directly, not through the journal: a million reports are planted in a minute instead of an hour, and pages read
tables only.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, text
from sqlmodel import SQLModel

from gateway import config, labels
from gateway.bench import machine, percentile, table
from gateway.instance import create
from gateway.journal.canonical import iso
from gateway.journal.tables import BudgetLine, Message, Need, NeedCost, PlaceFact, Profile, Report, Support, Work
from gateway.journal.tables import table as of
from gateway.node import Node, open_node

AT_ONCE, ASKED, YEARS = 20_000, 100, 3
GENDERS = ("F", "M", "X", "U", None)
PAGES = ("/planner/", "/planner/ranking", "/planner/ranking?covered=gap&page=3", "/planner/proposals", "/planner/watch", "/planner/budget",
         "/planner/budget?budget=1000000", "/planner/budget?budget=1000000&severity=60", "/planner/indicators", "/planner/map",
         "/planner/map/areas.json", "/")


def run(reports: int, needs: int, postgres: str | None = None) -> None:
    """Print a table of pages for a city of so many reports."""
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        made = create(Path(folder) / "hub", name="hub")
        path = made.directory / "config.toml"
        if postgres:
            path.write_text(path.read_text("utf-8").replace('url = "sqlite', f'url = "{postgres}"  # "sqlite', 1), "utf-8")
        node = open_node(config.load(str(path)))
        begun = time.perf_counter()
        plant(node, reports, needs)
        print(machine(), f"; {reports} reports, {needs} needs, {'PostgreSQL' if postgres else 'SQLite'}, "
              f"planted in {time.perf_counter() - begun:.0f} s")
        print(table(["page", "status", "first ms", "median ms", "p95 ms", "kB"], list(_measured(node))))
        print(f"memory at its peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def plant(node: Node, reports: int, needs: int, works: int = 300, seed: int = 0) -> None:
    """Fill the tables with a city of the pack's places, three years long."""
    rng, now = random.Random(seed), node.now()
    places = [row["code"] for row in node.city.places if row["parent"]]
    subs = [(sub["code"], sub.get("bdv", head.get("bdv")) or "VIA") for head in labels.taxonomy() for sub in head["sub"]
            if not sub.get("sensitive")]
    at = [iso(now - timedelta(seconds=rng.randrange(YEARS * 365 * 86400))) for _ in range(4096)]
    component = dict(subs)
    opened = [(f"need{i:028d}", rng.choice(places), rng.choice(subs)[0]) for i in range(needs)]
    _fill(node, Need, ({"id": need, "place_code": place, "category": category, "generation": rng.choice([1, 1, 1, 2, 4]),
                        "opened_at": rng.choice(at), "status_at": rng.choice(at),
                        "status": rng.choice(["open", "open", "verified", "planned", "done"])} for need, place, category in opened))
    senders = max(10, reports // 3)

    def filed() -> Iterator[dict[str, Any]]:
        for i in range(reports):
            need, place, category = opened[int(needs * rng.random() ** 2)]
            yield {"id": f"report{i:026d}", "message": f"message{i:025d}", "sender": f"sender{rng.randrange(senders):026d}",
                   "reference": f"{i}", "intent": "report", "language": rng.choice(["es", "es", "es", "fr", "ar"]), "category": category,
                   "place_code": place, "severity": rng.choice([None, 1, 2, 3, 4]), "people": rng.choice([None, None, 5, 40, 300]),
                   "filed_at": rng.choice(at), "status": rng.choice(["received", "received", "resolved", "cancelled"]),
                   "confidence": 0.9, "urgency": rng.randrange(1, 4), "restricted": rng.random() < 0.01, "classified_at": at[0],
                   "model": "rules", "need": need}
    _fill(node, Report, filed())
    _fill(node, Message, ({"id": f"message{i:025d}", "sender": "s", "channel": "twilio", "provider_id": f"{i}",
                           "received_at": rng.choice(at), "road": "door", "text": "no hay agua", "language": "es",
                           "outcome": "report"} for i in range(reports)))
    _fill(node, Support, ({"id": f"support{i}", "report": f"report{rng.randrange(reports):026d}",
                           "sender": f"sender{rng.randrange(senders):026d}", "at": rng.choice(at)} for i in range(reports // 10)))
    _fill(node, Profile, ({"id": f"sender{i:026d}", "gender": rng.choice(GENDERS)} for i in range(0, senders, 2)))
    _fill(node, NeedCost, ({"id": need, "cost": rng.randrange(5, 4000) * 100, "source": "bench", "by": "ana", "at": at[0], "entry": "e"}
                           for need, *_ in opened if rng.random() < 0.9))
    planned = [(f"BENCH-{i}", rng.choice(places), component[rng.choice(subs)[0]]) for i in range(works)]
    day = now.date()
    _fill(node, Work, ({"id": work, "programme": f"P{i % 7}", "name": work, "component": kind, "place_code": place,
                        "phase": rng.choice(["design", "tender", "execution", "identified", "closed"]), "budget": 100000,
                        "starts_on": (day - timedelta(days=rng.randrange(-200, 300))).isoformat(),
                        "ends_on": (day + timedelta(days=rng.randrange(-100, 900))).isoformat()}
                       for i, (work, place, kind) in enumerate(planned)))
    _fill(node, BudgetLine, ({"id": f"{work}+x", "work": work, "component": kind, "year": day.year, "source": "bench",
                              "approved": rng.randrange(10_000, 900_000), "committed": 0, "spent": 0, "as_of": day.isoformat()}
                             for work, _, kind in planned))
    _fill(node, PlaceFact, ({"id": f"{place}+{fact}", "place": place, "fact": fact, "value": repr(value), "as_of": day.isoformat(),
                             "source": "bench"} for place in places for fact, value in (
        ("population", rng.randrange(900, 9000)), ("phone_access", 0.8), ("deprivation", round(rng.random(), 2)),
        ("invested", rng.randrange(10, 90)), ("women_share", 0.52))), replacing=True)
    with node.database.writing() as c:
        if c.dialect.name in ("sqlite", "postgresql"):
            c.execute(text("ANALYZE"))


def _fill(node: Node, model: type[SQLModel], rows: Iterator[dict[str, Any]], *, replacing: bool = False) -> None:
    into: Table = of(model)
    blank = {column.name: _blank(column) for column in into.columns}
    with node.database.writing() as c:
        if replacing:
            c.execute(into.delete())
        chunk: list[dict[str, Any]] = []
        for i, row in enumerate(rows):
            chunk.append(blank | {"position": f"{i:012d}"} | row if "position" in blank else blank | row)
            if len(chunk) == AT_ONCE:
                c.execute(insert(into), chunk)
                chunk = []
        if chunk:
            c.execute(insert(into), chunk)


def _blank(column: Any) -> Any:
    if column.default is not None and column.default.is_scalar:
        return column.default.arg
    return None if column.nullable else column.type.python_type() if column.type.python_type in (int, float, bool) else ""


def _measured(node: Node) -> Iterator[list[Any]]:
    from flask import Flask

    import dashboards
    from gateway import planning, ranking
    planning.enrol(node, "bench", "planner", ["*"], "a long enough password")
    begun = time.perf_counter()
    ranking.make(node, by="bench", as_of=datetime.now(UTC).date())
    yield ["(rank all needs)", "", f"{1000 * (time.perf_counter() - begun):.0f}", "", "", ""]
    app = Flask("bench", static_folder=None)
    dashboards.register(app, node)
    client = app.test_client()
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/sign-in", data={"name": "bench", "password": "a long enough password", "csrf_token": token})
    for path in PAGES:
        took = []
        for _ in range(ASKED):
            begun = time.perf_counter()
            answer = client.get(path)
            took.append(1000 * (time.perf_counter() - begun))
            if sum(took) > 20_000:  # a page that is slow is told after a few
                break
        warm = took[1:] or took
        yield [path, answer.status_code, f"{took[0]:.0f}", f"{percentile(warm, .5):.0f}", f"{percentile(warm, .95):.0f}",
               f"{len(answer.data) / 1000:.0f}"]
