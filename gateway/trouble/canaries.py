"""The canary: a text of ours to ourselves, by each channel that was asked for, which must come back in time.

    BARRIO PRUEBA 5f1c... 9a2b...     leaves by the channel, and is known when it comes in: by its mark, made with this instance's key

It is kept from the parser, from the journal and from the vault; nobody can make one who has not the key. `sounding` lets it out and in.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from gateway.channels import fetched
from gateway.governing.roads import Sung
from gateway.journal.canonical import iso, moment
from gateway.journal.tables import Canary, table
from gateway.node import Node
from gateway.phone import Vault
from gateway.words.segments import measure

CANARY = table(Canary)
KEPT, REMEMBERED = timedelta(days=30), timedelta(days=2)
_MARK = re.compile(r"BARRIO\W+PRUEBA\W+([0-9A-F]{24})\W+([0-9A-F]{20})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Price:
    """What the canaries of one channel cost in thirty days."""

    channel: str
    texts: int
    segments: int
    cost: float


def words(vault: Vault, canary: str) -> str:
    return f"BARRIO PRUEBA {canary} {_mark(vault, canary)}".upper()


def named_in(vault: Vault, text: str) -> str | None:
    """The canary that a text is; None for every other text, whatever it calls itself."""
    found = _MARK.search(text)
    if found is None or not hmac.compare_digest(found[2].lower(), _mark(vault, found[1].lower())):
        return None
    return found[1].lower()


def _mark(vault: Vault, canary: str) -> str:
    return hmac.digest(vault.canary_key, canary.encode(), "sha256").hex()[:20]


def lately(c: Connection, now: datetime, channels: Iterable[str]) -> list[Sung]:
    """The canaries of two days, by the channels that still let some out."""
    rows = c.execute(select(CANARY).where(CANARY.c.channel.in_(list(channels)), CANARY.c.sent_at > iso(now - REMEMBERED)))
    return [Sung(row.channel, moment(row.sent_at), "out" if row.state == "going" else row.state, row.reason, row.road == "reconcile")
            for row in rows]


def seconds_back(c: Connection) -> dict[str, float]:
    """How long the last canary of each channel was under way."""
    back = select(CANARY.c.channel, func.max(CANARY.c.sent_at).label("at")).where(CANARY.c.state == "back")
    last = back.group_by(CANARY.c.channel).subquery()
    rows = c.execute(select(CANARY.c.channel, CANARY.c.sent_at, CANARY.c.back_at).join(
        last, (last.c.channel == CANARY.c.channel) & (last.c.at == CANARY.c.sent_at)))
    return {row.channel: (moment(row.back_at) - moment(row.sent_at)).total_seconds() for row in rows}


def prices(node: Node) -> list[Price]:
    """What canaries cost in thirty days."""
    texts = 30 * 24 * 60 // node.config.canary.every_minutes
    segments = texts * measure(words(node.vault, "0" * 24)).segments
    return [Price(name, texts, segments, segments * node.config.governor.price_per_segment) for name in node.config.canary.channels]


def mute(node: Node) -> list[str]:
    """The channels that carry none, since phones come for their replies: pages ask here, for they know of no channel."""
    return fetched(node.config)
