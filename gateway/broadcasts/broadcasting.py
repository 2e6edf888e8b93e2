"""The words of a broadcast or a poll as each phone reads them, what they cost, and whether they may still leave.

    "El lunes no hay agua."                     -> "El lunes no hay agua. Para no recibir mas: BAJA"
    "¿Que falta mas?", Cancha, Parque, 30 Nov   -> "¿Que falta mas? A Cancha B Parque. Responda VOTO y la letra hasta el 30/11."

How to hear no more of us stands behind the words wherever that costs no segment: whoever does not know the word calls, or worse, is
angry; but it is not worth the double price of every text, for `AYUDA` tells it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from gateway.broadcasts import audience
from gateway.broadcasts.audience import Audience
from gateway.governing import governor
from gateway.journal import rows
from gateway.journal.canonical import iso, moment
from gateway.journal.facts.broadcasts import LETTERS, PAUSED, RUNNING, is_open, options_of, texts_of
from gateway.journal.tables import Broadcast, Listed, table
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN, BROADCAST, POLL
from gateway.words.segments import cheapest, measure

BROADCASTS, LISTED = table(Broadcast), table(Listed)
# Why a reply does not leave; of the first two the phone is tried again.
HELD_UP, EXPIRED, WITHDRAWN, CLOSED, NOT_THEIRS = "paused", "expired", "withdrawn", "closed", "undone"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is written: by language what they read, and of a poll its options and its end."""

    texts: Mapping[str, str]
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    closes_at: datetime | None = None

    @classmethod
    def of(cls, row: Row) -> Wording:
        return cls(texts_of(row), options_of(row), moment(row["closes_at"]) if row["closes_at"] else None)

    @property
    def is_poll(self) -> bool:
        return bool(self.options)

    @property
    def kind(self) -> str:
        return POLL if self.is_poll else BROADCAST


@dataclass(frozen=True, slots=True)
class Words:
    language: str
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Share:
    """Those who read it in one language."""

    words: Words
    people: int


@dataclass(frozen=True, slots=True)
class Readers:
    """Those who speak one language, and the language in which they read it: another, where theirs is not written."""

    language: str
    reads: str
    people: int
    segments: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a broadcast costs: `days` beside what leaves on a usual day, None where the caps leave no room for it within a year."""

    people: int
    unserved: int
    shares: tuple[Share, ...]
    segments: int
    cost: float
    days: int | None
    readers: tuple[Readers, ...]


def default_language(node: Node) -> str:
    """What those read for whom nothing else was written."""
    return ANSWERED_IN.get(node.city.language, node.city.language)


def read_in(node: Node, wording: Wording, language: str) -> str:
    """The language in which somebody of this language reads it."""
    return language if language in wording.texts else default_language(node)


def words_for(node: Node, wording: Wording, language: str) -> Words:
    """What somebody of this language reads, in the fewest segments."""
    language = read_in(node, wording, language)
    said = wording.texts[language]
    if wording.is_poll:
        listed = " ".join(f"{letter} {option}" for letter, option in zip(LETTERS, wording.options[language], strict=False))
        said = f"{said} {listed}. {node.replies.text_for(POLL, language, date=day_of(node, wording.closes_at))}"
    text = cheapest(said)
    hinted = f"{text if text[-1] in '.!?؟' else text + '.'} {node.replies.text_for(BROADCAST, language)}"
    text = hinted if measure(hinted).segments == measure(text).segments else text
    return Words(language, text, measure(text).segments)


def day_of(node: Node, at: datetime | None) -> str:
    """A day as residents read it: `30/11`."""
    return f"{at.astimezone(ZoneInfo(node.city.timezone)):%d/%m}" if at else ""


def quote(c: Connection, node: Node, wanted: Audience, wording: Wording) -> Quote:
    """Who would read it in which words, and what that costs; nothing is written down. Raises where an audience may not be."""
    audience.check(c, node, wanted)
    found = audience.find(c, node, wanted)
    audience.must_be_many(found.people, node.config.access.k_anonymity)
    return price(c, node, found, wording)


def price(c: Connection, node: Node, found: audience.Found, wording: Wording) -> Quote:
    """The same of people who were found."""
    counted = Counter(read_in(node, wording, person.language) for person in found.people)
    shares = tuple(Share(words_for(node, wording, language), count) for language, count in counted.most_common())
    segments = sum(share.words.segments * share.people for share in shares)
    each = {share.words.language: share.words.segments for share in shares}
    spoken = Counter((person.speaks, read_in(node, wording, person.language)) for person in found.people)
    readers = tuple(Readers(language, reads, count, each[reads]) for (language, reads), count in spoken.most_common())
    now = node.now()
    spent = governor.spent(c, node, now)
    return Quote(len(found.people), found.unserved, shares, segments, round(segments * spent.price, 4),
                 governor.days(spent, wording.kind, segments, node.today), readers)


def unfit(c: Connection, node: Node, replies: Collection[Row]) -> dict[str, str]:
    """Replies of broadcasts that may not leave: held up, stopped, over, or for a phone that is not meant any more: {reply: why}."""
    ours = {reply["id"]: reply for reply in replies if reply["kind"] in (BROADCAST, POLL)}
    if not ours:
        return {}
    listed = c.execute(select(LISTED.c.broadcast, LISTED.c.sender, LISTED.c.reply).where(
        LISTED.c.sender.in_(sorted({reply["sender"] for reply in ours.values()})), LISTED.c.reply.in_(sorted(ours)))).all()
    known = {row["id"]: row for row in rows.find(c, BROADCASTS, "id", sorted({one.broadcast for one in listed}))}
    found: dict[str, str] = {}
    for broadcast, row in known.items():
        here = {one.sender: str(one.reply) for one in listed if one.broadcast == broadcast}
        if row["state"] not in (RUNNING, PAUSED):
            why: str | None = WITHDRAWN
        elif row["closes_at"] and not is_open(row, iso(node.now())):
            why = CLOSED
        else:
            why = HELD_UP if row["state"] == PAUSED else None
        meant = {person.sender for person in audience.find(c, node, audience_of(row), here).people} if why is None else set()
        found |= {reply: why or NOT_THEIRS for sender, reply in here.items() if sender not in meant}
    return found


def audience_of(row: Row) -> Audience:
    return Audience(row["audience"], row["code"], row["place"])
