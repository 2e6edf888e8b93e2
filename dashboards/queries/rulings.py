"""What a commission decided about the needs on its agenda, and what became of telling those who speak for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from dashboards.queries.seen import LINK
from gateway.decisions import ruling
from gateway.governing import quiet
from gateway.journal import heads
from gateway.journal.canonical import iso
from gateway.journal.facts.rulings import POSTPONED, TAKEN_UP
from gateway.journal.rows import find
from gateway.journal.tables import Ruling, table
from gateway.needs import news
from gateway.node import Node

RULING = table(Ruling)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of telling each phone that speaks for a need how it stands; every phone is counted once.

    `told` were, `under_way` is in the outbox or in doubt, `waiting` will be, from `due_at` on. `stopped` want no texts, the numbers of
    those `elsewhere` are not at this machine, `failed` could not be reached. To the `others` it is no news: they spoke after it was
    decided, or a person holds it back.
    """

    told: int = 0
    under_way: int = 0
    waiting: int = 0
    stopped: int = 0
    elsewhere: int = 0
    failed: int = 0
    others: int = 0
    due_at: str = ""

    @property
    def unreached(self) -> int:
        return self.stopped + self.elsewhere + self.failed

    @property
    def phones(self) -> int:
        return self.told + self.under_way + self.waiting + self.unreached + self.others


@dataclass(frozen=True, slots=True)
class Ruled:
    """The decision of a commission about one need; `undoable` while nobody heard of it and nobody decided since."""

    need: str
    decision: str
    met_on: str
    work: str
    until: str
    reason: str
    why: str
    run: str
    by: str
    at: str
    entry: str
    contested: bool
    undoable: bool = False
    heard: Heard = field(default_factory=Heard)


def ruled(c: Connection, node: Node, needs: Collection[str]) -> dict[str, Ruled]:
    """The decisions that stand about these needs, with who heard of them."""
    rows = [row for row in find(c, RULING, "id", sorted(needs)) if row["decision"]]
    stands = news.stands(c, [row["id"] for row in rows])
    heard = _heard(c, node, stands)
    left = ruling.has_left(c, [row["entry"] for row in rows]) if rows else frozenset()
    found = {}
    for row in rows:
        stand = stands.get(heads.head_of(c, row["id"]))
        undoable = stand is not None and stand.change == row["entry"] and row["entry"] not in left
        found[row["id"]] = Ruled(row["id"], **{name: row[name] for name in (
            "decision", "met_on", "work", "until", "reason", "why", "run", "by", "at", "entry")},
            contested=bool(row["contested"]), undoable=undoable, heard=heard.get(row["id"], Heard()))
    return found


def rests(c: Connection, run: str, today: str) -> dict[str, tuple[str, str]]:
    """Needs that an earlier meeting settled, by need: (decision, until). Postponed to a day that is still to come, or in a work."""
    linked = select(LINK.c.id).where(LINK.c.id == RULING.c.id + "+" + RULING.c.work, LINK.c.linked).exists()
    return {row[0]: (row[1], row[2]) for row in c.execute(
        select(RULING.c.id, RULING.c.decision, RULING.c.until).where(RULING.c.run != run, or_(
            (RULING.c.decision == POSTPONED) & (RULING.c.until > today), (RULING.c.decision == TAKEN_UP) & linked)))}


def _heard(c: Connection, node: Node, stands: Mapping[str, news.Stand]) -> dict[str, Heard]:
    if not stands:
        return {}
    head = heads.members(c, stands)
    said = news.speakers(sorted(head))
    phones: dict[tuple[str, str], str] = {}
    for need, sender, stopped, known in c.execute(
            select(said.c.need, said.c.sender, news.SENDER.c.opted_out, news.CONTACT.c.sender).distinct()
            .outerjoin(news.SENDER, news.SENDER.c.id == said.c.sender).outerjoin(news.CONTACT, news.CONTACT.c.sender == said.c.sender)):
        phones[head[need], sender] = "elsewhere" if known is None else "stopped" if stopped else ""
    told, oldest = news.tellings(c, stands), node.now() - timedelta(days=node.config.news.forget_days)
    news_to = {(voice.need, voice.sender) for voice in news.voices(c, needs=stands)
               if news.is_news(stands[voice.need], voice, told.get((voice.need, voice.sender), ()), oldest)}
    counts: dict[str, Counter[str]] = {need: Counter() for need in stands}
    for (need, sender), silent in phones.items():
        counts[need][_became(stands[need], told.get((need, sender), ()), silent, (need, sender) in news_to)] += 1
    delay = timedelta(minutes=node.config.news.delay_minutes)
    return {need: Heard(**counts[need], due_at=iso(quiet.opening(max(stands[need].stands_from + delay, node.now()), node.city.timezone,
                                                                node.config.news.hours))) for need in stands}


def _became(stand: news.Stand, told: Any, silent: str, is_news: bool) -> str:
    """What became of telling one phone; a text that never left told nothing."""
    last = news.last_told(told)
    if last is not None and last.key == stand.key:
        if last.state in news.LEFT:
            return "told"
        if last.state == "failed":
            return "stopped" if silent == "stopped" else "failed"
        return "under_way"
    return silent or ("waiting" if is_news else "others")
