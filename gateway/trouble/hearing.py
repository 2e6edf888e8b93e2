"""When each channel brought texts in the last weeks, by ten minutes: read once, then only what is new. Kept in memory by who looks."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, literal_column, select

from gateway.governing.roads import DAY, WEEKS, Heard, slot_of
from gateway.journal.canonical import moment
from gateway.journal.database import Database
from gateway.journal.tables import Contact, Message, table
from gateway.needs.standing import oldest_id

CONTACT, MESSAGE = table(Contact), table(Message)
KNOWN = 2 * WEEKS * DAY  # a channel that was silent for longer is not waited for any more
OVERLAP = timedelta(minutes=2)  # a commit that began earlier may end later than one that was read
ASKED = "reconcile"  # what came only because we asked says nothing of the way in
# 2026-11-25T18:0; the numbers stand in the statement, or PostgreSQL takes what is chosen and what it is grouped by for two things
_TEN_MINUTES = func.substr(MESSAGE.c.received_at, literal_column("1"), literal_column("15"))


class Hearing:
    """What was heard, channel by channel."""

    def __init__(self) -> None:
        self._slots: dict[str, list[int]] = {}
        self._first: dict[str, datetime] = {}
        self._last: dict[str, datetime] = {}
        self._read_to: datetime | None = None

    def listen(self, database: Database, now: datetime) -> None:
        """Take in what came since the last time; only texts to this machine's own numbers. A day at a time: readers hold up commits."""
        since = self._read_to - OVERLAP if self._read_to else now - KNOWN
        while since < now:
            until = since + DAY
            with database.reading() as c:
                for channel, _, first, last in c.execute(_between(oldest_id(since), oldest_id(until))):
                    self._add(channel, moment(first), moment(last))
            since = until
        self._read_to = now

    def _add(self, channel: str, first: datetime, last: datetime) -> None:
        slots = self._slots.setdefault(channel, [])
        if slot_of(last) not in slots[-3:] and slot_of(last) not in set(slots):
            insort(slots, slot_of(last))
        self._first[channel] = min(first, self._first.get(channel, first))
        self._last[channel] = max(last, self._last.get(channel, last))

    def heard(self, channels: Iterable[str]) -> list[Heard]:
        """What was heard of these channels; nothing of one that never brought a text."""
        return [Heard(name, self._slots[name], self._first[name], self._last[name]) for name in channels if name in self._last]


def _between(first: str, after: str) -> Select[Any]:
    return (select(MESSAGE.c.channel, _TEN_MINUTES, func.min(MESSAGE.c.received_at), func.max(MESSAGE.c.received_at))
            .where(MESSAGE.c.id >= first, MESSAGE.c.id < after, MESSAGE.c.road != ASKED,
                   exists().where(CONTACT.c.sender == MESSAGE.c.sender))
            .group_by(MESSAGE.c.channel, _TEN_MINUTES))
