"""SMS waiting to leave. Each ends in one of three ways: sent, failed, or uncertain, and uncertain is looked up.

Rules about who may be written to are checked in the transaction that claims. Nothing is sent twice: a sending that was
interrupted, or whose fate is unknown, is first looked up at the provider.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from gateway.channels import channel
from gateway.channels.values import Failed, Outcome, Sent, Uncertain
from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso, moment
from gateway.journal.events import Event, ReplyFailed, ReplySent, ReplyUncertain, SenderOptedOut
from gateway.journal.tables import Contact, Reply, Sender, Task, table
from gateway.node import Node

REPLY, SENDER, CONTACT, TASK = table(Reply), table(Sender), table(Contact), table(Task)
MOST_AT_ONCE = 40
LOOK_UP_AFTER = timedelta(seconds=30)
GIVE_UP_LOOKING = timedelta(seconds=120)  # absent that long after: the provider never took it
ALWAYS_ALLOWED = ("stop_ok", "start_ok")
GONE = ("sent", "delivered", "undelivered", "uncertain")
_log = logging.getLogger("barrio.outbox")


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed reply with the number it goes to. `doubtful`: an earlier attempt may have reached the provider."""

    reply: dict[str, Any]
    number: str
    doubtful: bool

    def __repr__(self) -> str:
        return f"Letter({self.reply['id']})"


def send_due(node: Node) -> int:
    """Send one batch of what is due; how many were claimed."""
    now = node.now()
    with node.database.writing() as c:
        claimed = tasks.claim(c, "send", now, MOST_AT_ONCE)
        letters = _permitted(c, node, claimed, now) if claimed else []
    if letters:
        with ThreadPoolExecutor(4, "sending") as pool:
            outcomes = list(pool.map(lambda letter: _dispatch(node, letter), letters))
        with node.database.writing() as c:
            _settle(c, node, list(zip(letters, outcomes, strict=True)))
    return len(claimed)


def _permitted(c: Connection, node: Node, claimed: Sequence[tasks.Claim], now: datetime) -> list[Letter]:
    """Those of the claimed replies that may be sent now; the others end here, each with its reason."""
    interrupted = {claim.subject for claim in claimed if claim.interrupted}
    replies = {r["id"]: dict(r) for r in c.execute(select(REPLY).where(REPLY.c.id.in_([k.subject for k in claimed]))).mappings()}
    people = {r["sender"] for r in replies.values()}
    stopped = set(c.execute(select(SENDER.c.id).where(SENDER.c.id.in_(people), SENDER.c.opted_out)).scalars())
    numbers = {s: node.vault.open(n).decode() for s, n in c.execute(
        select(CONTACT.c.sender, CONTACT.c.number).where(CONTACT.c.sender.in_(people)))}
    sent = _sent_lately(c, people, now - timedelta(hours=24), list(replies))
    letters, refused = [], []
    for claim in claimed:
        reply = replies.get(claim.subject)
        if reply is None or reply["state"] not in ("queued", "uncertain"):
            tasks.finish(c, "send", [claim.subject])
            continue
        sender, doubtful = reply["sender"], claim.subject in interrupted or reply["state"] == "uncertain"
        reason = None
        if sender not in numbers:
            reason = "no_number"
        elif not doubtful and reply["kind"] not in ALWAYS_ALLOWED:
            if sender in stopped:
                reason = "opted_out"
            elif moment(reply["queued_at"]) < now - timedelta(hours=node.config.outbox.expire_hours):
                reason = "expired"
            elif sent.get(sender, 0) >= node.config.outbox.automatic_per_day:
                reason = "loop_guard"
        if reason is not None:
            refused.append(ReplyFailed(reply=reply["id"], reason=reason))
            continue
        sent[sender] = sent.get(sender, 0) + 1
        letters.append(Letter(reply, numbers[sender], doubtful))
    if refused:
        ledger.write(c, node.origin, refused, at=now, by="machine")
        tasks.finish(c, "send", [e.reply for e in refused])
    return letters


def _sent_lately(c: Connection, people: set[str], since: datetime, but: list[str]) -> dict[str, int]:
    """Automatic replies of the last day per sender, with those that another worker holds right now."""
    held = and_(REPLY.c.state == "queued", TASK.c.leased_until.is_not(None))
    rows = c.execute(select(REPLY.c.sender, func.count()).select_from(
        REPLY.outerjoin(TASK, and_(TASK.c.kind == "send", TASK.c.subject == REPLY.c.id))
    ).where(REPLY.c.sender.in_(people), REPLY.c.queued_at > iso(since), REPLY.c.id.not_in(but),
            REPLY.c.state.in_(GONE) | held).group_by(REPLY.c.sender))
    return {sender: count for sender, count in rows}


def _dispatch(node: Node, letter: Letter) -> Outcome | None:
    """Send one SMS, or look up what became of it; None means: not known yet, look again later."""
    try:
        there = channel(letter.reply["channel"])
        known = there.settings(node.config)
        if letter.doubtful and hasattr(there, "find_sent"):
            since = moment(letter.reply["queued_at"])
            found = there.find_sent(known, letter.number, letter.reply["text"], since)
            if found is not None:
                return Sent(found.provider_id, found.status)
            doubted = moment(letter.reply["settled_at"]) if letter.reply["state"] == "uncertain" else None
            if doubted is not None and node.now() - doubted < GIVE_UP_LOOKING:
                return None
        outcome: Outcome = there.send(known, letter.number, letter.reply["text"])
        return outcome
    except Problem as fault:
        return Failed(fault.code, permanent=fault.permanent and fault.code != "channel.unconfigured")
    except Exception as fault:
        # whatever broke may have broken after the provider took it; its words could hold the number
        _log.error("sending %s broke: %s", letter.reply["id"], type(fault).__name__)
        return Uncertain(type(fault).__name__)


def _settle(c: Connection, node: Node, results: Sequence[tuple[Letter, Outcome | None]]) -> None:
    now = node.now()
    still = set(tasks.held(c, "send", [letter.reply["id"] for letter, _ in results]))
    events: list[Event] = []
    done, again, later = [], {}, []
    for letter, outcome in results:
        reply = letter.reply["id"]
        if reply not in still:  # somebody else settled it: compare and set
            continue
        if isinstance(outcome, Sent):
            events.append(ReplySent(reply=reply, provider_id=outcome.provider_id, status=outcome.status))
            done.append(reply)
        elif isinstance(outcome, Failed):
            if outcome.opted_out:
                events.append(SenderOptedOut(sender=letter.reply["sender"], reason="told the provider"))
            if outcome.permanent:
                events.append(ReplyFailed(reply=reply, reason=outcome.reason))
                done.append(reply)
            else:
                again[reply] = outcome.reason
        else:
            if isinstance(outcome, Uncertain) and letter.reply["state"] != "uncertain":
                events.append(ReplyUncertain(reply=reply, reason=outcome.reason))
            later.append(reply)
    ledger.write(c, node.origin, events, at=now, by="machine")
    tasks.finish(c, "send", done)
    if again:
        tasks.fail(c, "send", again, now)
    if later:
        tasks.postpone(c, "send", later, iso(now + LOOK_UP_AFTER))
