"""Reports of a corpus put through the machine's gathering, as if they had just been understood, and how well they came together."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gateway import config
from gateway.journal import ledger
from gateway.journal.canonical import iso, kin_id, ordered_id
from gateway.journal.events import Event
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.rows import find
from gateway.journal.tables import Report as Row
from gateway.journal.tables import table
from gateway.machine.instance import create
from gateway.needs import gathering
from gateway.node import Node, open_node
from parsers.reference import check_digit
from tests.conftest import START
from tests.gateway.duplicates import Report

BATCH = 100


class Pairwise(NamedTuple):
    precision: float
    recall: float
    together: int


@contextmanager
def city_of(folder: Path) -> Iterator[Node]:
    """A node of its own, outside pytest."""
    made = create(folder / "hub", name="hub")
    node = open_node(config.load(str(made.directory / "config.toml")), now=lambda: START)
    try:
        yield node
    finally:
        node.database.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def gather_all(node: Node, reports: Sequence[Report], batch: int = BATCH) -> list[str]:
    """The need of each report, gathered in batches as the worker takes them."""
    ids: list[str] = []
    for start in range(0, len(reports), batch):
        ids += gather_batch(node, reports[start:start + batch], start)
    with node.database.reading() as c:
        stands = {row["id"]: row["need"] for at in range(0, len(ids), 500) for row in find(c, table(Row), "id", ids[at:at + 500])}
    return [str(stands[report]) for report in ids]


def gather_batch(node: Node, reports: Sequence[Report], first: int = 0) -> list[str]:
    """Write these reports as understood and gather them; their ids."""
    events: list[Event] = []
    ids: list[str] = []
    for n, report in enumerate(reports, first):
        message = ordered_id(report.at, "corpus", str(n))
        ids.append(kin_id(message, "report", "0"))
        events += _understood(message, ids[-1], report, n)
    with node.database.writing() as c:
        at = max(report.at for report in reports)
        ledger.write(c, node.origin, events, at=at, by="resident")
        rows = {row["id"]: row for row in find(c, table(Row), "id", ids)}
        known = gathering.look(c, rows.values())
        gathered = gathering.gather(c, [rows[report] for report in ids], None, known)
        gathered += gathering.note(c, rows.values(), gathered, known)
        ledger.write(c, node.origin, gathered, at=at, by="machine")
    return ids


def _understood(message: str, report: str, told: Report, n: int) -> list[Event]:
    reference = f"{1000 + n}{check_digit(1000 + n) or 0}"
    return [MessageReceived(message=message, sender=told.sender, channel="console", provider_id=f"d{n}", text=told.text,
                            received_at=iso(told.at)),
            ReportFiled(report=report, message=message, sender=told.sender, reference=reference, intent="report",
                        language=told.language, category=told.category, place_code=told.place, details=told.text),
            ReportClassified(report=report, category=told.category, confidence=0.9, urgency=2, restricted=False, model="rules")]


def pairwise(reports: Sequence[Report], needs: Sequence[str]) -> Pairwise:
    """Of the pairs that stand together, how many should; of those that should, how many do."""
    def pairs(keys: Sequence[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(keys).values())
    right = pairs(list(zip((report.need for report in reports), needs, strict=True)))
    together = pairs(needs)
    return Pairwise(right / max(together, 1), right / max(pairs([report.need for report in reports]), 1), together)
