"""What this machine alone knows of its roads: lists of phones, callbacks, meters, phones that carry texts, incidents."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE


class Listed(SQLModel, table=True):
    """A phone on the list of a broadcast of this node (`errand` is say), or of those who hear how a poll ended (told).

    `state` is waiting, written (`reply` is the last one) or passed over, for a reason; `vain` counts replies that never left.
    """

    __table_args__ = (Index("ix_listed_state", "broadcast", "errand", "state", "sender"), Index("ix_listed_sender", "sender"), ONE_TREE)
    broadcast: str = Field(primary_key=True)
    errand: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    state: str = "waiting"
    reply: str | None = None
    reason: str = ""
    vain: int = 0


class StatusCall(SQLModel, table=True):
    """A status callback that came: each (provider id, status) counts once, even when it overtakes the answer to our send."""

    __table_args__ = ONE_TREE
    provider_id: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    error: str | None = None


class Phone(SQLModel, table=True):
    """A phone of ours that carries texts, by the pseudonym of its number: what it last said of itself (`gateway.governing.handsets`)."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    name: str
    heard_at: str
    clock: int = Field(default=0, sa_type=BigInteger)  # its own time when it spoke last, in milliseconds,
    asked: int = Field(default=0, sa_type=BigInteger)  # and when it last asked for replies
    skew: int = 0
    battery: int | None = None
    power: str | None = None
    network: str | None = None
    version: int | None = None
    trouble: str | None = None
    trouble_at: str | None = None


class Handed(SQLModel, table=True):
    """A reply that was handed to a phone of ours, once; what became of it stands in the reply."""

    __table_args__ = (Index("ix_handed_phone_at", "phone", "at"), ONE_TREE)
    reply: str = Field(primary_key=True)
    phone: str
    at: str
    segments: int


class Meter(SQLModel, table=True):
    """Segments that left this machine in a day or a month of its city; counted where replies are claimed."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    segments: int = 0


class Road(SQLModel, table=True):
    """How the last sendings by a channel went, one letter each, the newest last: s sent, f failed or in doubt
    (`gateway.sending.sendings`)."""

    __table_args__ = ONE_TREE
    channel: str = Field(primary_key=True)
    went: str = ""
    failing_since: str | None = None
    reason: str = ""


class Canary(SQLModel, table=True):
    """A text of ours to ourselves by a channel: going, out, failed or back; `road` is how it came back."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    channel: str
    sent_at: str
    segments: int = 1
    state: str = "going"
    reason: str = ""
    back_at: str | None = None
    road: str = ""


class Incident(SQLModel, table=True):
    """Trouble on a road of this machine, from its first sign to its end; `facts` is JSON, `taken_by` who looks after it."""

    __table_args__ = (Index("ix_incident_opened", "opened_at"), ONE_TREE)
    id: str = Field(primary_key=True)
    kind: str
    place: str
    since: str
    opened_at: str
    closed_at: str | None = None
    facts: str = "{}"
    phones: int = 0
    taken_by: str = ""
    taken_at: str | None = None
