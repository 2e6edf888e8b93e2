"""How many reports a second a worker drains: rung by the broker through RQ, claimed in batches, classified, gathered, journaled.

Rows are modular: each is a name, what to say of the model, and the environment its worker runs with.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from statistics import median

from gateway import config
from gateway.bench import machine, table
from gateway.config import Config
from gateway.journal import tasks
from gateway.journal.canonical import iso
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.ledger import write
from gateway.machine import bell
from gateway.node import Node, open_node

ROUNDS = 5
GROUP = 500  # reports of one transaction, as a burst of texts would file them
PATIENCE = 120.0
PAUSE = 0.004
# The settings of `barrio init`, but that nobody sweeps while we measure: it is the bell that is heard.
SETTINGS = '\n[queue]\nurl = "embedded"\nsweep_seconds = 60\n'


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drained:
    """One round: reports a second from the ring to the last classification in SQL, and the worker's memory after it, in MiB."""

    rate: float
    rss: float


ROWS = (Row("barrio, SQLite, embedded broker"),)


def run(texts: int, rows: tuple[Row, ...] = ROWS) -> None:
    """Print a table: reports a second of each round's drain, median and spread, beside the bare floor measured in turn."""
    print(machine(), f"; {texts} reports a round, {ROUNDS} rounds; each round beside a floor: the same number of rows, one fsync a batch")
    lines = []
    for row in rows:
        with _town(row) as (node, worker):
            rounds, floors = [], []
            _round(node, worker, min(texts, 1000), -1)  # warm
            for number in range(ROUNDS):
                floors.append(_floor(texts))
                rounds.append(_round(node, worker, texts, number))
        rates = [r.rate for r in rounds]
        ratio = median(rate / floor for rate, floor in zip(rates, floors, strict=True))
        lines.append([row.name, f"{median(rates):.0f}", f"{min(rates):.0f}-{max(rates):.0f}", f"{median(floors):.0f}", f"{ratio:.3f}",
                      f"{max(r.rss for r in rounds):.0f}"])
    print(table(["worker", "reports/s", "spread", "floor rows/s", "of the floor", "RSS MiB"], lines))


def _round(node: Node, worker: int, texts: int, number: int) -> Drained:
    _file(node, texts, number)
    begun = time.perf_counter()
    _ring(node.config)
    while _waiting(node):
        if time.perf_counter() - begun > PATIENCE:
            raise SystemExit("the worker does not drain the queue")
        time.sleep(PAUSE)
    spent = time.perf_counter() - begun
    with node.database.reading() as c:
        if left := c.exec_driver_sql("SELECT count(*) FROM report WHERE classified_at IS NULL").scalar():
            raise SystemExit(f"{left} reports were taken off the list and not classified")
    return Drained(texts / spent, _rss(worker))


def _file(node: Node, texts: int, number: int) -> None:
    """Reports as the intake files them, with their tasks; what was understood comes from the parser, once for each text."""
    drafts = _drafts(node)
    for at in range(0, texts, GROUP):
        with node.database.writing() as c:
            events: list[MessageReceived | ReportFiled] = []
            for n in range(at, min(at + GROUP, texts)):
                draft, name = drafts[n % len(drafts)], f"{number + 1:04x}{n:08x}"
                events.append(MessageReceived(message=f"b{name}", sender=f"s{n % 977}", channel="console", provider_id=name,
                                              text=str(draft["details"]), received_at=iso(node.now())))
                events.append(ReportFiled(report=f"c{name}", message=f"b{name}", sender=f"s{n % 977}", reference=str(10000 + n),
                                          intent="report", **draft))  # type: ignore[arg-type]
            write(c, node.origin, events, at=node.now(), by="resident")
            tasks.add(c, "classify", [e.report for e in events if isinstance(e, ReportFiled)], iso(node.now()))


def _drafts(node: Node) -> list[dict[str, object]]:
    from parsers import Context, Draft, parse
    lines = (files("gateway.demo") / "texts" / "la-paz.jsonl").read_text("utf-8").splitlines()
    found = []
    for line in lines:
        text = json.loads(line)["text"]
        draft = parse(text, Context(channel_lang=node.city.language), node.words, node.places)
        if isinstance(draft, Draft) and draft.intent == "report":
            found.append({"language": draft.language, "category": draft.category, "place_code": draft.place_code,
                          "severity": draft.severity, "people": draft.people, "people_unit": draft.people_unit,
                          "since_days": draft.since_days, "details": text, "confidence": round(draft.confidence, 4),
                          "errors": tuple(draft.errors), "why": tuple(draft.why)})
    return found


def _waiting(node: Node) -> bool:
    with node.database.reading() as c:
        return bool(c.exec_driver_sql("SELECT 1 FROM task WHERE kind = 'classify' LIMIT 1").first())


def _ring(settings: Config) -> None:
    bell.enqueue(bell.connection(settings, patience=5.0))


def _floor(texts: int) -> float:
    """What this machine and disk give a bare table at the same moment: a row a report, one synced commit a batch."""
    import sqlite3
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        database = sqlite3.connect(f"{folder}/floor.db", isolation_level=None)
        database.execute("PRAGMA synchronous = EXTRA")
        database.execute("CREATE TABLE row (id TEXT PRIMARY KEY, body TEXT)")
        begun = time.perf_counter()
        for at in range(0, texts, 250):
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO row VALUES (?, ?)", [(f"{n:012x}", "x" * 400) for n in range(at, min(at + 250, texts))])
            database.execute("COMMIT")
        spent = time.perf_counter() - begun
        database.close()
    return texts / spent


@contextlib.contextmanager
def _town(row: Row) -> Iterator[tuple[Node, int]]:
    """An instance with `barrio broker` and `barrio worker` as an operator runs them."""
    from gateway.machine.instance import create
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        made = create(Path(folder) / "node", extra=SETTINGS)
        settings = made.directory / "config.toml"
        environment = os.environ | {"BARRIO_CONFIG": str(settings)} | dict(row.environment)
        running: list[subprocess.Popen[bytes]] = []
        try:
            for command in ("broker", "worker"):
                running.append(subprocess.Popen([sys.executable, "-m", "gateway", command], env=environment, start_new_session=True,
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
            node = open_node(config.load(str(settings)))
            _wait_for(node.config)
            yield node, running[1].pid
            node.database.engine.dispose()
        finally:
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for(settings: Config) -> None:
    """Until the broker answers and a worker listens to the queue."""
    from rq import Worker
    for _ in range(600):
        try:
            if Worker.all(connection=bell.connection(settings, patience=5.0)):
                return
        except Exception:
            pass
        time.sleep(0.1)
    raise SystemExit("broker and worker did not start")


def _rss(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
