"""Texts that wait for a person: those nobody understood, reports that lack something, and the replies that left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, not_, or_, select, union_all

from dashboards.queries.seen import MESSAGE, PAGE, REPLY, REPORT, STANDS, page_of, tells_of_closed, tells_of_restricted
from gateway.journal.facts.readings import PERSON, READ
from gateway.journal.folds import STAGES
from gateway.journal.tables import MESSAGE_WAITS, REPORT_WAITS
from gateway.words.replies import OF_THE_CIRCLE


@dataclass(frozen=True, slots=True)
class Unread:
    id: str
    text: str
    language: str | None
    outcome: str
    received_at: str
    channel: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    id: str
    message: str
    reference: str
    text: str
    language: str
    category: str | None
    place_code: str | None
    place_text: str | None
    received_at: str
    errors: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """A reply in the outbox; `text` and `kind` are None where they would tell of a report that is not open."""

    id: str
    sender: str
    channel: str
    language: str
    segments: int
    queued_at: str
    state: str
    settled_at: str | None
    reason: str | None
    kind: str | None
    text: str | None


def unread(c: Connection, page: int = 1) -> tuple[list[Unread], bool]:
    """Texts that were not understood and that nobody has settled, the oldest first: they waited longest."""
    limit, offset = page_of(page)
    rows = c.execute(select(MESSAGE.c.id, MESSAGE.c.text, MESSAGE.c.language, MESSAGE.c.outcome, MESSAGE.c.received_at,
                            MESSAGE.c.channel).where(MESSAGE_WAITS)
                     .order_by(MESSAGE.c.received_at, MESSAGE.c.id).limit(limit).offset(offset)).all()
    return [Unread(*row) for row in rows[:PAGE]], len(rows) > PAGE


def incomplete(c: Connection, page: int = 1) -> tuple[list[Incomplete], bool]:
    """Open reports that stand in no need, since their place or category is missing or vague, and that nobody has settled."""
    limit, offset = page_of(page)
    rows = c.execute(_incomplete(REPORT.c.id, REPORT.c.message, REPORT.c.reference, MESSAGE.c.text, REPORT.c.language,
                                 REPORT.c.category, REPORT.c.place_code, REPORT.c.place_text, MESSAGE.c.received_at,
                                 REPORT.c.errors, REPORT.c.why)
                     .order_by(MESSAGE.c.received_at, REPORT.c.id).limit(limit).offset(offset)).all()
    return [Incomplete(*row[:-2], *(tuple(json.loads(listed)) for listed in row[-2:])) for row in rows[:PAGE]], len(rows) > PAGE


def waiting(c: Connection) -> int:
    """How many texts wait for a person."""
    texts = c.execute(select(func.count()).select_from(MESSAGE).where(MESSAGE_WAITS)).scalar_one()
    return int(texts) + int(c.execute(_incomplete(func.count())).scalar_one())


def _incomplete(*columns: Any) -> Any:
    on_its_way = and_(REPORT.c.model == PERSON, REPORT.c.category.is_not(None), REPORT.c.place_code.is_not(None))
    return (select(*columns).select_from(REPORT).join(MESSAGE, MESSAGE.c.id == REPORT.c.message)
            .where(REPORT_WAITS, STANDS, REPORT.c.need.is_(None), or_(REPORT.c.model.is_(None), not_(on_its_way)),
                   or_(MESSAGE.c.settled.is_(None), MESSAGE.c.settled == READ)))


def replies(c: Connection, state: str = "", page: int = 1) -> tuple[list[ReplyLine], bool]:
    """Replies, the newest first; what was said about a report that is not open is not shown."""
    limit, offset = page_of(page)
    unsure = select(REPORT.c.id).where(REPORT.c.message == REPLY.c.message, REPORT.c.restricted.is_(None)).exists()
    hidden = or_(unsure, tells_of_restricted(REPLY.c.message), tells_of_closed(REPLY.c.id), REPLY.c.kind.in_(OF_THE_CIRCLE))
    # the newest of each state, by its index, and of these the newest
    each = [select(REPLY.c.id, REPLY.c.queued_at).where(REPLY.c.state == one).order_by(REPLY.c.queued_at.desc(), REPLY.c.id)
            .limit(limit + offset).subquery() for one in ([state] if state else STAGES)]
    newest = union_all(*(select(one) for one in each)).subquery("newest")
    page_ = select(newest).order_by(newest.c.queued_at.desc(), newest.c.id).limit(limit).offset(offset).subquery("page")
    rows = c.execute(select(REPLY.c.id, REPLY.c.sender, REPLY.c.channel, REPLY.c.language, REPLY.c.segments, REPLY.c.queued_at,
                            REPLY.c.state, REPLY.c.settled_at, REPLY.c.reason, REPLY.c.kind, REPLY.c.text, hidden)
                     .join(page_, page_.c.id == REPLY.c.id).order_by(REPLY.c.queued_at.desc(), REPLY.c.id)).all()
    return [ReplyLine(*row[:9], *((None, None) if row[-1] else row[9:11])) for row in rows[:PAGE]], len(rows) > PAGE


def states(c: Connection) -> dict[str, int]:
    """How many replies are in each state, in the order a reply goes through them."""
    found = {state: n for state, n in c.execute(select(REPLY.c.state, func.count()).group_by(REPLY.c.state))}
    return {state: found[state] for state in STAGES if state in found}
