"""What the provider says later about an SMS of ours: each (id, status) once, and only forward."""

from __future__ import annotations

from sqlalchemy import select

from gateway.channels.values import StatusReport
from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.database import fault_in_words, is_away
from gateway.journal.events import ReplyTracked
from gateway.journal.folds import STAGES
from gateway.journal.rows import insert_new
from gateway.journal.tables import Reply, StatusCall, table
from gateway.node import Node

REPLY, CALL = table(Reply), table(StatusCall)


def apply(node: Node, report: StatusReport) -> bool:
    """Move the reply forward; False when there was nothing new in it or the SMS is not one of ours."""
    try:
        with node.database.reading() as c:  # most callbacks repeat or trail: no write turn for those
            row = c.execute(select(REPLY.c.id, REPLY.c.state).where(REPLY.c.provider_id == report.provider_id)).first()
        if row is None or STAGES.index(report.status) <= STAGES.index(row.state):
            return False
        with node.database.writing() as c:
            if not insert_new(c, CALL, [{"provider_id": report.provider_id, "status": report.status}], "status"):
                return False
            ledger.write(c, node.origin, [ReplyTracked(reply=row.id, status=report.status, error=report.error)],
                         at=node.now(), by="machine")
    except Exception as fault:
        if is_away(fault):  # the provider is told 503 and calls again
            raise Problem("database.away", permanent=False, reason=fault_in_words(fault)) from None
        raise
    return True
