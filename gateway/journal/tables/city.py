"""Places, accounts, and the nodes of the city."""

from __future__ import annotations

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim


class Place(SQLModel, table=True):
    """A place that was imported, or one of the city pack that was corrected; `id` is its code."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    name: str
    alt_names: str = "[]"
    kind: str = ""
    parent: str = ""
    district: str = ""
    generic: bool = False
    lat: float | None = None
    lon: float | None = None
    key: str = ""
    source: str = ""
    added: bool = True


class Boundary(SQLModel, table=True):
    """Where a place ends, simplified and written as `geometry.encoded` does; kept once, by the place's code."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    shape: str = Field(sa_type=Text)
    digest: str
    source: str = ""
    drawn_at: str


class Alias(SQLModel, table=True):
    """A phrase of residents that a person pinned to a place."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    phrase: str = Field(sa_type=Verbatim)
    place: str
    by: str
    at: str
    contested: bool = False


class Account(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    name: str = Field(index=True)  # two nodes may have enrolled one name; the id says which of them did
    role: str
    areas: str
    password: str
    enabled: bool = True
    since: str


class Branch(SQLModel, table=True):
    """Which branch of a writer's earlier epochs stands, as it said itself after it was healed: `{"1": [94, "<16 hex digits>"]}`."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)  # the writer
    position: str
    ends: str = Field(sa_type=Text)


class Member(SQLModel, table=True):
    """A node that the hub invited: what it may hold, its key once it joined, and what was known of it when it was revoked."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    hub: str
    name: str = Field(index=True)
    areas: str
    clearance: str
    span: int
    token: str
    invited_at: str
    public: str | None = None
    writer: str | None = None
    enrolled_at: str | None = None
    revoked_at: str | None = None
    known: str | None = None
