"""When each channel brought texts in the last weeks, by ten minutes: read once, then only what is new. Kept in memory by who looks."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select

from gateway.journal.canonical import moment
from gateway.journal.tables import Contact, Message, table
from gateway.roads import DAY, WEEKS, Heard, slot_of
from gateway.standing import oldest_id

CONTACT, MESSAGE = table(Contact), table(Message)
KNOWN = 2 * WEEKS * DAY  # a channel that was silent for longer is not waited for any more
OVERLAP = timedelta(minutes=2)  # a commit that began earlier may end later than one that was read
ASKED = "reconcile"  # what came only because we asked says nothing of the way in
_TEN_MINUTES = func.substr(MESSAGE.c.received_at, 1, 15)  # 2026-11-25T18:0


class Hearing:
    """What was heard, channel by channel."""

    def __init__(self) -> None:
        self._slots: dict[str, list[int]] = {}
        self._first: dict[str, datetime] = {}
        self._last: dict[str, datetime] = {}
        self._read_to: datetime | None = None

    def listen(self, c: Connection, now: datetime) -> None:
        """Take in what came since the last time; only texts to this machine's own numbers."""
        since = self._read_to - OVERLAP if self._read_to else now - KNOWN
        self._read_to = now
        rows = c.execute(
            select(MESSAGE.c.channel, _TEN_MINUTES, func.min(MESSAGE.c.received_at), func.max(MESSAGE.c.received_at))
            .where(MESSAGE.c.id >= oldest_id(since), MESSAGE.c.road != ASKED, exists().where(CONTACT.c.sender == MESSAGE.c.sender))
            .group_by(MESSAGE.c.channel, _TEN_MINUTES))
        for channel, _, first, last in rows:
            self._add(channel, moment(first), moment(last))

    def _add(self, channel: str, first: datetime, last: datetime) -> None:
        slots = self._slots.setdefault(channel, [])
        if slot_of(last) not in slots[-3:] and slot_of(last) not in set(slots):
            insort(slots, slot_of(last))
        self._first[channel] = min(first, self._first.get(channel, first))
        self._last[channel] = max(last, self._last.get(channel, last))

    def heard(self, channels: Iterable[str]) -> list[Heard]:
        """What was heard of these channels; nothing of one that never brought a text."""
        return [Heard(name, self._slots[name], self._first[name], self._last[name]) for name in channels if name in self._last]
