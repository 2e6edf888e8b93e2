"""Fold the journal again: the proof that the tables hold nothing that the journal does not say, and what follows an update."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, or_, select, update

from gateway.errors import Problem
from gateway.journal import counting, ledger, projections, soundness, withholding
from gateway.journal.database import Database
from gateway.journal.entries import ENTRY, WRITER, position_of, verify_chain
from gateway.journal.rows import upsert

_REREAD = update(ENTRY).where(ENTRY.c.source == bindparam("b_source"), ENTRY.c.seq == bindparam("b_seq")).values(
    kind=bindparam("b_kind"), subject=bindparam("b_subject"), other=bindparam("b_other"))
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    entries: int
    state_hash: str


def rebuild(database: Database, *, verify: bool = False) -> Rebuilt:
    """Replace the folded tables in one transaction; with `verify`, refuse (and keep the old) when they would differ."""
    with database.writing() as c:
        # nobody may append meanwhile: on PostgreSQL this row is the only lock (on SQLite the transaction is)
        c.execute(select(WRITER.c.id).with_for_update()).all()
        entries = verify_chain(c)
        before = projections.table_hashes(c) if verify else {}
        miscounted = verify and counting.differ(c)
        projections.rebuild(c)
        after = projections.table_hashes(c)
        if verify and (after != before or miscounted):
            differing = sorted(t for t in before if before[t] != after[t])
            raise Problem("rebuild.differs", tables=", ".join([*differing, *[counting.COUNTED.name] * miscounted]))
        return Rebuilt(entries, projections.hash_of(after))


def catch_up(database: Database) -> bool:
    """After an update: read what came from newer nodes and could not be read before. Whether the catalogue of events had changed."""
    now = soundness.catalogue()
    with database.reading() as c:
        if c.execute(select(ledger.LOCAL.c.value).where(ledger.LOCAL.c.key == ledger.READS)).scalar() == now:
            return False
    with database.writing() as c:
        reread(c)
        projections.rebuild(c)
        withholding.sweep(c)
        upsert(c, ledger.LOCAL, [{"key": ledger.READS, "value": now}])
    return True


def reread(c: Connection) -> int:
    """File anew the bodies that were kept unread; how many can be read now."""
    unread = (select(ENTRY.c.source, ENTRY.c.seq, ENTRY.c.lamport, ENTRY.c.body, WRITER.c.writer, WRITER.c.epoch)
              .join(WRITER, WRITER.c.id == ENTRY.c.source)
              .where(ENTRY.c.body.is_not(None), or_(ENTRY.c.subject.is_(None), ENTRY.c.kind.like(f"{soundness.UNSOUND}%"))))
    found = []
    for row in c.execute(unread).all():
        kind, fact = soundness.read(row.body, position_of(row.lamport, row.writer, row.epoch, row.seq))
        if fact is not None:
            found.append({"b_source": row.source, "b_seq": row.seq, "b_kind": kind, "b_subject": fact.about[0],
                          "b_other": fact.about[1] if len(fact.about) > 1 else None})
    for at in range(0, len(found), AT_ONCE):
        c.execute(_REREAD, found[at:at + AT_ONCE])
    return len(found)
