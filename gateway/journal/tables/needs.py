"""Needs, and what people said and decided about them."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim


class Need(SQLModel, table=True):
    __table_args__ = (Index("ix_need_place_code", "place_code", "category"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    place_code: str
    category: str
    generation: int
    opened_at: str
    status: str = "open"
    status_at: str
    status_by: str | None = None
    status_entry: str | None = None
    note: str = ""
    contested: bool = False
    said_fixed_at: str | None = None
    said_not_fixed_at: str | None = None
    key: str = ""
    reopened: int = 0


class Note(SQLModel, table=True):
    """What somebody wrote down about a need, with the digest of a photo and the node that keeps it."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    need: str = Field(index=True)
    text: str = Field(default="", sa_type=Verbatim)
    photo: str = Field(default="", index=True)
    media: str = ""
    size: int = 0
    kept: str = ""
    by: str
    at: str
    withdrawn: bool = False


class Merge(SQLModel, table=True):
    """The last word on whether two needs are one; `id` is both of theirs, the smaller first."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    one: str = Field(index=True)
    other: str = Field(index=True)
    merged: bool
    why: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str
    entry: str
    contested: bool = False


class Twin(SQLModel, table=True):
    """The last word on whether a report is about a need, where a person or its resident said one."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    report: str = Field(index=True)
    need: str = Field(index=True)
    same: bool
    why: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str
    entry: str = ""
    contested: bool = False


class Promise(SQLModel, table=True):
    """What became of the promise to look at a need, by the need's id: when its clock stood still, who was told that it is late.

    `since` is where the clock began; once a need's `status_at` differs, all this is of the past.
    """

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    since: str
    paused_at: str | None = None
    pauses: str = "[]"
    told: str | None = None
    told_at: str | None = None
    due_at: str | None = None


class Alert(SQLModel, table=True):
    """The duty officer was told of an emergency, or of many people who report the same in a place; the last time for each."""

    __table_args__ = (Index("ix_alert_at", "at"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    reason: str
    report: str
    need: str | None = Field(default=None, index=True)
    place_code: str | None = None
    category: str | None = None
    people: int = 1
    phones: int = 0
    at: str


class Link(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    need: str = Field(index=True)
    work: str = Field(index=True)
    linked: bool
    why: str = ""
    by: str
    at: str
    entry: str
    contested: bool = False


class Support(SQLModel, table=True):
    """One more phone that said "me too" for a report's need, or took it back."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    report: str = Field(index=True)
    sender: str = Field(index=True)
    at: str


class Notice(SQLModel, table=True):
    """Beside a need, for its residents: the reason they may read, when its status was decided, the change that a person holds back."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    reason: str = Field(default="", sa_type=Verbatim)
    held: str = ""
    held_by: str | None = None
    decided_at: str = ""


class Ruling(SQLModel, table=True):
    """The last word of a commission about a need; an empty `decision` was taken back, and there was none before it."""

    __table_args__ = (Index("ix_ruling_entry", "entry"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    decision: str
    met_on: str
    work: str = ""
    until: str = ""
    reason: str = Field(default="", sa_type=Verbatim)
    why: str = Field(default="", sa_type=Verbatim)
    run: str = ""
    linked: bool = False
    unlinked: str = ""
    status: str = ""
    by: str
    at: str
    entry: str
    said_at: str
    contested: bool = False
