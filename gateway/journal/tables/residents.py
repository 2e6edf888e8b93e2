"""Residents, what they wrote, and what a text was taken for."""

from __future__ import annotations

from sqlalchemy import Index, Text, and_, literal_column, or_
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim, some, table


class Message(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    sender: str = Field(index=True)
    channel: str
    provider_id: str
    received_at: str
    road: str
    text: str = Field(sa_type=Verbatim)
    language: str | None = None
    outcome: str | None = None
    settled: str | None = None


class Report(SQLModel, table=True):
    # by itself it answers what is counted of a need (`counting`), phone by phone in its order, and which of its reports are the newest
    __table_args__ = (some("ix_report_of_need", "need", "sender", "status", "restricted", "surge", "urgency", "repeats", "intent",
                            "filed_at", "id"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    message: str = Field(index=True)
    sender: str = Field(index=True)
    reference: str = Field(index=True)
    intent: str
    language: str
    category: str | None = None
    place_code: str | None = None
    place_text: str | None = Field(default=None, sa_type=Verbatim)
    severity: int | None = None
    people: int | None = None
    people_unit: str | None = None
    since_days: int | None = None
    details: str | None = Field(default=None, sa_type=Verbatim)
    errors: str = "[]"
    why: str = Field(default="[]", sa_type=Verbatim)
    filed_at: str
    status: str = "received"
    confidence: float = 0.0
    urgency: int | None = None
    restricted: bool | None = None
    classified_at: str | None = None
    model: str | None = None
    reasons: str = Field(default="[]", sa_type=Verbatim)
    need: str | None = None
    place_source: str | None = None
    repeats: int = 0
    options: str = "[]"
    unit: str | None = None
    doubt: bool = False
    held: str | None = None
    apart: str = "[]"
    surge: bool = False


class Reading(SQLModel, table=True):
    """What a person said a report is about, by the report's id; the report itself is folded from the same facts."""

    __table_args__ = (Index("ix_reading_position", "position"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    message: str = Field(index=True)
    category: str | None = None
    place_code: str | None = None
    why: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str
    entry: str
    anew: bool = False
    withdrawn: bool = False
    contested: bool = False


class Forgotten(SQLModel, table=True):
    """What the model shall not learn from: a report's reading, or all that an account read (`by:ana`), as far as it came before."""

    __table_args__ = (Index("ix_forgotten_position", "position"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    forgotten: bool = True
    why: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str


class Care(SQLModel, table=True):
    """How the focal point looks after a restricted report, by the report's id; the words are in the journal alone."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    state: str = "new"
    taken_by: str | None = None
    referred: str = ""
    callback: str = "unknown"
    by: str
    at: str
    entry: str
    contested: bool = False


class Look(SQLModel, table=True):
    """Somebody read a restricted report: who, when, what of it."""

    __table_args__ = (Index("ix_look_position", "position"), Index("ix_look_report", "report"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    report: str
    by: str
    at: str
    what: str = "words"


class Erasure(SQLModel, table=True):
    """What is gone of one sender or one report, and may never come back. `ids` names the texts, reports and replies."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)  # of the sender, or of the report
    position: str
    ids: str = Field(default="[]", sa_type=Text)
    whole: bool = False  # of a sender: all of it, not the words alone
    upto: str = ""
    at: str


class Sender(SQLModel, table=True):
    """What we know of a pseudonym: language, home, wish to be left alone, what we asked last, what we could not read last."""

    __table_args__ = (some("ix_sender_question", "question", "question_at", "question_report"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    channel: str
    language: str | None = None
    opted_out: bool = False
    last_reference: str | None = None
    last_report: str | None = None
    question: str | None = None
    question_at: str | None = None
    question_report: str | None = None
    options: str = "[]"
    strikes: int = 0
    home: str | None = None
    chosen: str | None = None
    reports: int = 0
    asked_self: bool = False
    unread: str | None = None


class Profile(SQLModel, table=True):
    """What a sender told about themselves when asked; only counts are ever shown of it."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    gender: str | None = None
    age_band: str | None = None
    said_at: str


class Trip(SQLModel, table=True):
    """One leg of a trip that a resident told; codes are those of the parser."""

    __table_args__ = (Index("ix_trip_told", "told_at"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    message: str = Field(index=True)
    sender: str
    leg: int
    legs: int
    begins: str | None = None
    ends: str | None = None
    hour: int | None = None
    mode: str | None = None
    purpose: str | None = None
    minutes: int | None = None
    waiting: int | None = None
    company: str | None = None
    problem: str | None = None
    safety: int | None = None
    withdrawn: bool = False
    told_at: str


# What a person must read. A greeting, thanks or an advertisement was answered (or not) and needs nobody.
UNREAD = ("unknown", "parser_fault", "abuse", "number_only")
_report, _message, _sender = table(Report), table(Message), table(Sender)
# What waits for a person, found without walking through what does not: the queue asks with these very words, and what it asks
# first is in the index itself, the words of its own condition too, which SQLite would look up in the table.
REPORT_WAITS = and_(_report.c.restricted.is_(False), or_(
    _report.c.need.is_(None), _report.c.urgency == literal_column("4"), _report.c.confidence < literal_column("0.5")))
REPORT_SECRET = _report.c.restricted.is_(True)
REPORT_STANDS_IN_NEED = and_(_report.c.need.is_not(None), _report.c.restricted.is_(False),
                             _report.c.status != literal_column("'cancelled'"))
MESSAGE_WAITS = and_(_message.c.settled.is_(None), _message.c.outcome.in_([literal_column(f"'{outcome}'") for outcome in UNREAD]))
MESSAGE_SETTLED = _message.c.settled.is_not(None)
SENDER_STOPPED = _sender.c.opted_out.is_(True)
for _name, _columns, _where in (
        ("ix_report_waits", [_report.c[name] for name in (
            "id", "message", "urgency", "filed_at", "need", "place_code", "category", "model", "confidence", "intent", "status",
            "restricted")], REPORT_WAITS),
        ("ix_report_secret", [_report.c.filed_at], REPORT_SECRET),
        ("ix_report_standing", [_report.c[name] for name in (
            "need", "urgency", "filed_at", "sender", "status", "restricted")], REPORT_STANDS_IN_NEED),
        ("ix_message_waits", [_message.c.received_at], MESSAGE_WAITS),
        ("ix_message_settled", [_message.c.id, _message.c.settled], MESSAGE_SETTLED),
        ("ix_sender_stopped", [_sender.c.id], SENDER_STOPPED)):
    Index(_name, *_columns, sqlite_where=_where, postgresql_where=_where)
