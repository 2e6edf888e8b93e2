"""What the focal point sees of restricted reports, who looked at which, and what anybody else may know: counts of a finished quarter.

A list shows no words. They are read on the page of one report alone, after the look was written down.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, or_, select

from dashboards.anonymity import Group
from dashboards.queries.seen import ENTRY, MESSAGE, PAGE, REPLY, REPORT, WRITER, page_of, tells_of_restricted
from gateway.journal.canonical import moment
from gateway.journal.facts.guarding import CLOSED, ERASED, CareGiven, ReportReleased, ReportRestricted
from gateway.journal.tables import Care, Look, table

CARE, LOOK = table(Care), table(Look)
ASKS = "asks to be called"  # the reason that `answering` gives a "1" after a disclosure
NEW = "new"
STEPS_SHOWN = (CareGiven.KIND, ReportRestricted.KIND, ReportReleased.KIND)
LOOKED_THROUGH = 1_000
ROUNDED = 5  # so that one report more or less, released or restricted later, does not show


@dataclass(frozen=True, slots=True)
class Guarded:
    """A restricted report without its words. `sure`: the words said it, not only the model's belief or a person's."""

    id: str
    reference: str
    language: str
    category: str | None
    filed_at: str
    sure: bool
    asks: bool
    held: str
    state: str
    taken_by: str | None
    callback: str
    referred: str
    contested: bool
    entry: str | None
    sender: str
    intent: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a conversation, or what we answered it (`ours`)."""

    at: str
    text: str
    ours: bool
    language: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did about a report: a step of the focal point, restricted or released."""

    kind: str
    at: str
    by: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LookLine:
    at: str
    by: str
    what: str
    reference: str


def listed(c: Connection, page: int = 1) -> tuple[list[Guarded], bool]:
    """Restricted reports: those that nobody has taken on, then those under way, then the closed; the newest first."""
    limit, offset = page_of(page)
    order = case((CARE.c.state == CLOSED, 2), (CARE.c.state.is_(None), 0), (CARE.c.state == NEW, 0), else_=1)
    rows = c.execute(_guarded().order_by(order, REPORT.c.filed_at.desc(), REPORT.c.id).limit(limit).offset(offset)).all()
    return [_read(row) for row in rows[:PAGE]], len(rows) > PAGE


def one(c: Connection, report: str) -> Guarded | None:
    row = c.execute(_guarded().where(REPORT.c.id == report)).first()
    return _read(row) if row else None


def of_sender(c: Connection, sender: str) -> list[Guarded]:
    """All that one phone told that is restricted, the oldest first: one conversation."""
    return [_read(row) for row in c.execute(_guarded().where(REPORT.c.sender == sender).order_by(REPORT.c.filed_at, REPORT.c.id))]


def _guarded() -> Any:
    return (select(REPORT.c.id, REPORT.c.reference, REPORT.c.language, REPORT.c.category, REPORT.c.filed_at, REPORT.c.intent, REPORT.c.why,
                   REPORT.c.reasons, REPORT.c.held, REPORT.c.sender, CARE.c.state, CARE.c.taken_by, CARE.c.callback, CARE.c.referred,
                   CARE.c.contested, CARE.c.entry)
            .outerjoin(CARE, CARE.c.id == REPORT.c.id).where(REPORT.c.restricted.is_(True), REPORT.c.status != ERASED))


def _read(row: Any) -> Guarded:
    why = json.loads(row.why)
    return Guarded(row.id, row.reference, row.language, row.category, row.filed_at, row.intent == "protection", ASKS in why, row.held or "",
                   row.state or NEW, row.taken_by, row.callback or "unknown", row.referred or "", bool(row.contested), row.entry,
                   row.sender, row.intent, (*why, *json.loads(row.reasons)))


def conversation(c: Connection, sender: str) -> list[Said]:
    """What one phone and we wrote about its restricted reports, in time."""
    texts = c.execute(select(MESSAGE.c.id, MESSAGE.c.received_at, MESSAGE.c.text, MESSAGE.c.language).where(
        MESSAGE.c.sender == sender, tells_of_restricted(MESSAGE.c.id)).order_by(MESSAGE.c.received_at, MESSAGE.c.id)).all()
    ids = [text.id for text in texts]
    made: dict[str, list[str]] = defaultdict(list)
    for message, reference in c.execute(select(REPORT.c.message, REPORT.c.reference).where(
            REPORT.c.message.in_(ids), REPORT.c.restricted.is_(True)).order_by(REPORT.c.reference)):
        made[message].append(reference)
    answers = {row.message: row for row in c.execute(select(REPLY.c.message, REPLY.c.queued_at, REPLY.c.text).where(
        REPLY.c.message.in_(ids)))}
    said: list[Said] = []
    for text in texts:
        said.append(Said(text.received_at, text.text, False, text.language, tuple(made[text.id])))
        if (answer := answers.get(text.id)) is not None:
            said.append(Said(answer.queued_at, answer.text, True))
    return said


def steps_of(c: Connection, reports: Sequence[str]) -> list[Step]:
    """What people did about these reports, the newest first."""
    rows = c.execute(select(ENTRY.c.body).join(WRITER, WRITER.c.id == ENTRY.c.source).where(
        ENTRY.c.subject.in_(list(reports)), ENTRY.c.kind.in_(STEPS_SHOWN), ENTRY.c.body.is_not(None))
        .order_by(ENTRY.c.lamport.desc(), WRITER.c.writer, ENTRY.c.seq.desc())).scalars()
    return [Step(read["kind"], read["at"], read["by"], read["data"]) for read in map(json.loads, rows)]


def looks(c: Connection, page: int = 1, reports: Sequence[str] = ()) -> tuple[list[LookLine], bool]:
    """Who read which report, the newest first."""
    limit, offset = page_of(page)
    query = select(LOOK.c.at, LOOK.c.by, LOOK.c.what, func.coalesce(REPORT.c.reference, "")).outerjoin(REPORT, REPORT.c.id == LOOK.c.report)
    if reports:
        query = query.where(LOOK.c.report.in_(list(reports)))
    rows = c.execute(query.order_by(LOOK.c.position.desc()).limit(limit).offset(offset)).all()
    return [LookLine(*row) for row in rows[:PAGE]], len(rows) > PAGE


def is_readable(c: Connection, message: str) -> bool:
    """Whether a text is there for anybody who reads texts: nothing that it tells of is restricted or unsure."""
    unsure = select(REPORT.c.id).where(REPORT.c.message == MESSAGE.c.id, REPORT.c.restricted.is_(None)).exists()
    hidden = or_(unsure, tells_of_restricted(MESSAGE.c.id))
    return c.execute(select(MESSAGE.c.id).where(MESSAGE.c.id == message, ~hidden)).first() is not None


def quarters(c: Connection, today: date, k: int) -> list[tuple[str, int | None]]:
    """(quarter, reports) of the whole city, finished quarters only, the newest first; None is hidden: fewer than k phones or reports.

    A running quarter would tell the day on which somebody wrote. What is shown is rounded down.
    """
    told: dict[str, list[str]] = defaultdict(list)
    # ids begin with the time: the first report is among the first of these, and whichever it is, it says nothing of the restricted
    eldest = select(REPORT.c.filed_at).order_by(REPORT.c.id).limit(LOOKED_THROUGH).subquery("eldest")
    first = c.execute(select(func.min(eldest.c.filed_at))).scalar()
    for filed_at, sender in c.execute(select(REPORT.c.filed_at, REPORT.c.sender).where(REPORT.c.restricted.is_(True))):
        told[quarter_of(date.fromisoformat(filed_at[:10]))].append(sender)
    if first is None:
        return []
    names, at = [], moment(first).date()
    while quarter_of(at) != quarter_of(today) and at < today:
        names.append(quarter_of(at))
        at = date(at.year + (at.month > 9), (at.month + 2) // 3 * 3 % 12 + 1, 1)
    counted = {name: Group(len(told[name]), len(set(told[name]))) for name in names}
    return [(name, counted[name].count // ROUNDED * ROUNDED if counted[name].is_safe(k) else None) for name in reversed(names)]


def quarter_of(day: date) -> str:
    """`2026-11-25` -> `2026 Q4`."""
    return f"{day.year} Q{(day.month + 2) // 3}"
