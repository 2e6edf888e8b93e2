"""After a restore a hub waits for its nodes before it asks the provider: what they bring back was answered already."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from gateway.journal.canonical import moment
from gateway.journal.tables import Local, Member, Peer, table

RESTORED_AT, RESTORED_FROM = "restored_at", "restored_from"  # of this machine's own facts: when, and when the backup was made
FORGETFUL = timedelta(days=2)  # what was told since the backup is told again at once, by work that was done before, or by a person
LONGEST = timedelta(hours=6)  # then residents have waited long enough: one answer too many is better than none
LOCAL, MEMBER, PEER = table(Local), table(Member), table(Peer)


def forgotten_since(c: Connection, now: datetime) -> datetime | None:
    """Since when this node does not know what it told: from the backup on, for a while after it was put back."""
    asked = select(LOCAL.c.key, LOCAL.c.value).where(LOCAL.c.key.in_((RESTORED_AT, RESTORED_FROM)))
    known = {row.key: row.value for row in c.execute(asked)}
    at, made = known.get(RESTORED_AT), known.get(RESTORED_FROM)
    return moment(made) if at and made and timedelta(0) <= now - moment(at) <= FORGETFUL else None


def waits_for(c: Connection, now: datetime) -> list[str]:
    """The nodes that were not heard since this one was restored; none when it was not, or when that is long ago."""
    at = c.execute(select(LOCAL.c.value).where(LOCAL.c.key == RESTORED_AT)).scalar()
    if at is None or not timedelta(0) <= now - moment(at) <= LONGEST:
        return []
    hub = c.execute(select(LOCAL.c.value).where(LOCAL.c.key == "writer")).scalar_one()
    ours = set(c.execute(select(MEMBER.c.name).where(
        MEMBER.c.hub == hub, MEMBER.c.public.is_not(None), MEMBER.c.revoked_at.is_(None))).scalars())
    heard = set(c.execute(select(PEER.c.name).where(PEER.c.heard_at > at)).scalars())
    return sorted(ours - heard)
