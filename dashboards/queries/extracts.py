"""What the exports read: for each thing its columns, and its next thousand rows after a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, func, literal, or_, select

from dashboards.queries.seen import (
    HEAD,
    LINK,
    MESSAGE,
    NEED,
    PROGRAMME,
    REPLY,
    REPORT,
    STANDS_FOR,
    WORK,
    calm_voices,
    is_whole,
    reports_of_needs,
    tells_of_closed,
    tells_of_restricted,
    tells_of_the_circle,
    voices,
)
from gateway.journal import heads
from gateway.journal.counting import is_spoken_for
from gateway.words.replies import OF_THE_CIRCLE

Keyed = list[tuple[str, dict[str, Any]]]

MESSAGES = ("channel", "provider_id", "sender", "received_at", "text", "outcome")
REPORTS = ("id", "provider_id", "reference", "category", "place_code", "severity", "people", "language", "need", "restricted",
           "received_at")
NEEDS = ("id", "category", "place_code", "status", "people", "reports", "priority", "works")
LINKS = ("need", "category", "place_code", "work", "programme", "why", "by", "at")
OUTBOX = ("id", "channel", "sender", "answers", "kind", "language", "text", "segments", "state", "queued_at", "settled_at",
          "provider_id", "reason")


def messages(c: Connection, after: str, limit: int) -> Keyed:
    found = c.execute(select(MESSAGE.c.id, MESSAGE.c.channel, MESSAGE.c.provider_id, MESSAGE.c.sender, MESSAGE.c.received_at,
                             MESSAGE.c.text, MESSAGE.c.outcome, or_(tells_of_restricted(MESSAGE.c.id), func.coalesce(
                                 tells_of_the_circle(), literal(False))))
                      .where(MESSAGE.c.id > after).order_by(MESSAGE.c.id).limit(limit)).all()
    rows = []
    for key, *row, restricted in found:
        if restricted:
            row[-2:] = None, "restricted"
        rows.append((key, dict(zip(MESSAGES, row, strict=True))))
    return rows


def reports(c: Connection, after: str, limit: int) -> Keyed:
    found = c.execute(select(REPORT.c.id, MESSAGE.c.provider_id, REPORT.c.reference, REPORT.c.category, REPORT.c.place_code,
                             REPORT.c.severity, REPORT.c.people, REPORT.c.language, STANDS_FOR, REPORT.c.restricted,
                             MESSAGE.c.received_at)
                      .select_from(REPORT).outerjoin(HEAD, HEAD.c.need == REPORT.c.need)
                      .outerjoin(MESSAGE, MESSAGE.c.id == REPORT.c.message)
                      .where(REPORT.c.id > after).order_by(REPORT.c.id).limit(limit)).all()
    rows = []
    for row in found:
        named = dict(zip(REPORTS, row, strict=True))
        if named["restricted"]:
            named |= dict.fromkeys(("category", "place_code", "severity", "people", "need"))
        rows.append((named["id"], named))
    return rows


def needs(c: Connection, after: str, limit: int) -> Keyed:
    """Needs that somebody speaks for, with their people counted as on the pages."""
    found = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.place_code, NEED.c.status).where(NEED.c.id > after, is_whole(), is_seen())
                      .order_by(NEED.c.id).limit(limit)).all()
    ids = [row.id for row in found]
    whole = heads.members(c, ids)
    sums = {row.need: row for row in c.execute(reports_of_needs(REPORT.c.need.in_(list(whole))))}
    said = voices(REPORT.c.need.in_(list(whole)))
    people = {need: n for need, n in c.execute(select(said.c.need, func.count()).group_by(said.c.need))}
    quiet = calm_voices(REPORT.c.need.in_(list(whole)))
    calm = {need: n for need, n in c.execute(select(quiet.c.need, func.count()).group_by(quiet.c.need))}
    works: dict[str, list[str]] = {}
    for need, work in c.execute(select(LINK.c.need, LINK.c.work).where(LINK.c.need.in_(list(whole)), LINK.c.linked.is_(True))
                                .order_by(LINK.c.work)):
        covering = works.setdefault(whole[need], [])
        covering += [] if work in covering else [work]
    return [(row.id, dict(zip(NEEDS, (
        *row, people.get(row.id, 0), sums[row.id].reports, _priority(sums[row.id].calm, calm.get(row.id, 0)),
        works.get(row.id, [])), strict=True))) for row in found]


def links(c: Connection, after: str, limit: int) -> Keyed:
    found = c.execute(select(LINK.c.id, LINK.c.need, NEED.c.category, NEED.c.place_code, LINK.c.work,
                             func.coalesce(PROGRAMME.c.name, WORK.c.programme), LINK.c.why, LINK.c.by, LINK.c.at)
                      .join(NEED, NEED.c.id == LINK.c.need).outerjoin(WORK, WORK.c.id == LINK.c.work)
                      .outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                      .where(LINK.c.id > after, LINK.c.linked.is_(True), is_seen()).order_by(LINK.c.id).limit(limit)).all()
    return [(key, dict(zip(LINKS, row, strict=True))) for key, *row in found]


def outbox(c: Connection, after: str, limit: int) -> Keyed:
    """Replies; one about a restricted report keeps its row and loses its words and kind."""
    found = c.execute(select(REPLY.c.id, REPLY.c.channel, REPLY.c.sender, MESSAGE.c.provider_id, REPLY.c.kind, REPLY.c.language,
                             REPLY.c.text, REPLY.c.segments, REPLY.c.state, REPLY.c.queued_at, REPLY.c.settled_at,
                             REPLY.c.provider_id, REPLY.c.reason, or_(tells_of_restricted(REPLY.c.message), tells_of_closed(REPLY.c.id),
                                                                         REPLY.c.kind.in_(OF_THE_CIRCLE)))
                      .outerjoin(MESSAGE, MESSAGE.c.id == REPLY.c.message)
                      .where(REPLY.c.id > after).order_by(REPLY.c.id).limit(limit)).all()
    rows = []
    for *row, restricted in found:
        named = dict(zip(OUTBOX, row, strict=True))
        if restricted:
            named |= {"kind": None, "text": None}
        rows.append((named["id"], named))
    return rows


EXTRACTS: dict[str, tuple[tuple[str, ...], Callable[[Connection, str, int], Keyed]]] = {
    "messages": (MESSAGES, messages), "reports": (REPORTS, reports), "needs": (NEEDS, needs), "links": (LINKS, links),
    "outbox": (OUTBOX, outbox)}


def is_seen() -> Any:
    """Whether somebody speaks for a need, or for one that was merged into it."""
    merged = select(HEAD.c.need).where(HEAD.c.head == NEED.c.id, is_spoken_for(HEAD.c.need)).correlate(NEED).exists()
    return or_(is_spoken_for(NEED.c.id), merged)


def _priority(urgency: int, people: int) -> float:
    return round(urgency + min(people, 99) / 100, 2)
