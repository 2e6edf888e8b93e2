"""What goes back to residents: replies, answers, broadcasts and polls, greetings."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim, some


class Reply(SQLModel, table=True):
    __table_args__ = (Index("ix_reply_sender_queued", "sender", "queued_at"), Index("ix_reply_state", "state", "queued_at"),
                      some("ix_reply_provider", "provider_id"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    message: str | None = Field(default=None, index=True)
    sender: str
    channel: str
    kind: str
    language: str
    text: str = Field(sa_type=Verbatim)
    segments: int
    queued_at: str
    due_at: str
    state: str = "queued"
    settled_at: str | None = None
    provider_id: str | None = None
    reason: str | None = None


class Told(SQLModel, table=True):
    """A phone was told how a need stands, by a reply; whether it left is in the reply."""

    __table_args__ = (Index("ix_told_need", "need", "sender"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    need: str
    reply: str = Field(index=True)
    sender: str
    report: str
    change: str
    stage: str
    work: str = ""
    since: str = ""
    at: str


class Answer(SQLModel, table=True):
    """What a person wrote to those who speak for a need, or to the phone of one report."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    need: str = Field(index=True)
    report: str | None = None
    text: str = Field(sa_type=Verbatim)
    phones: int
    by: str
    at: str


class Broadcast(SQLModel, table=True):
    """A text for many, or a poll: to whom, in which words, and how far people let it go."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    title: str = Field(sa_type=Verbatim)
    audience: str
    code: str
    place: str = ""
    texts: str = Field(sa_type=Verbatim)
    options: str = Field(default="{}", sa_type=Verbatim)
    closes_at: str | None = None
    state: str
    writer: str
    by: str
    at: str
    started_at: str | None = None
    started_by: str | None = None
    phones: int = 0
    segments: int = 0
    stopped_at: str | None = None
    stopped_by: str | None = None
    closed_at: str | None = None
    counts: str | None = Field(default=None, sa_type=Text)


class Vote(SQLModel, table=True):
    """What one sender last said in one poll."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    broadcast: str = Field(index=True)
    sender: str
    option: str
    asked: bool
    received_at: str | None = None


class Elder(SQLModel, table=True):
    """Somebody who is greeted by text at their hour, once they said yes; `days` is JSON, Monday is 0 (`journal.facts.circle`)."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    sender: str = Field(default="", index=True)
    volunteer: str = Field(default="", index=True)
    name: str = Field(default="", sa_type=Verbatim)
    volunteer_name: str = Field(default="", sa_type=Verbatim)
    place_code: str = ""
    hour: int = 9
    days: str = "[]"
    language: str = ""
    state: str = "asked"
    state_at: str
    why: str = ""
    by: str = ""
    at: str = ""


class Checkin(SQLModel, table=True):
    """One greeting of an elder: when each step was, what they answered, when a human met them."""

    __table_args__ = (Index("ix_checkin_elder", "elder", "asked_at"), some("ix_checkin_task", "task_at", "closed_at"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    elder: str
    asked_at: str | None = None
    repeated_at: str | None = None
    told_at: str | None = None
    task_at: str | None = None
    answer: str | None = None
    answered_at: str | None = None
    closed_at: str | None = None
    closed_by: str | None = None
    note: str = Field(default="", sa_type=Verbatim)
