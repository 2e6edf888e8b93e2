"""What the provider says later about an SMS of ours: each (id, status) once, and only forward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, select

from gateway.channels.values import StatusReport
from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.database import fault_in_words, is_away
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.replies import ReplyTracked
from gateway.journal.folds import STAGES
from gateway.journal.rows import insert_new
from gateway.journal.tables import Reply, StatusCall, table
from gateway.node import Node

REPLY, CALL = table(Reply), table(StatusCall)


def apply(node: Node, report: StatusReport) -> bool:
    """Move the reply forward; False when there was nothing new in it, or the reply is not known (yet) under that id."""
    try:
        with node.database.reading() as c:  # most callbacks repeat or trail: no write turn for those
            row = _reply(c, report)
        if row is not None and not _is_later(report.status, row.state):
            return False
        with node.database.writing() as c:
            take_turn(c, node.origin)  # before looking again: either we see what `overtaken`'s caller wrote, or it sees this
            if not insert_new(c, CALL, [{"provider_id": report.provider_id, "status": report.status, "error": report.error}], "status"):
                return False
            row = _reply(c, report)
            if row is None or not _is_later(report.status, row.state):
                return False
            ledger.write(c, node.origin, [ReplyTracked(reply=row.id, status=report.status, error=report.error)],
                         at=node.now(), by="machine")
    except Exception as fault:
        if is_away(fault):  # the provider is told 503 and calls again
            raise Problem("database.away", permanent=False, reason=fault_in_words(fault)) from None
        raise
    return True


def overtaken(c: Connection, sent: Mapping[str, str]) -> list[Event]:
    """Callbacks that came before the answer to our own call was written down: {provider id: reply} -> their events."""
    if not sent:
        return []
    calls = c.execute(select(CALL).where(CALL.c.provider_id.in_(sent))).mappings()
    return [ReplyTracked(reply=sent[call["provider_id"]], status=call["status"], error=call["error"])
            for call in sorted(calls, key=lambda call: STAGES.index(call["status"]))]


def _reply(c: Connection, report: StatusReport) -> Any:
    mine = and_(REPLY.c.id == report.provider_id, REPLY.c.channel == report.ours) if report.ours else (
        REPLY.c.provider_id == report.provider_id)
    return c.execute(select(REPLY.c.id, REPLY.c.state).where(mine)).first()


def _is_later(status: str, state: str) -> bool:
    return STAGES.index(status) > STAGES.index(state)
