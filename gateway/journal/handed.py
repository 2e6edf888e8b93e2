"""What a phone of ours was handed: named while it may be called back, and then only counted, for the phone's hour.

A reply that is over may lose its name here: the phone sent it, or has it no longer. Nobody calls back what has no name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from gateway.journal.tables import Handed, Reply, table

HANDED, REPLY = table(Handed), table(Reply)
_COUNTED: Final = "."  # no reply's id begins so
IS_NAMED: Final[ColumnElement[bool]] = HANDED.c.reply.not_like(f"{_COUNTED}%")
MOST_IN_ONE = 400


class Had(NamedTuple):
    """When a phone was given something, and how much."""

    at: str
    segments: int


def is_of_nobody() -> ColumnElement[bool]:
    """What may lie with a phone though its resident was erased."""
    return and_(IS_NAMED, ~select(REPLY.c.id).where(REPLY.c.id == HANDED.c.reply).exists())


def taken_back(c: Connection, reply: str, phone: str, *, may_have_left: bool) -> Had | None:
    """The phone has it no longer, so it is not called back once more, nor given back twice; None when it never had it."""
    this = (HANDED.c.reply == reply, HANDED.c.phone == phone)
    had = c.execute(select(HANDED.c.at, HANDED.c.segments).where(*this)).first()
    if may_have_left:
        keep_counts_alone(c, [reply] if had is not None else [])
    else:
        c.execute(delete(HANDED).where(*this))
    return Had(*had) if had is not None else None


def ended(c: Connection, replies: Sequence[str]) -> list[str]:
    """Those of these that a phone was handed and that are over."""
    found: list[str] = []
    for at in range(0, len(replies), MOST_IN_ONE):
        found += c.execute(select(HANDED.c.reply).join(REPLY, REPLY.c.id == HANDED.c.reply).where(
            HANDED.c.reply.in_(replies[at:at + MOST_IN_ONE]), REPLY.c.state != "uncertain")).scalars()
    return found


def keep_counts_alone(c: Connection, replies: Sequence[str]) -> None:
    """Forget which replies these were; how much they were still counts in the phone's hour."""
    for reply in replies:
        nameless = _COUNTED + hashlib.sha256(reply.encode()).hexdigest()[:24]
        c.execute(update(HANDED).where(HANDED.c.reply == reply).values(reply=nameless))
