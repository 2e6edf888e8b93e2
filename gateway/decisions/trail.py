"""The needs an account decided about last, on this machine: what was decided leaves every list, and this leads back to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from gateway.journal.canonical import iso
from gateway.journal.rows import upsert
from gateway.journal.tables import Trail, table

TRAIL = table(Trail)
MOST = 10


def leave(c: Connection, account: str, action: str, needs: Sequence[str], at: datetime) -> None:
    """Remember that this account did this to these needs; of many the last ones, and of each what was done last."""
    last = list(dict.fromkeys(needs))[-MOST:]
    if not last:
        return
    upsert(c, TRAIL, [{"account": account, "need": need, "at": iso(at), "action": action} for need in last])
    theirs = c.execute(select(TRAIL.c.need).where(TRAIL.c.account == account).order_by(TRAIL.c.at.desc(), TRAIL.c.need)).scalars()
    if old := list(theirs)[MOST:]:
        c.execute(delete(TRAIL).where(and_(TRAIL.c.account == account, TRAIL.c.need.in_(old))))
