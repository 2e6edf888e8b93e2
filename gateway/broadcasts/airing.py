"""The machine's part of a broadcast: from the list into the outbox, a little at a time, and of a poll how it ended.

    started -> while it runs, by day, as long as the caps leave room: the next phones of the list, each by one reply of a fixed id
    paused  -> nothing; what waited in the outbox did not leave (`broadcasting.unfit`) and is put on the list again
    a poll  -> is over at its end, is counted a little later (a text may come late), and is told to all who voted

Who is asked and who has been is decided under the writer's lock together with the reply, so that workers that die, run twice or run
beside each other write to nobody twice. What can leave today is asked before, so that the outbox never holds more than leaves soon:
a reply there expires after a day, and who texts us is answered first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select, update

from gateway.broadcasts import audience, broadcasting, tallying
from gateway.broadcasts.audience import Person
from gateway.broadcasts.broadcasting import CLOSED, EXPIRED, HELD_UP, NOT_THEIRS, Wording
from gateway.conversation import dialogue
from gateway.conversation.dialogue import Known
from gateway.conversation.voting import slot
from gateway.governing import governor, quiet
from gateway.journal import blame, ledger, tasks
from gateway.journal.canonical import iso, moment, ordered_id
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.broadcasts import PAUSED, RUNNING, SAY, TOLD, PollClosed, is_open, options_of
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Broadcast, Listed, Reply, Sender, Vote, table
from gateway.node import Node
from gateway.words.replies import BROADCAST, POLL, TO_MANY

BROADCASTS, LISTED, REPLY, SENDER, VOTE = table(Broadcast), table(Listed), table(Reply), table(Sender), table(Vote)
MOST_AT_ONCE: Final = 60
MOST_WAITING: Final = 80  # in the outbox: two batches of it
MOST_VAIN: Final = 5
FEW_OF_THEM = 5
SOON, LATER, AT_LATEST = timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=23)
GRACE = timedelta(minutes=15)  # a vote that was sent in time may come by the next look at the provider
WEEK = timedelta(days=7)
MOST_IN_ONE = 400
ENOUGH: Final = "enough"  # they got as many as anybody gets in a week
Row = dict[str, Any]


def air_due(node: Node) -> int:
    """Feed one batch of each broadcast that is due; how many were looked at."""
    with node.database.reading() as c:
        if not tasks.is_due(c, tasks.AIR, node.now()):  # nearly always
            return 0
    now = node.now()
    with node.database.writing() as c:
        claimed = [claim.subject for claim in tasks.claim(c, tasks.AIR, now, FEW_OF_THEM)]
    with node.trying(tasks.AIR, claimed, now):
        for broadcast in claimed:
            _attempt(node, broadcast)
    return len(claimed)


def _attempt(node: Node, broadcast: str) -> None:
    try:
        with node.database.writing() as c:
            _air(c, node, broadcast)
    except Exception as fault:
        if blame.was_away(fault):
            raise
        with node.database.writing() as c:
            tasks.fail(c, tasks.AIR, {broadcast: type(fault).__name__}, node.now())


def _air(c: Connection, node: Node, broadcast: str) -> None:
    turn = take_turn(c, node.origin)  # before anything is read: who was written to is known for certain from here on
    row = next(iter(find(c, BROADCASTS, "id", [broadcast])), None)
    tasks.take_off(c, tasks.AIR, [broadcast])
    if row is None or row["writer"] != node.origin.writer or row["state"] not in (RUNNING, PAUSED):
        return
    now = node.now()
    round_ = _Round(c, node, row, now)
    again = round_.go()
    ledger.write(c, node.origin, round_.events, at=now, by="machine", turn=turn)
    tasks.add(c, "send", [event.reply for event in round_.events if isinstance(event, ReplyQueued)], iso(now))
    if again is not None:
        tasks.add_missing(c, tasks.AIR, [broadcast], iso(min(max(again, now), now + AT_LATEST)))


@dataclass(slots=True)
class _Round:
    """One look at one broadcast: what is written now, and when to look again (None: all is done)."""

    c: Connection
    node: Node
    row: Row
    now: datetime
    events: list[Event] = field(default_factory=list)

    def go(self) -> datetime | None:
        row, c = self.row, self.c
        if not row["closes_at"]:
            return self._feed(SAY) if row["state"] == RUNNING else None
        if row["closed_at"]:
            return self._feed(TOLD)
        over = moment(row["closes_at"])
        if is_open(row, iso(self.now)):
            again = self._feed(SAY) if row["state"] == RUNNING else None
            return min(again or over + GRACE, over + GRACE)
        c.execute(update(LISTED).where(*self._listed(SAY), LISTED.c.state == "waiting").values(state="passed", reason=CLOSED))
        if self.now < over + GRACE:
            return over + GRACE
        self.events.append(PollClosed(broadcast=row["id"], **tallying.count(c, row["id"], self.node.config.access.k_anonymity)))
        voters = sorted(c.execute(select(VOTE.c.sender).where(VOTE.c.broadcast == row["id"])).scalars())
        for at in range(0, len(voters), MOST_IN_ONE):
            insert_new(c, LISTED, [{"broadcast": row["id"], "errand": TOLD, "sender": sender, "state": "waiting", "reply": None,
                                    "reason": "", "vain": 0} for sender in voters[at:at + MOST_IN_ONE]], "sender")
        return self.now

    def _feed(self, errand: str) -> datetime | None:
        """The next phones of a list, as many as may leave soon; when to come again, None once everybody had their turn."""
        c, node = self.c, self.node
        opening = quiet.opening(self.now, node.city.timezone, node.config.news.hours)
        if governor.stopped(c) is not None:
            return self.now + LATER
        waiting = self._waiting(errand, 1) or (self._bring_back(errand) and self._waiting(errand, 1))
        if not waiting:
            return self._last_replies(errand)
        if opening > self.now:
            return opening
        wording = Wording.of(self.row)
        kind = wording.kind if errand == SAY else tallying.kind_of(self.row, node.config.access.k_anonymity)
        queued, segments = self._in_the_outbox()
        room = governor.room(governor.spent(c, node, self.now), kind)
        least = min(self._words(errand, wording, language)[1] for language in wording.texts)
        if room is not None and room - segments < least:
            return governor.tomorrow(node, self.now) if not queued else self.now + LATER
        most = min(MOST_AT_ONCE, MOST_WAITING - queued, MOST_AT_ONCE if room is None else (room - segments) // least)
        if most <= 0:
            return self.now + SOON
        self._write(self._waiting(errand, most), errand, wording, kind)
        return self.now

    def _write(self, senders: Sequence[str], errand: str, wording: Wording, kind: str) -> None:
        wanted = broadcasting.audience_of(self.row) if errand == SAY else None
        people = {person.sender: person for person in audience.find(self.c, self.node, wanted, senders).people}
        tired = self._had_enough(senders) if errand == SAY else set()
        self._pass_over([sender for sender in senders if sender not in people], errand, NOT_THEIRS)
        self._pass_over([sender for sender in senders if sender in people and sender in tired], errand, ENOUGH)
        chosen = [people[sender] for sender in senders if sender in people and sender not in tired]
        vain = {sender: n for sender, n in self.c.execute(select(LISTED.c.sender, LISTED.c.vain).where(
            *self._listed(errand), LISTED.c.sender.in_([person.sender for person in chosen])))}
        replies = {person.sender: self._reply_id(errand, person.sender, vain[person.sender]) for person in chosen}
        there = {reply["id"] for reply in find(self.c, REPLY, "id", sorted(replies.values()))}  # said before this node was put back
        asked = self._busy(chosen) if kind == POLL else set()
        for person in chosen:
            reply = replies[person.sender]
            self.c.execute(update(LISTED).where(*self._listed(errand), LISTED.c.sender == person.sender).values(
                state="written", reply=reply))
            if reply not in there:
                self.events.append(self._reply(person, reply, errand, wording, kind, person.sender in asked))

    def _reply(self, person: Person, reply: str, errand: str, wording: Wording, kind: str, busy: bool) -> ReplyQueued:
        text, segments, language = self._words(errand, wording, person.language)
        asks = kind == POLL and not busy
        return ReplyQueued(reply=reply, sender=person.sender, channel=person.channel, kind=kind, language=language, text=text,
                           segments=segments, due_at=iso(self.now), question=POLL if asks else None,
                           options=slot(self.row, language) if asks else ())

    def _words(self, errand: str, wording: Wording, language: str) -> tuple[str, int, str]:
        if errand == SAY:
            words = broadcasting.words_for(self.node, wording, language)
            return words.text, words.segments, words.language
        return tallying.words_for(self.node, self.row, options_of(self.row), language)

    def _reply_id(self, errand: str, sender: str, vain: int) -> str:
        """Says of which broadcast, to whom, and after how many that never left; so it is the same for whoever writes it."""
        return ordered_id(moment(self.row["started_at"]), "broadcast", self.row["id"], errand, sender, str(vain))

    def _busy(self, people: Sequence[Person]) -> set[str]:
        """Who was asked something else that is still open: that stays, and they vote with the word that stands in the text."""
        answers_for = timedelta(days=self.node.config.news.answer_days)
        return {row["id"] for row in find(self.c, SENDER, "id", [person.sender for person in people])
                if Known(row, None, answers_for=answers_for).asked(self.now) not in (None, dialogue.POLL)}

    def _had_enough(self, senders: Sequence[str]) -> set[str]:
        most = self.node.config.governor.broadcasts_per_week
        rows = self.c.execute(select(REPLY.c.sender, func.count()).where(
            REPLY.c.sender.in_(list(senders)), REPLY.c.kind.in_((BROADCAST, POLL)), REPLY.c.queued_at > iso(self.now - WEEK),
            REPLY.c.state != "failed").group_by(REPLY.c.sender))
        return {sender for sender, count in rows if count >= most}

    def _in_the_outbox(self) -> tuple[int, int]:
        """How many texts to many wait there, and their segments."""
        count, segments = self.c.execute(select(func.count(), func.coalesce(func.sum(REPLY.c.segments), 0)).where(
            REPLY.c.state == "queued", REPLY.c.kind.in_(TO_MANY))).one()
        return int(count), int(segments)

    def _listed(self, errand: str) -> tuple[Any, ...]:
        return LISTED.c.broadcast == self.row["id"], LISTED.c.errand == errand

    def _waiting(self, errand: str, most: int) -> list[str]:
        return list(self.c.execute(select(LISTED.c.sender).where(*self._listed(errand), LISTED.c.state == "waiting")
                                   .order_by(LISTED.c.sender).limit(most)).scalars())

    def _pass_over(self, senders: Sequence[str], errand: str, reason: str) -> None:
        for at in range(0, len(senders), MOST_IN_ONE):
            self.c.execute(update(LISTED).where(*self._listed(errand), LISTED.c.sender.in_(senders[at:at + MOST_IN_ONE])).values(
                state="passed", reason=reason))

    def _bring_back(self, errand: str) -> int:
        """Put on the list again whose reply was held up or lay for too long: it is known for certain that it did not leave."""
        lost = list(self.c.execute(select(LISTED.c.sender).join(REPLY, REPLY.c.id == LISTED.c.reply).where(
            *self._listed(errand), LISTED.c.state == "written", LISTED.c.vain < MOST_VAIN, REPLY.c.state == "failed",
            REPLY.c.reason.in_((HELD_UP, EXPIRED)))).scalars())
        for at in range(0, len(lost), MOST_IN_ONE):
            self.c.execute(update(LISTED).where(*self._listed(errand), LISTED.c.sender.in_(lost[at:at + MOST_IN_ONE])).values(
                state="waiting", vain=LISTED.c.vain + 1))
        return len(lost)

    def _last_replies(self, errand: str) -> datetime | None:
        """Everybody was written to; as long as one of the texts waits in the outbox it may come back."""
        waits = self.c.execute(select(LISTED.c.sender).join(REPLY, REPLY.c.id == LISTED.c.reply).where(
            and_(*self._listed(errand), LISTED.c.state == "written", REPLY.c.state == "queued")).limit(1)).first()
        return self.now + LATER if waits else None
