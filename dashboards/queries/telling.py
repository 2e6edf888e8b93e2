"""What residents hear of a need, and what they say of its repair: how many phones, never which."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, func, or_, select

from dashboards.queries.seen import ENTRY, REPLY, REPORT, TOLD, WRITER
from gateway.governing import quiet
from gateway.journal import heads
from gateway.journal.canonical import iso
from gateway.needs import news
from gateway.node import Node


@dataclass(frozen=True, slots=True)
class TellingLine:
    """`waiting` phones will be told how the need stands, from `due_at` on; `told` were; `on_the_way` is in between."""

    stage: str
    waiting: int
    on_the_way: int
    told: int
    due_at: str
    held: bool
    held_by: str | None
    silent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What phones last said since the need was last done: `closed` is what the city says, the others what residents say."""

    closed_at: str | None
    confirmed: int
    partly: int
    denied: int


def of_need(c: Connection, node: Node, need: str) -> TellingLine | None:
    """None while nobody decided anything about the need."""
    stand = news.stand_of(c, need)
    if stand is None:
        return None
    whole = sorted(heads.members(c, [need]))
    states: dict[str, int] = {state: count for state, count in c.execute(
        select(REPLY.c.state, func.count(func.distinct(TOLD.c.sender))).join(TOLD, TOLD.c.reply == REPLY.c.id).where(
            TOLD.c.need.in_(whole), TOLD.c.stage == stand.stage, TOLD.c.work == stand.work, TOLD.c.since == stand.since)
        .group_by(REPLY.c.state))}
    held_by = c.execute(select(news.NOTICE.c.held_by).where(news.NOTICE.c.id.in_(whole),
                                                            news.NOTICE.c.held >= stand.change)).scalar()
    due = quiet.opening(max(stand.stands_from + timedelta(minutes=node.config.news.delay_minutes), node.now()), node.city.timezone,
                        node.config.news.hours)
    count = news.waiting(c, stand, node.now() - timedelta(days=node.config.news.forget_days))
    return TellingLine(stand.stage, count, states.get("queued", 0) + states.get("uncertain", 0),
                       sum(states.get(state, 0) for state in news.LEFT), iso(due), stand.held, held_by, stand.silent, stand.reason)


def judged(c: Connection, need: str) -> Judged | None:
    """None when the need was never done and nobody said anything of a repair; who wrote what only few may read is not counted."""
    closed_at: str | None = None
    said: dict[str, str] = {}
    whole = sorted(heads.members(c, [need]))
    for kind, body in c.execute(
            select(ENTRY.c.kind, ENTRY.c.body).join(WRITER, WRITER.c.id == ENTRY.c.source)
            .outerjoin(REPORT, and_(ENTRY.c.kind == "repair_judged", REPORT.c.id == ENTRY.c.other))
            .where(ENTRY.c.subject.in_(whole), ENTRY.c.body.is_not(None), or_(
                and_(ENTRY.c.subject == need, ENTRY.c.kind.in_(("need_status_changed", "status_withdrawn"))),
                and_(ENTRY.c.kind == "repair_judged", REPORT.c.restricted.is_not(True))))
            .order_by(ENTRY.c.lamport, WRITER.c.writer, WRITER.c.epoch, ENTRY.c.seq)):
        read = json.loads(body)
        if kind == "repair_judged":
            said[read["data"]["sender"]] = ("confirmed" if read["data"]["fixed"] else "partly" if read["data"].get("partly") else "denied")
        elif kind == "status_withdrawn":
            closed_at = closed_at if read["data"]["status"] in ("done", "closed") else None
        elif read["data"]["status"] == "done" or (read["data"]["status"] == "closed" and closed_at is None):
            closed_at, said = read["at"], {}
    if closed_at is None and not said:
        return None
    told = list(said.values())
    return Judged(closed_at, told.count("confirmed"), told.count("partly"), told.count("denied"))
