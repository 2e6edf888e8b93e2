"""What this machine alone knows: its keys' fingerprints, numbers, tasks, courtesies of its pages."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim


class Local(SQLModel, table=True):
    """Facts of this machine: database id, epoch, schema, vault fingerprint, next reference."""

    __table_args__ = ONE_TREE
    key: str = Field(primary_key=True)
    value: str


class Delivery(SQLModel, table=True):
    """What a provider brought, sealed and verbatim; the key is what makes a repeated delivery harmless."""

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    message: str
    raw: bytes = Field(sa_type=LargeBinary)


class Contact(SQLModel, table=True):
    """The only place a phone number is kept, sealed with the node's key."""

    __table_args__ = ONE_TREE
    sender: str = Field(primary_key=True)
    channel: str
    number: bytes = Field(sa_type=LargeBinary)


class Task(SQLModel, table=True):
    """Work that is due. Attempts and leases are here, so that a broker may die at any time."""

    __table_args__ = (Index("ix_task_due", "quarantined_at", "kind", "due_at"), ONE_TREE)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    due_at: str
    attempts: int = 0
    leased_until: str | None = None
    error: str | None = None
    quarantined_at: str | None = None


class Hold(SQLModel, table=True):
    """Who is on something of the queue, `need:<id>` for example; it is over after some minutes."""

    __table_args__ = ONE_TREE
    subject: str = Field(primary_key=True)
    account: str
    name: str
    at: str
    taken_from: str = ""


class Lately(SQLModel, table=True):
    """The last thing an account did in the queue: what takes it back, and what of it failed."""

    __table_args__ = ONE_TREE
    account: str = Field(primary_key=True)
    at: str
    action: str
    steps: str = "[]"
    failures: str = "[]"


class Trail(SQLModel, table=True):
    """A need that an account decided about lately, and what it did to it last: the way back to what left every list."""

    __table_args__ = ONE_TREE
    account: str = Field(primary_key=True)
    need: str = Field(primary_key=True)
    at: str
    action: str


class Glance(SQLModel, table=True):
    """How far of each writer an account had read what others changed, when it last said so: `{"3": 120}`."""

    __table_args__ = ONE_TREE
    account: str = Field(primary_key=True)
    at: str
    heads: str = "{}"


class SavedView(SQLModel, table=True):
    """A question somebody keeps under a name: a page and what its address asks; `shared` with everybody who plans at this machine."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    account: str = Field(index=True)
    owner: str
    name: str = Field(sa_type=Verbatim)
    page: str
    asked: str = ""
    shared: bool = False
    at: str


class Duty(SQLModel, table=True):
    """A phone that is told of emergencies; its number lies in `contact`, sealed."""

    __table_args__ = ONE_TREE
    sender: str = Field(primary_key=True)
    name: str
    language: str
    since: str
