"""What this machine alone knows of its meetings with other nodes."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE


class Waiting(SQLModel, table=True):
    """Entries of other writers that cannot be folded now, kept whole: `why` is gap, stranger, fork, copy, revoked or header."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    writer: str = Field(index=True)
    epoch: int
    first: int
    last: int
    why: str
    sender: str
    since: str
    run: bytes = Field(sa_type=LargeBinary)


class Peer(SQLModel, table=True):
    """What another node last said of itself to this one, and how the last meetings went."""

    __table_args__ = ONE_TREE
    name: str = Field(primary_key=True)
    heads: str = Field(default="{}", sa_type=Text)
    rungs: str = Field(default="{}", sa_type=Text)  # digests along its chains that part from ours
    said: str = ""       # epoch and number of the batch that said so: an older one, replayed, says nothing any more
    lack: str = ""       # a digest of the bodies it lacks
    lacking: str = Field(default="", sa_type=Text)  # the same one by one, when it said so
    agreed: str = ""     # the last comparison that found nothing to send
    heard_at: str | None = None
    told_at: str | None = None
    receipts: str = Field(default="[]", sa_type=Text)  # of what it sent us, to travel back
    wants: str = Field(default="[]", sa_type=Text)  # the photos that it asked for
    trouble: str = ""


class Parcel(SQLModel, table=True):
    """A bundle that left here, and the receipt that came back for it."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    peer: str = Field(index=True)
    made_at: str
    entries: int
    receipt: str | None = Field(default=None, sa_type=Text)
    received_at: str | None = None
