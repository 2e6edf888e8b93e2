"""What a person reads of each line of the queue: the words, what is missing, how many stand behind it, the promise, who is on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from dashboards.promised import Promised, promised
from dashboards.queries.queue import READING, Waiting
from dashboards.queries.seen import IS_OPEN, MESSAGE, NEED, REPORT
from gateway.decisions import triaging
from gateway.journal import counting
from gateway.journal.rows import find
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Promise, table
from gateway.needs.escalating import asked
from gateway.node import Node

PROMISE = table(Promise)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """`after` is the decision that whoever acts on it has seen; `asked_at` since when we wait for the resident."""

    waiting: Waiting
    text: str | None = None
    language: str | None = None
    reference: str = ""
    message: str = ""
    outcome: str = ""
    place_text: str | None = None
    errors: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    need: str | None = None
    people: int = 0
    reports: int = 0
    status: str = ""
    decided_by: str | None = None
    after: str = ""
    asked_at: str | None = None
    promise: Promised | None = None
    hold: Mapping[str, Any] | None = None

    @property
    def value(self) -> str:
        """What a form sends to name it."""
        return f"{self.waiting.what}|{self.waiting.id}|{self.after}"


def lines(c: Connection, node: Node, found: Sequence[Waiting]) -> list[Line]:
    """The lines in the order in which they were found."""
    holds = triaging.holds(c, node, [one.subject for one in found])
    of = {what: [one for one in found if one.what == what] for what in ("message", "report", "need")}
    made = {line.waiting.subject: line for line in (
        *_texts(c, of["message"], holds), *_reports(c, node, of["report"], holds), *_needs(c, node, of["need"], holds))}
    return [made[one.subject] for one in found if one.subject in made]


def _texts(c: Connection, found: Sequence[Waiting], holds: Mapping[str, Row]) -> Iterable[Line]:
    rows = {row["id"]: row for row in find(c, MESSAGE, "id", [one.id for one in found])}
    for one in found:
        row = rows[one.id]
        yield Line(one, row["text"], row["language"], message=one.id, outcome=row["outcome"], hold=holds.get(one.subject))


def _reports(c: Connection, node: Node, found: Sequence[Waiting], holds: Mapping[str, Row]) -> Iterable[Line]:
    ids = [one.id for one in found]
    rows = {row["id"]: row for row in find(c, REPORT, "id", ids)}
    texts = {row["id"]: row["text"] for row in find(c, MESSAGE, "id", [row["message"] for row in rows.values()])}
    readings = {row["id"]: row for row in find(c, READING, "id", ids)}
    asks = asked(node.now()).subquery()
    waits = {report: at for report, at in c.execute(select(asks.c.report, asks.c.at).where(asks.c.report.in_(ids)))} if ids else {}
    for one in found:
        row, said = rows[one.id], readings.get(one.id)
        yield Line(one, texts.get(row["message"]), row["language"], row["reference"], row["message"], row["intent"], row["place_text"],
                   tuple(json.loads(row["errors"])), tuple(json.loads(row["why"])) + tuple(json.loads(row["reasons"])), row["need"],
                   decided_by=said["by"] if said else None, asked_at=waits.get(one.id), hold=holds.get(one.subject))


def _needs(c: Connection, node: Node, found: Sequence[Waiting], holds: Mapping[str, Row]) -> Iterable[Line]:
    ids = [one.id for one in found]
    rows = {row["id"]: row for row in find(c, NEED, "id", ids)}
    promises = {row["id"]: row for row in find(c, PROMISE, "id", ids)}
    counts = counting.counts_of(c, ids) if ids else {}
    standing = select(REPORT.c.need, func.max(REPORT.c.id).label("newest")).where(
        REPORT.c.need.in_(ids), REPORT_STANDS_IN_NEED).group_by(REPORT.c.need).subquery("standing")
    newest = {row.need: row for row in c.execute(
        select(standing.c.need, MESSAGE.c.text, REPORT.c.language, REPORT.c.reference, REPORT.c.message)
        .join(REPORT, REPORT.c.id == standing.c.newest).join(MESSAGE, MESSAGE.c.id == REPORT.c.message).where(IS_OPEN))} if ids else {}
    for one in found:
        row, last, counted = rows[one.id], newest.get(one.id), counts.get(one.id)
        promise = promised(node, row["category"], row["status_at"], promises.get(one.id)) if row["status"] == "open" else None
        yield Line(one, last.text if last else None, last.language if last else None, last.reference if last else "",
                   last.message if last else "", need=one.id, people=counted.people if counted else 0,
                   reports=counted.reports if counted else 0, status=row["status"], decided_by=row["status_by"],
                   after=row["status_entry"] or "", asked_at=promise.paused_at if promise else None, promise=promise,
                   hold=holds.get(one.subject))
