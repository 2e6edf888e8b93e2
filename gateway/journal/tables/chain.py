"""The journal itself: who writes, what was written, what proves it."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, of_kind, some


class Writer(SQLModel, table=True):
    """A (database id, epoch) that writes; the row of this node is the lock under which sequence numbers are given."""

    __table_args__ = (UniqueConstraint("writer", "epoch"),)
    id: int | None = Field(default=None, primary_key=True)
    writer: str
    epoch: int
    seq: int = 0
    lamport: int = 0
    digest: bytes = Field(default=bytes(32), sa_type=LargeBinary)
    reference: int = 1000  # the next payload of a resident's reference, before its check digit


class Entry(SQLModel, table=True):
    """One line of the journal. `kind`, `subject` and `other` are read out of the body, for look-ups only."""

    __table_args__ = (Index("ix_entry_subject", "subject"), some("ix_entry_other", "other"),
                      of_kind("ix_entry_replied", "answer_replied"),
                      Index("ix_entry_withheld", "source", "seq", sqlite_where=text("body IS NULL"), postgresql_where=text("body IS NULL")),
                      ONE_TREE)
    source: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    lamport: int
    body_digest: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    body: str | None = Field(default=None, sa_type=Text)
    kind: str = ""
    subject: str | None = None
    other: str | None = None


class Seal(SQLModel, table=True):
    """A writer's signature over the digest of one of its entries: proof of that entry and of all before it, whoever carries them."""

    __table_args__ = ONE_TREE
    source: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    signature: bytes = Field(sa_type=LargeBinary)
