"""What is looked at once more before an SMS leaves, and which STOP is still to be confirmed: one of several, for each is an SMS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from gateway.governing import governor
from gateway.journal import wishes
from gateway.journal.canonical import iso, moment
from gateway.journal.tables import Reply, table

REPLY = table(Reply)
STOPPED, STARTED = "stop_ok", "start_ok"
OPTED_OUT, WAITS = "opted_out", "waits"
CONFIRMED_FOR: Final = timedelta(days=1)  # who says it again after that may have forgotten that they did


def heard_since(c: Connection, reply: dict[str, Any]) -> str | None:
    """Why a claimed reply may not leave now, right before it does: `opted_out`, or that it must wait; None when it may.

    A batch takes its time, with a slow provider half a minute: who says stop meanwhile is not texted after it, nor is anybody once
    everything is stopped, or they are erased.
    """
    if governor.stopped(c) is not None or c.execute(select(REPLY.c.id).where(REPLY.c.id == reply["id"])).first() is None:
        return WAITS
    return OPTED_OUT if reply["kind"] not in (STOPPED, STARTED) and wishes.no_texts(c, [reply["sender"]]) else None


def confirmed_already(c: Connection, replies: Sequence[dict[str, Any]]) -> set[str]:
    """Confirmations of a stop that were said, or will be, since the phone last said start."""
    asked = [reply for reply in replies if reply["kind"] == STOPPED]
    if not asked:
        return set()
    since = iso(min(moment(reply["queued_at"]) for reply in asked) - CONFIRMED_FOR)
    said = c.execute(select(REPLY.c.id, REPLY.c.sender, REPLY.c.kind, REPLY.c.queued_at).where(
        REPLY.c.sender.in_(sorted({reply["sender"] for reply in asked})), REPLY.c.kind.in_((STOPPED, STARTED)), REPLY.c.state != "failed",
        REPLY.c.queued_at > since).order_by(REPLY.c.queued_at, REPLY.c.id)).all()
    found = set()
    for reply in asked:
        before = [one.kind for one in said if one.sender == reply["sender"] and one.id != reply["id"]
                  and (one.queued_at, one.id) < (reply["queued_at"], reply["id"]) and one.queued_at > iso(
                      moment(reply["queued_at"]) - CONFIRMED_FOR)]
        if before and before[-1] == STOPPED:
            found.add(reply["id"])
    return found
