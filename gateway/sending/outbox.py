"""SMS waiting to leave. Each ends in one of three ways: sent, failed, or uncertain, and uncertain is looked up.

Rules about who may be written to are checked in the transaction that claims. Nothing is sent twice: a sending that was
interrupted, or whose fate is unknown, is first looked up at the provider. Where a channel cannot be asked (no `find_sent`,
or its settings say that it does not ask), it stays in doubt for good: only a report of the provider's ends that.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from gateway.broadcasts import broadcasting
from gateway.channels import channel, fetched
from gateway.channels.values import Failed, Outcome, Sent, Uncertain
from gateway.errors import Problem
from gateway.governing import governor, stopping
from gateway.journal import ledger, tasks, wishes
from gateway.journal.canonical import iso, moment
from gateway.journal.events import Event
from gateway.journal.facts.replies import ReplyFailed, ReplySent, ReplyUncertain
from gateway.journal.facts.residents import SenderOptedOut
from gateway.journal.rows import find
from gateway.journal.tables import Contact, Reply, Task, table
from gateway.needs import news
from gateway.node import Node
from gateway.sending import sendings, statuses
from gateway.sending.restored import forgotten_since
from gateway.words.replies import ALERTS, ANSWER, GREETINGS, RIGHTS, TO_MANY, TO_VOLUNTEERS, TRIAL

REPLY, CONTACT, TASK = table(Reply), table(Contact), table(Task)
MOST_AT_ONCE = 40
LOOK_UP_AFTER = timedelta(seconds=30)
PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
GIVE_UP_LOOKING = timedelta(seconds=120)  # absent that long after: the provider never took it
ALWAYS_ALLOWED = (stopping.STOPPED, stopping.STARTED)
GONE = ("sent", "delivered", "undelivered", "uncertain")
CIRCLE = (*GREETINGS, *TO_VOLUNTEERS)  # the same words every day, and for each elder of a volunteer
_LANES = {kind: lane for lane, kinds in (("rights", RIGHTS), ("news", {*news.KINDS, ANSWER, *TO_MANY}), ("urgent", governor.URGENT), (
    "duty", (*ALERTS, TRIAL)), ("circle", CIRCLE))
          for kind in kinds}
_log = logging.getLogger("barrio.outbox")


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed reply with the number it goes to. `doubtful`: an earlier attempt may have reached the provider.

    `barred` is why a doubtful one may not be sent any more, should the provider not have it.
    """

    reply: dict[str, Any]
    number: str
    doubtful: bool
    barred: str | None = None
    since: datetime | None = None  # news that this node may have told before it was put back from a backup of then
    counted: governor.Keys | None = None  # where its segments were counted by this claim; an earlier one counted a doubtful one

    def __repr__(self) -> str:
        return f"Letter({self.reply['id']})"


def send_due(node: Node) -> int:
    """Send one batch of what is due; how many were claimed."""
    now = node.now()
    one_call = timedelta(seconds=2 * node.config.longest_call)  # to connect, then to be answered
    lease = max(tasks.LEASE, one_call * 1.5)
    with node.database.writing() as c:
        going = governor.stopped(c) is None
        claimed = tasks.claim(c, "send", now, MOST_AT_ONCE, lease=lease, only=ours_to_bring(node, now)) if going else []
        letters = permitted(c, node, claimed, now) if claimed else []
        taken = _provider_ids(c, {letter.reply["sender"] for letter in letters if letter.doubtful or letter.since})
    if letters:
        # when the lease is over another worker takes over: no call of ours may then still be on its way
        bundles = [_Bundle(node, some, now + lease - one_call, taken.get(sender, set())) for sender, some in _by_sender(letters)]
        with ThreadPoolExecutor(4, "sending") as pool:
            results = [result for some in pool.map(_Bundle.dispatch, bundles) for result in some]
        with node.database.writing() as c:
            _settle(c, node, results)
    return len(claimed)


def ours_to_bring(node: Node, now: datetime) -> ColumnElement[bool] | None:
    """Which tasks are not for a channel whose phones come for their replies (`handing`); None where there is no such channel.

    What nobody came for until it expired is for us to end.
    """
    if not (names := fetched(node.config)):
        return None
    fresh = iso(now - timedelta(hours=node.config.outbox.expire_hours))
    return ~exists().where(REPLY.c.id == TASK.c.subject, REPLY.c.channel.in_(names), REPLY.c.queued_at >= fresh)


def permitted(c: Connection, node: Node, claimed: Sequence[tasks.Claim], now: datetime) -> list[Letter]:
    """Those of the claimed replies that may be sent now; the others end here, each with its reason."""
    purse = governor.Purse(c, node, now)  # first: who claims beside us sees what we claimed, and we what they did
    interrupted = {claim.subject for claim in claimed if claim.interrupted}
    replies = {reply["id"]: reply for reply in find(c, REPLY, "id", [claim.subject for claim in claimed])}
    people = {r["sender"] for r in replies.values()}
    stopped, confirmed = wishes.no_texts(c, people), stopping.confirmed_already(c, list(replies.values()))
    numbers: dict[str, str] = {}
    for sender, sealed in c.execute(select(CONTACT.c.sender, CONTACT.c.number).where(CONTACT.c.sender.in_(people))):
        with contextlib.suppress(Problem):  # a damaged row costs one phone its answers, not everybody
            numbers[sender] = node.vault.open(sealed).decode()
    sent, said, kinds = _sent_lately(c, people, now, list(replies))
    letters, refused = [], []
    untrue = news.withdrawn(c, list(replies.values())) | news.unwanted(c, replies.values()) | broadcasting.unfit(c, node, replies.values())
    asleep, opening = governor.asleep(c, node, replies.values(), now)
    later: dict[str, datetime] = {}
    forgotten = forgotten_since(c, now)
    for claim in claimed:
        reply = replies.get(claim.subject)
        if reply is None or reply["state"] not in ("queued", "uncertain"):
            tasks.take_off(c, "send", [claim.subject])
            continue
        sender, doubtful = reply["sender"], claim.subject in interrupted or reply["state"] == "uncertain"
        confirms, lane = reply["kind"] in ALWAYS_ALLOWED, lane_of(reply["kind"])
        # whoever is on duty is no resident in a loop with us: their alerts are counted apart
        most = node.config.triage.alerts_per_day if lane in ("duty", "circle") else (
            node.config.outbox.automatic_per_day + confirms * len(ALWAYS_ALLOWED))
        reason = None
        if sender not in numbers:
            reason = "no_number"
        elif sender in stopped and not confirms:
            reason = stopping.OPTED_OUT
        elif claim.subject in confirmed:
            reason = "said_already"
        elif not governor.is_served(node, numbers[sender]):
            reason = "not_served"
        elif claim.subject in untrue:
            reason = untrue[claim.subject]
        elif moment(reply["queued_at"]) < now - timedelta(hours=node.config.outbox.expire_hours):
            reason = "expired"
        elif _in_its_lane(sent, sender, lane) >= most or (_is_full(node, sent, sender) and (
                (lane == "urgent" and (sender, reply["text"]) in said) or (lane == "rights" and (sender, reply["kind"]) in kinds))):
            reason = "loop_guard"
        elif (sender, reply["text"]) in said and governor.class_of(reply["kind"]) in governor.UNASKED and lane != "circle":
            reason = "said_already"
        if reason is None and claim.subject in asleep:
            later[claim.subject] = opening
            continue
        if reason is not None and not (doubtful and sender in numbers):
            refused.append(ReplyFailed(reply=reply["id"], reason=reason))
            continue
        if not doubtful and not purse.takes(reply):
            later[claim.subject] = governor.tomorrow(node, now)
            continue
        sent[sender, lane] = sent.get((sender, lane), 0) + 1
        said.add((sender, reply["text"]))
        kinds.add((sender, reply["kind"]))
        letters.append(Letter(reply, numbers[sender], doubtful, reason, forgotten if lane == "news" else None,
                              None if doubtful else purse.keys))
    purse.close()
    tasks.postpone(c, "send", later, interrupted=interrupted)
    if refused:
        ledger.write(c, node.origin, refused, at=now, by="machine")
        tasks.take_off(c, "send", [e.reply for e in refused])
    return letters


def lane_of(kind: str) -> str:
    """What is counted together: a phone that used up its answers must still hear what may save a life, and what it is owed as news."""
    return _LANES.get(kind, "answers")


def _in_its_lane(sent: Mapping[tuple[str, str], int], sender: str, lane: str) -> int:
    """What counts against one more of a lane; what somebody asked of their data is an answer like any other."""
    return sent.get((sender, lane), 0) + (sent.get((sender, "rights"), 0) if lane == "answers" else 0)


def _is_full(node: Node, sent: Mapping[tuple[str, str], int], sender: str) -> bool:
    """Whether a phone got as many answers of any kind as a machine gets: what may save a life was said to it, and is not said again, nor
    what we hold of it.

    A machine that says our own words back to us says "emergency" with them, and would else be answered twice as often.
    """
    return sum(sent.get((sender, lane), 0) for lane in ("answers", "urgent", "rights")) >= node.config.outbox.automatic_per_day


def _sent_lately(c: Connection, people: set[str], now: datetime,
                 but: list[str]) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]], set[tuple[str, str]]]:
    """Automatic replies of the last day per sender and lane, with those that another worker holds right now; their words and kinds."""
    held = and_(REPLY.c.state == "queued", TASK.c.leased_until.is_not(None))
    rows = c.execute(select(REPLY.c.sender, REPLY.c.kind, REPLY.c.text).select_from(
        REPLY.outerjoin(TASK, and_(TASK.c.kind == "send", TASK.c.subject == REPLY.c.id))
    ).where(REPLY.c.sender.in_(people), tasks.lately(REPLY.c.queued_at, now, timedelta(hours=24)), REPLY.c.id.not_in(but),
            REPLY.c.state.in_(GONE) | held)).all()
    return Counter((row.sender, lane_of(row.kind)) for row in rows), {(row.sender, row.text) for row in rows}, {
        (row.sender, row.kind) for row in rows}


def _provider_ids(c: Connection, people: set[str]) -> dict[str, set[str]]:
    """Which SMS at the provider are other replies of these senders."""
    ids: dict[str, set[str]] = {}
    for sender, provider_id in c.execute(select(REPLY.c.sender, REPLY.c.provider_id).where(
            REPLY.c.sender.in_(people), REPLY.c.provider_id.is_not(None))) if people else ():
        ids.setdefault(sender, set()).add(provider_id)
    return ids


def _by_sender(letters: Sequence[Letter]) -> Iterable[tuple[str, list[Letter]]]:
    by_sender: dict[str, list[Letter]] = {}
    for letter in sorted(letters, key=lambda letter: (letter.reply["queued_at"], letter.reply["position"])):
        by_sender.setdefault(letter.reply["sender"], []).append(letter)
    return by_sender.items()


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What goes to one phone, in the order it was written. After `until` no new call is begun."""

    node: Node
    letters: list[Letter]
    until: datetime
    taken: set[str]  # ids at the provider that are known to be other replies

    def dispatch(self) -> list[tuple[Letter, Outcome | None]]:
        return [(letter, self._one(letter)) for letter in self.letters]

    def _one(self, letter: Letter) -> Outcome | None:
        """Send one SMS, or look up what became of it; None means: not known or not done yet, come again later."""
        try:
            there = channel(letter.reply["channel"])
            known = there.settings(self.node.config)
            asks = hasattr(there, "find_sent") and getattr(known, "asks", True)
            if letter.doubtful and not asks:
                return Uncertain(letter.reply["reason"] or "interrupted", final=True)
            if (letter.doubtful or letter.since) and asks:
                since = min(moment(letter.reply["queued_at"]), letter.since or self.node.now())
                found: Sent | None = there.find_sent(
                    known, letter.number, letter.reply["text"], since, self.taken, letter.reply["id"])
                if found is not None:
                    self.taken.add(found.provider_id)
                    return found
                if letter.reply["state"] == "uncertain" and self.node.now() - moment(letter.reply["settled_at"]) < GIVE_UP_LOOKING:
                    return None
        except Exception as fault:
            if isinstance(fault, Problem) and fault.code == "channel.unconfigured":
                return Failed(fault.code, permanent=False, mendable=True)
            _log.warning("%s could not be looked up: %s", letter.reply["id"], getattr(fault, "code", type(fault).__name__))
            return None  # which says nothing about the SMS
        if letter.barred is not None:
            return Failed(letter.barred, permanent=True)
        if self.node.now() > self.until:
            return None
        if (why := self._heard_since(letter)) is not None:
            return Failed(why, permanent=True) if why == stopping.OPTED_OUT else None
        try:
            outcome: Outcome = there.send(known, letter.number, letter.reply["text"], letter.reply["id"])
        except Exception as fault:
            # whatever broke may have broken after the provider took it; its words could hold the number
            _log.error("sending %s broke: %s", letter.reply["id"], type(fault).__name__)
            return Uncertain(type(fault).__name__, final=not asks)
        if isinstance(outcome, Sent):
            self.taken.add(outcome.provider_id)
        return replace(outcome, final=True) if isinstance(outcome, Uncertain) and not asks else outcome

    def _heard_since(self, letter: Letter) -> str | None:
        try:
            with self.node.database.reading() as c:
                return stopping.heard_since(c, letter.reply)
        except Exception as fault:  # who cannot be asked for is not texted
            _log.warning("%s waits: %s", letter.reply["id"], type(fault).__name__)
            return stopping.WAITS


def _settle(c: Connection, node: Node, results: Sequence[tuple[Letter, Outcome | None]]) -> None:
    now = node.now()
    still = set(tasks.held(c, "send", [letter.reply["id"] for letter, _ in results]))
    events: list[Event] = []
    done: list[str] = []
    failed: dict[str, str] = {}
    later: dict[str, datetime] = {}
    sent: dict[str, str] = {}
    governor.give_back(c, _never_left(results))
    sendings.note(c, [(letter.reply["channel"], outcome) for letter, outcome in results
                      if not letter.barred and not (isinstance(outcome, Failed) and outcome.reason == stopping.OPTED_OUT)], now)
    for letter, outcome in results:
        reply = letter.reply["id"]
        if reply not in still:  # somebody else settled it: compare and set
            continue
        if isinstance(outcome, Sent):
            events.append(ReplySent(reply=reply, provider_id=outcome.provider_id, status=outcome.status))
            done.append(reply)
            sent[outcome.provider_id] = reply
        elif isinstance(outcome, Failed):
            if outcome.opted_out:
                events.append(SenderOptedOut(sender=letter.reply["sender"], reason="told the provider"))
            if outcome.permanent:
                events.append(ReplyFailed(reply=reply, reason=outcome.reason))
                done.append(reply)
            elif outcome.mendable:
                failed[reply] = outcome.reason
            else:
                later[reply] = now + _pause(letter.reply["queued_at"], now, PAUSE)
        elif isinstance(outcome, Uncertain):  # said each time, so that each doubt is waited out
            events.append(ReplyUncertain(reply=reply, reason=outcome.reason))
            if outcome.final:
                done.append(reply)
            else:
                later[reply] = now + LOOK_UP_AFTER
        else:
            doubted = letter.reply["settled_at"] if letter.reply["state"] == "uncertain" else None
            later[reply] = now + (_pause(doubted, now, LOOK_UP_AFTER) if doubted else PAUSE)
    ledger.write(c, node.origin, events, at=now, by="machine")
    ledger.write(c, node.origin, statuses.overtaken(c, sent), at=now, by="machine")
    tasks.take_off(c, "send", done)
    if failed:
        tasks.fail(c, "send", failed, now)
    # one that could not be looked up may have left all the same
    tasks.postpone(c, "send", later, interrupted={letter.reply["id"] for letter, outcome in results if outcome is None and letter.doubtful})


def _never_left(results: Sequence[tuple[Letter, Outcome | None]]) -> dict[governor.Keys, int]:
    """The segments that were counted for what the provider did not take; what is uncertain counts."""
    counted: Counter[governor.Keys] = Counter()
    for letter, outcome in results:
        if letter.counted is not None and (outcome is None or isinstance(outcome, Failed)):
            counted[letter.counted] += letter.reply["segments"]
    return counted


def _pause(since: str, now: datetime, least: timedelta) -> timedelta:
    """As long again as it has waited already, within bounds."""
    return min(max(now - moment(since), least), LONGEST_PAUSE)
