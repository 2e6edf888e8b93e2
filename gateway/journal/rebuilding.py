"""Fold the journal again: the proof that the tables hold nothing that the journal does not say."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from gateway.errors import Problem
from gateway.journal import projections
from gateway.journal.database import Database
from gateway.journal.entries import WRITER, verify_chain


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
        projections.rebuild(c)
        after = projections.table_hashes(c)
        if verify and after != before:
            raise Problem("rebuild.differs", tables=", ".join(sorted(t for t in before if before[t] != after[t])))
        return Rebuilt(entries, projections.hash_of(after))
