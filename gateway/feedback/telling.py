"""Telling residents what was decided: which change, to whom, in one transaction; and asking them later whether it is fixed.

    a decision is noted from the journal -> it stands for a while -> each phone that spoke for the need is told once
    done was told                        -> days later the same phone is asked "fixed? 1 yes 2 partly 3 no"

Whatever is decided here is decided under the writer's lock from what the journal says was told, so that workers that die,
run twice or run beside each other tell nobody twice. `outbox` looks once more before a text leaves (`news.withdrawn`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.channels import CHANNELS
from gateway.conversation import dialogue
from gateway.feedback import noting
from gateway.governing import quiet
from gateway.journal import blame, heads, ledger, tasks
from gateway.journal.canonical import iso, moment, ordered_id
from gateway.journal.entries import facts_about, take_turn
from gateway.journal.events import Event
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import RepairJudged
from gateway.journal.facts.tellings import ASKED, ChangeTold
from gateway.journal.rows import find
from gateway.journal.tables import Reply, Sender, table
from gateway.labels import label
from gateway.needs import news
from gateway.needs.news import Stand, Telling, Voice
from gateway.needs.standing import BEGUN, day, start
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN, language_for
from gateway.words.segments import measure

REPLY, SENDER = table(Reply), table(Sender)
MOST_NEEDS, MOST_PHONES = 50, 200  # of one transaction
MOST_IN_A_DIGEST = 4
PATIENCE = timedelta(hours=6)  # how long a text waits for more changes of the same phone to settle
DAY, LATER, SOON = timedelta(hours=24), timedelta(hours=1), timedelta(minutes=10)
AT_LATEST = timedelta(hours=23)  # a task may not wait longer than a day: it is looked at again
DOUBT = timedelta(days=2)  # what is in doubt for so long stays so: its provider cannot be asked


def tell_due(node: Node) -> int:
    """Tell one batch of what was decided; how many needs were looked at."""
    noting.note_decisions(node)
    now = node.now()
    with node.database.writing() as c:
        claimed = [claim.subject for claim in tasks.claim(c, "tell", now, MOST_NEEDS)]
    if claimed:
        with node.trying("tell", claimed, now):
            _attempt(node, claimed)
    return len(claimed)


def _attempt(node: Node, claimed: list[str]) -> None:
    """All in one transaction; should one break it, each by itself, so that it breaks only itself. An outage is no try of any."""
    try:
        with node.database.writing() as c:
            _tell(c, node, claimed)
    except Exception as fault:
        if blame.was_away(fault):
            raise
        if len(claimed) > 1:
            for need in claimed:
                _attempt(node, [need])
            return
        with node.database.writing() as c:
            tasks.fail(c, "tell", {claimed[0]: type(fault).__name__}, node.now())


def _tell(c: Connection, node: Node, claimed: list[str]) -> None:
    turn = take_turn(c, node.origin)  # before anything is read: what was told is known for certain from here on
    now = node.now()
    taken = tasks.take_off(c, "tell", claimed)
    whole = heads.members(c, taken)
    needs = {whole[need] for need in taken}  # merged needs are looked at as one, under the name of the one that stands for them
    tasks.take_off(c, "tell", sorted(needs))
    round_ = _Round(c, node, now, needs)
    round_.go()
    ledger.write(c, node.origin, round_.events, at=now, by="machine", turn=turn)
    tasks.add(c, "send", [e.reply for e in round_.events if isinstance(e, ReplyQueued)], iso(now))
    for need, at in sorted(round_.again.items()):
        tasks.add_missing(c, "tell", [need], iso(min(max(at, now), now + AT_LATEST)))


@dataclass(slots=True)
class _Round:
    """One look at some needs and the phones that speak for them: what is said now, and when to look again."""

    c: Connection
    node: Node
    now: datetime
    needs: set[str]
    events: list[Event] = field(default_factory=list)
    again: dict[str, datetime] = field(default_factory=dict)
    stands: dict[str, Stand] = field(default_factory=dict)
    said: dict[tuple[str, str], list[Telling]] = field(default_factory=dict)
    judged: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    oldest: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.oldest = self.now - timedelta(days=self.node.config.news.forget_days)

    def go(self) -> None:
        self.stands = news.stands(self.c, self.needs)
        here = news.voices(self.c, needs=self.stands)
        self.said = news.tellings(self.c, self.stands)
        for (need, _), told in self.said.items():
            if any(t.state == "queued" or (t.state == "uncertain" and t.at > self.now - DOUBT) for t in told):
                self._look_again(need, self.now + SOON)  # it may yet be found that it did not leave
        hearing = sorted({v.sender for v in here if self._is_news(v)})
        asked = [v for v in here if v.sender not in set(hearing) and self._to_ask(v) is not None]
        phones = sorted({*hearing, *(v.sender for v in asked)})
        if len(phones) > MOST_PHONES:
            for voice in here:
                if voice.sender in phones[MOST_PHONES:]:
                    self._look_again(voice.need, self.now)
            phones = phones[:MOST_PHONES]
        lines = _Lines(self.c, self.node, self.now, phones)
        self._hear_all_of([s for s in phones if s in set(hearing)], lines)
        self._ask([v for v in asked if v.sender in set(phones)], lines)

    def _hear_all_of(self, phones: list[str], lines: _Lines) -> None:
        """Everything that is news to these phones, whichever of their needs was looked at."""
        if not phones:
            return
        voices = news.voices(self.c, senders=phones)
        others = {v.need for v in voices} - self.stands.keys()
        self.stands |= news.stands(self.c, others)
        self.said |= news.tellings(self.c, others, phones)
        pending: dict[str, list[Voice]] = {phone: [] for phone in phones}
        for voice in sorted(voices, key=lambda v: v.need):
            if voice.need in self.stands and self._is_news(voice):
                pending[voice.sender].append(voice)
        delay = timedelta(minutes=self.node.config.news.delay_minutes)
        for phone, some in pending.items():
            settled = sorted(self.stands[v.need].stands_from + delay for v in some)
            when = lines.free(phone, min(settled[-1], settled[0] + PATIENCE))
            told = sorted(some, key=lambda v: self.stands[v.need].change)[:MOST_IN_A_DIGEST] if when <= self.now else []
            if told:
                self._say(phone, told, lines)
            for voice in some:
                if voice not in told:
                    self._look_again(voice.need, max(when, self.now + LATER) if told else when)
                else:
                    self._look_again(voice.need, self.now + SOON)

    def _say(self, phone: str, some: list[Voice], lines: _Lines) -> None:
        stands = [self.stands[v.need] for v in some]
        language = lines.language(phone)
        if len(some) == 1:
            kind, fills = _words(self.node, stands[0], some[0], language)
        else:
            kind = news.SEVERAL
            fills = {"needs": tuple(f"{v.reference} {self.node.replies.stage(s.stage, language)}"
                                    for v, s in zip(some, stands, strict=True))}
        self._queue(lines, phone, kind, fills, [(v, s, s.stage) for v, s in zip(some, stands, strict=True)])

    def _ask(self, some: list[Voice], lines: _Lines) -> None:
        """ "Fixed?", one need a phone at a time, and never while another question of ours is open."""
        busy: set[str] = set()
        for voice in sorted(some, key=lambda v: v.need):
            at = self._to_ask(voice)
            assert at is not None
            when = lines.free(voice.sender, at)
            if when <= self.now and lines.is_asked(voice.sender):
                when = self.now + LATER
            if voice.sender in busy or when > self.now:
                self._look_again(voice.need, max(when, self.now + LATER) if voice.sender in busy else when)
                continue
            busy.add(voice.sender)
            stand = self.stands[voice.need]
            self._queue(lines, voice.sender, news.ASK, _plain(self.node, stand, voice, lines.language(voice.sender)),
                        [(voice, stand, ASKED)], question="fixed")
            self._look_again(voice.need, self.now + SOON)

    def _queue(self, lines: _Lines, phone: str, kind: str, fills: dict[str, Any], told: list[tuple[Voice, Stand, str]],
               question: str | None = None) -> None:
        """The reply, and for each need that it tells. Its id says what it tells, to whom, and after how many that never left."""
        vain = sum(not t.counts for v, _, _ in told for t in self.said.get((v.need, phone), ()))
        about = sorted(f"{part} {s.change} {stage}" for v, s, stage in told for part in v.parts)
        reply = ordered_id(max(s.at for _, s, _ in told), "news", phone, str(vain), *about)
        language = lines.language(phone)
        text = self.node.replies.text_for(kind, language, **fills)
        if text is None or find(self.c, REPLY, "id", [reply]):
            return
        self.events.append(ReplyQueued(
            reply=reply, sender=phone, channel=lines.channel(phone), kind=kind, language=language, text=text,
            segments=measure(text).segments, due_at=iso(self.now), question=question, report=told[0][0].report))
        # of every need that the phone spoke for: what was told stays told when merged needs are parted
        self.events += [ChangeTold(need=part, reply=reply, sender=phone, report=v.report, change=s.change, stage=stage,
                                   work=s.work, since=s.since) for v, s, stage in told for part in v.parts]

    def _is_news(self, voice: Voice) -> bool:
        return news.is_news(self.stands[voice.need], voice, self.said.get((voice.need, voice.sender), ()), self.oldest)

    def _to_ask(self, voice: Voice) -> datetime | None:
        """When to ask this phone whether the need is fixed: some days after it was told so, if it has not said by itself."""
        stand, said = self.stands[voice.need], self.said.get((voice.need, voice.sender), ())
        last = news.last_told(said)
        if last is None or last.key != stand.key or stand.stage != "done" or stand.held or stand.silent or last.state not in news.LEFT:
            return None
        if any(t.stage == ASKED and t.counts and t.at >= last.at for t in said) or voice.sender in self._judges(voice.need, last.at):
            return None
        at = last.at + timedelta(days=self.node.config.news.ask_after_days)
        return at if at >= self.oldest else None

    def _judges(self, need: str, since: datetime) -> set[str]:
        """Who said by themselves whether it is fixed."""
        if need not in self.judged:
            self.judged[need] = [(f.at, str(f["sender"]))
                                 for f in facts_about(self.c, sorted(heads.members(self.c, [need])), [RepairJudged.KIND])]
        return {sender for at, sender in self.judged[need] if moment(at) >= since}

    def _look_again(self, need: str, at: datetime) -> None:
        if need in self.needs:  # the others have a task of their own
            self.again[need] = min(at, self.again.get(need, at))


class _Lines:
    """The phones of one round: when each may be written to, how, and in which language."""

    def __init__(self, c: Connection, node: Node, now: datetime, phones: Collection[str]) -> None:
        self._node, self._now = node, now
        self._rows = {row["id"]: row for row in find(c, SENDER, "id", list(phones))}
        self._lately = news.lately(c, phones, now) if phones else {}
        self._answers = {sender: n for sender, n in c.execute(
            select(REPLY.c.sender, func.count()).where(REPLY.c.sender.in_(phones), tasks.lately(REPLY.c.queued_at, now, DAY),
                                                       REPLY.c.state != "failed").group_by(REPLY.c.sender))} if phones else {}

    def free(self, phone: str, at: datetime) -> datetime:
        """The first moment from `at` on that the rules allow: one such text a day, the loop guard, the hours of the city."""
        at = max(at, self._now)
        if phone in self._lately:
            last = self._lately[phone]
            at = max(at, self._now + SOON if last is None else moment(last) + DAY)
        if self._answers.get(phone, 0) >= self._node.config.outbox.automatic_per_day:
            at = max(at, self._now + LATER)
        return quiet.opening(at, self._node.city.timezone, self._node.config.news.hours)

    def is_asked(self, phone: str) -> bool:
        return dialogue.Known(self._rows[phone], None).asked(self._now) is not None

    def language(self, phone: str) -> str:
        return language_for(self._rows[phone]["language"], self._node.city.language, self._rows[phone]["chosen"])

    def channel(self, phone: str) -> str:
        own = str(self._rows[phone]["channel"])
        return own if own in CHANNELS else self._node.config.outbox.channel


def _words(node: Node, stand: Stand, voice: Voice, language: str) -> tuple[str, dict[str, Any]]:
    """The kind of reply that tells how one need stands, with its fills."""
    fills = _plain(node, stand, voice, language)
    if stand.stage == "linked":
        told = _some(fills, "ref", "cat") | {"work": stand.work_name}
        return (news.BEGUN, told) if stand.phase in BEGUN else ("news_work", told | {"date": start(stand.starts_on, node.today)})
    if stand.stage == "rejected" and stand.reason:
        return news.WITH_REASON, _some(fills, "ref", "cat") | {"reason": stand.reason}
    if stand.stage == "postponed":
        return news.KIND_OF[stand.stage], fills | {"date": day(stand.since)}
    return news.KIND_OF[stand.stage], fills


def _plain(node: Node, stand: Stand, voice: Voice, language: str) -> dict[str, Any]:
    return {"ref": voice.reference, "cat": label(stand.category, ANSWERED_IN.get(language, language)),
            "place": node.city.place_name(stand.place)}


def _some(fills: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fills[name] for name in names}
