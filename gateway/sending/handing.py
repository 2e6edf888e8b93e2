"""Replies that a phone comes for. Each is handed to one phone, once: first it is written down, then it is said.

    it asks         -> who may be written to, and what may leave, is looked up as ever (`outbox.permitted`); what is given is
                       uncertain, `handed`, from the same commit on; only then does the answer leave
    it says sent    -> sent
    it says failed  -> it tries again by itself, up to a day later: uncertain still, with its reason. Where Android never said whether
                       the SMS left, it is told not to try again, and the reply stays in doubt
    it says nothing -> the answer was lost, or the phone: nobody knows, so nobody sends it again, and a person sees it

Whoever dies on the way, an SMS leaves once at most by our doing. What lies with a phone when its resident says stop, when it is too
old or true no longer, or when all sending is stopped, is called back at its next question. It then says `cancelled`, but says so too of
what its radio had just then: such a reply stays in doubt and counted, and what it told is not told again. Late is better than twice.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from gateway.broadcasts import broadcasting
from gateway.channels import android
from gateway.channels.values import StatusReport
from gateway.errors import Problem
from gateway.governing import governor, handsets
from gateway.journal import handed, ledger, tasks
from gateway.journal.canonical import iso, moment
from gateway.journal.database import fault_in_words, is_away
from gateway.journal.entries import take_turn
from gateway.journal.facts.replies import ReplyFailed, ReplySent, ReplyUncertain
from gateway.journal.rows import insert
from gateway.journal.tables import Delivery, Handed, Message, Reply, Sender, Task, table
from gateway.needs import news
from gateway.node import Node
from gateway.sending import outbox
from gateway.words.replies import ANSWER, TO_MANY

REPLY, TASK, MESSAGE, DELIVERY, HANDED, SENDER = (table(of) for of in (Reply, Task, Message, Delivery, Handed, Sender))
HANDED_OVER: Final = "handed"
MOST_AT_ONCE = 10  # an answer that is lost puts so many in doubt
# What a phone has and does not send had better wait here, where a stop is heard: so many that it lately said it cannot send, or
# that it was given just now and has not spoken of. An answer that was lost leaves some of those, and must not hold it up for long.
MOST_WITH_A_PHONE, LATELY, JUST_NOW = 20, timedelta(minutes=10), timedelta(minutes=2)
MOST_SEGMENTS = 2  # of a usual reply
KEPT_FREE = 10  # one in so many of what the app sends in an hour is for emergencies alone: beyond its limit it sends nothing at all
MOST_CALLED_BACK, BY_LOT, MOST_AT_ALL = 25, 10, 1000
URGENCY: Final = {governor.EMERGENCY: 3, governor.ACKNOWLEDGEMENT: 2, governor.STATUS: 1}
Event = dict[str, Any]
_log = logging.getLogger("barrio.handing")


def answer(node: Node, params: Mapping[str, str]) -> list[Event]:
    """What a phone is to do after it said this; anything but a text."""
    try:
        if params.get("action") == "outgoing":
            return hand_over(node, android.said(params))
        if params.get("action") == "send_status":
            return settle(node, params)
        _say_what_is_left_aside(params)
        with node.database.writing() as c:
            handsets.heard(c, android.said(params), node.now())
        return []
    except Exception as fault:
        if is_away(fault):  # it is told 503; it asks again, or says so again
            raise Problem("database.away", permanent=False, reason=fault_in_words(fault)) from None
        raise


def overhear(node: Node, params: Mapping[str, str]) -> None:
    """How the phone is that brought a text. The text is taken in already: nothing that goes wrong here is its business."""
    try:
        with node.database.writing() as c:
            handsets.heard(c, android.said(params), node.now())
    except Exception as fault:
        _log.warning("how phone %s is was not noted: %s", params["name"], type(fault).__name__)


def hand_over(node: Node, said: android.Said) -> list[Event]:
    """Claim what this phone may send now and write down that it has it. Whoever asks in the words of before gets nothing."""
    now = node.now()
    with node.database.writing() as c:
        was_silent = said.phone not in handsets.live(c, now)
        if not handsets.heard(c, said, now, asks=True):
            _log.warning("phone %s asked in a request that is not later than its last: nothing is handed over", said.name)
            return []
        handsets.forget_others(c, [node.vault.sender(number) for number in node.config.android.phones.values()], now)
        if said.version < android.OLDEST_JSON:
            _log.warning("phone %s has an app older than 3.0, which does not understand us", said.name)
            return []
        stopped = governor.stopped(c) is not None
        events: list[Event] = [{"event": "cancel", "id": reply}
                               for reply in _called_back(c, node, said.phone, now, stopped, all_of_it=was_silent)]
        claimed = [] if stopped else _claimed(c, node, said, now)
        letters = outbox.permitted(c, node, claimed, now) if claimed else []
        given = [letter for letter in letters if not letter.doubtful]
        # one that was begun before a restore may have left: nobody can be asked, so it stays in doubt
        ledger.write(c, node.origin, [
            ReplyUncertain(reply=letter.reply["id"], reason=letter.reply["reason"] or "interrupted" if letter.doubtful else HANDED_OVER)
            for letter in letters], at=now, by="machine")
        tasks.take_off(c, "send", [letter.reply["id"] for letter in letters])
        insert(c, HANDED, [{"reply": letter.reply["id"], "phone": said.phone, "at": iso(now), "segments": letter.reply["segments"]}
                           for letter in given])
    return events + _spoken(given)


def settle(node: Node, params: Mapping[str, str]) -> list[Event]:
    """What became of one; a reply that has ended is not moved any more."""
    report, now = android.read_status(params), node.now()
    with node.database.writing() as c:
        handsets.heard(c, android.said(params), now)
        if report.status == "sent" or report.error in handsets.OF_SENDING:
            handsets.told_of_sending(c, params["phone"], report.error, now)
        has_it_no_longer = report.status == "failed" or report.error == android.CALLED_BACK
        had = handed.taken_back(c, report.provider_id, params["phone"],
                                may_have_left=report.status != "failed") if has_it_no_longer else None
        counted = _counted(c, node, had) if had is not None and report.status == "failed" else {}
        turn = take_turn(c, node.origin)  # before looking: two who speak of one reply follow one another
        row = c.execute(select(REPLY.c.id, REPLY.c.state, REPLY.c.reason).where(
            REPLY.c.id == report.provider_id, REPLY.c.channel == android.NAME)).first()
        moves = row is not None and row.state in ("queued", "uncertain")
        elsewhere = has_it_no_longer and _lies_with_another(c, report)
        facts = _facts(row.id, row.reason, report) if row is not None and moves and not elsewhere else []
        ledger.write(c, node.origin, facts, at=now, by="machine", turn=turn)
        tasks.take_off(c, "send", [fact.reply for fact in facts])
        if row is None and report.status == "sent":  # of somebody who was erased: there is nothing to call back
            handed.keep_counts_alone(c, [report.provider_id])
        if row is None or any(isinstance(fact, ReplyFailed) for fact in facts):  # of whom was erased we know no more than the phone says
            governor.give_back(c, counted)
    return [{"event": "cancel", "id": report.provider_id}] if report.error in android.RISKY.values() else []


def _counted(c: Connection, node: Node, had: handed.Had) -> dict[governor.Keys, int]:
    """The segments of what never left, where they were counted."""
    counted_to = governor.keys(node, moment(had.at))
    governor.hold(c, counted_to)
    return {counted_to: had.segments}


def _lies_with_another(c: Connection, report: StatusReport) -> bool:
    """Whether a phone that did not just give it back has it, and may send it still."""
    return c.execute(select(HANDED.c.reply).where(HANDED.c.reply == report.provider_id)).first() is not None


def _facts(reply: str, reason: str | None, report: StatusReport) -> list[ReplySent | ReplyFailed | ReplyUncertain]:
    if report.status == "sent":
        return [ReplySent(reply=reply, provider_id=reply)]
    if reason in android.RISKY.values():  # Android never said whether it left: that it is called back by now says nothing of then
        return []
    if report.status == "failed":
        return [ReplyFailed(reply=reply, reason=report.error or "phone_refused")]
    if reason == android.CALLED_BACK:  # what was said of its tries before comes late
        return []
    return [ReplyUncertain(reply=reply, reason=report.error)] if report.error not in (None, reason) else []


def waiting(c: Connection, node: Node) -> tuple[int, str | None]:
    """How many replies wait for a phone to come, and since when the oldest is due."""
    ours = outbox.ours_to_bring(node, node.now())
    return tasks.backlog(c, node.now(), only=~ours).get("send", (0, None)) if ours is not None else (0, None)


def _for_phone(c: Connection, node: Node, phone: str, now: datetime) -> ColumnElement[bool]:
    """Replies of this channel but those whose resident wrote last to another phone of ours that is well."""
    ours = exists().where(REPLY.c.id == TASK.c.subject, REPLY.c.channel == android.NAME)
    others = [other for other in handsets.live(c, now) if other != phone]
    if not others:
        return ours
    last = (select(MESSAGE.c.provider_id).where(MESSAGE.c.sender == REPLY.c.sender, MESSAGE.c.channel == android.NAME)
            .order_by(MESSAGE.c.id.desc()).limit(1).correlate(REPLY).scalar_subquery())
    brought = and_(DELIVERY.c.channel == android.NAME, DELIVERY.c.account.in_(others), DELIVERY.c.provider_id == last)
    theirs = select(REPLY.c.id).select_from(REPLY.join(DELIVERY, brought)).where(REPLY.c.id == TASK.c.subject).exists()
    return and_(ours, ~theirs)


def _claimed(c: Connection, node: Node, said: android.Said, now: datetime) -> list[tasks.Claim]:
    """What this phone is given now: emergencies first and past our own cap, then what waits longest, as far as there is room."""
    ours, free = _for_phone(c, node, said.phone, now), _free(c, said, now)
    urgent = exists().where(REPLY.c.id == TASK.c.subject, REPLY.c.kind.in_(governor.URGENT))
    lately = _segments_lately(c, said, now)
    most = said.send_limit
    first = min(free, _replies(most - lately)) if most else free
    claimed = tasks.claim(c, "send", now, first, only=and_(ours, urgent)) if first > 0 else []
    usual = min(node.config.android.segments_per_hour, most - most // KEPT_FREE if most else node.config.android.segments_per_hour)
    handsets.full(c, said.phone, usual <= lately, now)
    rest = min(free, _replies(usual - lately)) - len(claimed)
    return claimed + (tasks.claim(c, "send", now, rest, only=and_(ours, ~urgent)) if rest > 0 else [])


def _free(c: Connection, said: android.Said, now: datetime) -> int:
    """How many more replies may lie with this phone."""
    silent = c.execute(select(func.count()).select_from(HANDED.join(REPLY, REPLY.c.id == HANDED.c.reply)).where(
        HANDED.c.phone == said.phone, REPLY.c.state == "uncertain", or_(
            tasks.lately(HANDED.c.at, now, JUST_NOW),
            and_(tasks.lately(HANDED.c.at, now, LATELY), REPLY.c.reason != HANDED_OVER)))).scalar_one()
    return min(MOST_AT_ONCE, MOST_WITH_A_PHONE - int(silent))


def _segments_lately(c: Connection, said: android.Said, now: datetime) -> int:
    return int(c.execute(select(func.coalesce(func.sum(HANDED.c.segments), 0)).where(
        HANDED.c.phone == said.phone, tasks.lately(HANDED.c.at, now, timedelta(hours=1)))).scalar_one())


def _replies(segments: int) -> int:
    return -(-segments // MOST_SEGMENTS)


def _called_back(c: Connection, node: Node, phone: str, now: datetime, stopped: bool, *, all_of_it: bool) -> list[str]:
    """What lies with the phone and must not leave any more; asked for until it answers, or a month is over.

    Of many the newest, which it can still stop, and some others by lot: what it never got it never answers. All of it of a phone that
    was silent, for it comes back with what it was given before.
    """
    too_old = iso(now - timedelta(hours=node.config.outbox.expire_hours))
    said_stop = and_(SENDER.c.opted_out, REPLY.c.kind.not_in(outbox.ALWAYS_ALLOWED))
    gone = and_(REPLY.c.id.is_(None), handed.IS_NAMED)  # its resident was erased
    with_it = or_(gone, and_(REPLY.c.state == "uncertain", or_(
        REPLY.c.queued_at < too_old, said_stop, REPLY.c.reason.in_(android.RISKY.values()), REPLY.c.id.is_not(None) if stopped else gone)))
    found = list(c.execute(select(HANDED.c.reply).select_from(
        HANDED.outerjoin(REPLY, REPLY.c.id == HANDED.c.reply).outerjoin(SENDER, SENDER.c.id == REPLY.c.sender)
    ).where(HANDED.c.phone == phone, with_it).order_by(HANDED.c.at.desc(), HANDED.c.reply)).scalars())
    found += sorted(_untrue(c, node, phone) - set(found))
    if all_of_it:
        return found[:MOST_AT_ALL]
    newest, others = found[:MOST_CALLED_BACK], found[MOST_CALLED_BACK:]
    return newest + random.Random(iso(now)).sample(others, min(BY_LOT, len(others)))


def _untrue(c: Connection, node: Node, phone: str) -> set[str]:
    """What lies with the phone and tells what stands no longer, what a person holds back, or a broadcast that ended or was held up."""
    rows = [dict(row) for row in c.execute(select(REPLY).join(HANDED, HANDED.c.reply == REPLY.c.id).where(
        HANDED.c.phone == phone, REPLY.c.state == "uncertain", REPLY.c.kind.in_(sorted({*news.KINDS, *TO_MANY, ANSWER}))
    ).order_by(HANDED.c.at.desc()).limit(MOST_WITH_A_PHONE)).mappings()]
    return {*news.withdrawn(c, rows), *news.unwanted(c, rows), *broadcasting.unfit(c, node, rows)} if rows else set()


def _spoken(letters: Sequence[outbox.Letter]) -> list[Event]:
    messages = [{"id": letter.reply["id"], "to": letter.number, "message": letter.reply["text"],
                 "priority": URGENCY.get(governor.class_of(letter.reply["kind"]), 0)} for letter in letters]
    return [{"event": "send", "messages": messages}] if messages else []


def _say_what_is_left_aside(params: Mapping[str, str]) -> None:
    action = params.get("action", "")
    if action == "incoming":
        _log.info("phone %s: %s is left aside; only texts are read", params["name"],
                  "a call" if params.get("message_type") == "call" else "something of another kind")
    elif action == "forward_sent":
        _log.info("phone %s: what a person wrote with it is left aside; switch “Forward sent messages” off in its app", params["name"])
    elif action == "amqp_started":
        _log.warning("phone %s: AMQP is not spoken here; switch it off in its app", params["name"])
    elif action not in ("device_status", "test"):
        _log.warning("phone %s did something that this Barrio does not know", params["name"])
