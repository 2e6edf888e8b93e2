"""The tables. Journal: Writer, Entry. Folds: everything a page shows. Local: what never leaves this machine.

Times are ISO texts in UTC (`canonical.iso`): equal on SQLite and PostgreSQL, and they sort as they read.
SQLModel tables do not validate; events do. `position` is the order key of the last entry folded into a row.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text, UniqueConstraint, and_, literal_column, or_, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 1
_LONE = re.compile("[\ud800-\udfff]")
_MARK = "\u241b"  # a stored text that begins so is JSON: NUL and lone surrogates fit no database's text


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model: statements over it cost an eighth of the ORM's."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


# Text keys: one B-tree a table instead of two, so half the pages to write and sync at each commit.
_ONE_TREE = {"sqlite_with_rowid": False}




def _some(name: str, *columns: str) -> Index:
    """An index that leaves out the rows that say nothing in its first column: most, on the hot path."""
    here = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=here, postgresql_where=here)


def _of_kind(name: str, kind: str) -> Index:
    """An index of what entries of one kind are about: rare ones, which are sought among all that is about thousands of subjects."""
    here = text(f"kind = '{kind}'")
    return Index(name, "subject", sqlite_where=here, postgresql_where=here)


class Verbatim(TypeDecorator[str]):
    """Text that may hold anything a phone can send, NUL and lone surrogates included."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else self.stored(value)

    @staticmethod
    def stored(value: str) -> str:
        if "\x00" in value or value.startswith(_MARK) or _LONE.search(value):
            return _MARK + json.dumps(value)
        return value

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return self.read(value)

    @staticmethod
    def read(value: str | None) -> str | None:
        if value is not None and value.startswith(_MARK):
            return str(json.loads(value[len(_MARK):]))
        return value


# ------------------------------------------------------------------------------------------------------- journal

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

    __table_args__ = (Index("ix_entry_subject", "subject"), _some("ix_entry_other", "other"),
                      _of_kind("ix_entry_replied", "answer_replied"),
                      Index("ix_entry_withheld", "source", "seq", sqlite_where=text("body IS NULL"), postgresql_where=text("body IS NULL")),
                      _ONE_TREE)
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

    __table_args__ = _ONE_TREE
    source: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    signature: bytes = Field(sa_type=LargeBinary)


# --------------------------------------------------------------------------------------------------------- folds

class Message(SQLModel, table=True):
    __table_args__ = _ONE_TREE
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
    __table_args__ = (_some("ix_report_of_need", "need", "sender", "status", "restricted", "surge", "urgency", "repeats", "intent",
                            "filed_at", "id"), _ONE_TREE)
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

    __table_args__ = (Index("ix_reading_position", "position"), _ONE_TREE)
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

    __table_args__ = (Index("ix_forgotten_position", "position"), _ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    forgotten: bool = True
    why: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str


class Care(SQLModel, table=True):
    """How the focal point looks after a restricted report, by the report's id; the words are in the journal alone."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = (Index("ix_look_position", "position"), Index("ix_look_report", "report"), _ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    report: str
    by: str
    at: str
    what: str = "words"


class Erasure(SQLModel, table=True):
    """What is gone of one sender or one report, and may never come back. `ids` names the texts, reports and replies."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)  # of the sender, or of the report
    position: str
    ids: str = Field(default="[]", sa_type=Text)
    whole: bool = False  # of a sender: all of it, not the words alone
    upto: str = ""
    at: str


class Need(SQLModel, table=True):
    __table_args__ = (Index("ix_need_place_code", "place_code", "category"), _ONE_TREE)
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = (Index("ix_alert_at", "at"), _ONE_TREE)
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
    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    report: str = Field(index=True)
    sender: str = Field(index=True)
    at: str


class Sender(SQLModel, table=True):
    """What we know of a pseudonym: language, home, wish to be left alone, what we asked last, what we could not read last."""

    __table_args__ = (_some("ix_sender_question", "question", "question_at", "question_report"), _ONE_TREE)
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    gender: str | None = None
    age_band: str | None = None
    said_at: str


class Reply(SQLModel, table=True):
    __table_args__ = (Index("ix_reply_sender_queued", "sender", "queued_at"), Index("ix_reply_state", "state", "queued_at"),
                      _some("ix_reply_provider", "provider_id"), _ONE_TREE)
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

    __table_args__ = (Index("ix_told_need", "need", "sender"), _ONE_TREE)
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    broadcast: str = Field(index=True)
    sender: str
    option: str
    asked: bool
    received_at: str | None = None


class Elder(SQLModel, table=True):
    """Somebody who is greeted by text at their hour, once they said yes; `days` is JSON, Monday is 0 (`journal.circle`)."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = (Index("ix_checkin_elder", "elder", "asked_at"), _some("ix_checkin_task", "task_at", "closed_at"), _ONE_TREE)
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


class Notice(SQLModel, table=True):
    """Beside a need, for its residents: the reason they may read, when its status was decided, the change that a person holds back."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    reason: str = Field(default="", sa_type=Verbatim)
    held: str = ""
    held_by: str | None = None
    decided_at: str = ""


class Programme(SQLModel, table=True):
    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    name: str
    sponsor: str
    currency: str
    kind: str
    starts_on: str | None = None
    ends_on: str | None = None
    phone: str = ""


class Work(SQLModel, table=True):
    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    programme: str = Field(index=True)
    name: str
    component: str
    place_code: str = Field(index=True)
    phase: str
    budget: int
    starts_on: str | None = None
    ends_on: str | None = None
    phase_since: str | None = None
    physical_pct: int | None = None
    financial_pct: int | None = None
    beneficiaries: int | None = None
    officer: str = ""
    recorded: str | None = None  # the phase that a file said, once somebody saw on the spot how far it is
    note: str = Field(default="", sa_type=Verbatim)
    said_by: str | None = None
    said_at: str | None = None
    entry: str | None = None
    contested: bool = False


class Component(SQLModel, table=True):
    """A kind of work of a programme; `primary`, `secondary` (categories) and `rules` are JSON lists."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    programme: str = Field(index=True)
    code: str
    primary: str = "[]"
    secondary: str = "[]"
    rules: str = "[]"
    unit: str = ""
    unit_cost: int | None = None


class Catchment(SQLModel, table=True):
    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    place: str
    share: float
    role: str


class BudgetLine(SQLModel, table=True):
    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    component: str
    year: int
    source: str
    approved: int
    committed: int
    spent: int
    as_of: str


class Milestone(SQLModel, table=True):
    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    name: str
    due: str | None = None
    done: str | None = None
    evidence: str = Field(default="", sa_type=Verbatim)
    announce: bool = False


class PlaceFact(SQLModel, table=True):
    """What is known of a place: `value` is `true`, `false`, a number, or empty where it is not known any more."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    place: str = Field(index=True)
    fact: str
    value: str
    as_of: str
    source: str


class NeedCost(SQLModel, table=True):
    """What a person says a need would cost, by the need's id."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    cost: int | None = None
    source: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str
    entry: str
    contested: bool = False


class Place(SQLModel, table=True):
    """A place that was imported, or one of the city pack that was corrected; `id` is its code."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    shape: str = Field(sa_type=Text)
    digest: str
    source: str = ""
    drawn_at: str


class Alias(SQLModel, table=True):
    """A phrase of residents that a person pinned to a place."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    phrase: str = Field(sa_type=Verbatim)
    place: str
    by: str
    at: str
    contested: bool = False


class Account(SQLModel, table=True):
    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)  # the writer
    position: str
    ends: str = Field(sa_type=Text)


class Member(SQLModel, table=True):
    """A node that the hub invited: what it may hold, its key once it joined, and what was known of it when it was revoked."""

    __table_args__ = _ONE_TREE
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


class Decision(SQLModel, table=True):
    """What the council decided about priorities; `weights` is JSON by factor."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    decided_on: str
    source: str = Field(sa_type=Verbatim)
    weights: str
    kappa: float
    city_rate: float | None = None
    city_invested: float | None = None
    floor: float
    deprived_from: float
    by: str
    at: str


class Run(SQLModel, table=True):
    """A ranking that was made; `inputs` is all that it read (`matching.plain`)."""

    __table_args__ = (Index("ix_run_position", "position"), _ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    as_of: str
    decision: str = ""
    version: int
    needs: int
    works: int
    inputs: str = Field(sa_type=Text)
    result: str
    by: str
    at: str


class Proposal(SQLModel, table=True):
    """What a person said of a need and a work that a run put together, with the factors that they saw."""

    __table_args__ = (Index("ix_proposal_position", "position"), _ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    need: str = Field(index=True)
    work: str
    run: str
    decision: str
    why: str = Field(default="", sa_type=Verbatim)
    component: str = ""
    coverage: float = 0.0
    eligibility: float = 0.0
    window: float = 0.0
    budget: float = 0.0
    reasons: str = "[]"
    by: str
    at: str
    entry: str
    contested: bool = False


class Ruling(SQLModel, table=True):
    """The last word of a commission about a need; an empty `decision` was taken back, and there was none before it."""

    __table_args__ = (Index("ix_ruling_entry", "entry"), _ONE_TREE)
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


class Trip(SQLModel, table=True):
    """One leg of a trip that a resident told; codes are those of the parser."""

    __table_args__ = (Index("ix_trip_told", "told_at"), _ONE_TREE)
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
    told_at: str


# --------------------------------------------------------------------------------------------------------- local

class Local(SQLModel, table=True):
    """Facts of this machine: database id, epoch, schema, vault fingerprint, next reference."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    sender: str = Field(primary_key=True)
    channel: str
    number: bytes = Field(sa_type=LargeBinary)


class Task(SQLModel, table=True):
    """Work that is due. Attempts and leases are here, so that a broker may die at any time."""

    __table_args__ = (Index("ix_task_due", "quarantined_at", "kind", "due_at"), _ONE_TREE)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    due_at: str
    attempts: int = 0
    leased_until: str | None = None
    error: str | None = None
    quarantined_at: str | None = None


class Hold(SQLModel, table=True):
    """Who is on something of the queue, `need:<id>` for example; it is over after some minutes."""

    __table_args__ = _ONE_TREE
    subject: str = Field(primary_key=True)
    account: str
    name: str
    at: str
    taken_from: str = ""


class Lately(SQLModel, table=True):
    """The last thing an account did in the queue: what takes it back, and what of it failed."""

    __table_args__ = _ONE_TREE
    account: str = Field(primary_key=True)
    at: str
    action: str
    steps: str = "[]"
    failures: str = "[]"


class Glance(SQLModel, table=True):
    """How far of each writer an account had read what others changed, when it last said so: `{"3": 120}`."""

    __table_args__ = _ONE_TREE
    account: str = Field(primary_key=True)
    at: str
    heads: str = "{}"


class SavedView(SQLModel, table=True):
    """A question somebody keeps under a name: a page and what its address asks; `shared` with everybody who plans at this machine."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    account: str = Field(index=True)
    owner: str
    name: str = Field(sa_type=Verbatim)
    page: str
    asked: str = ""
    shared: bool = False
    at: str


class Listed(SQLModel, table=True):
    """A phone on the list of a broadcast of this node (`errand` is say), or of those who hear how a poll ended (told).

    `state` is waiting, written (`reply` is the last one) or passed over, for a reason; `vain` counts replies that never left.
    """

    __table_args__ = (Index("ix_listed_state", "broadcast", "errand", "state", "sender"), Index("ix_listed_sender", "sender"), _ONE_TREE)
    broadcast: str = Field(primary_key=True)
    errand: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    state: str = "waiting"
    reply: str | None = None
    reason: str = ""
    vain: int = 0


class Duty(SQLModel, table=True):
    """A phone that is told of emergencies; its number lies in `contact`, sealed."""

    __table_args__ = _ONE_TREE
    sender: str = Field(primary_key=True)
    name: str
    language: str
    since: str


class Head(SQLModel, table=True):
    """Which need stands for a merged one; found again from the merges whenever one is drawn or taken back."""

    __table_args__ = _ONE_TREE
    need: str = Field(primary_key=True)
    head: str = Field(index=True)


class Counted(SQLModel, table=True):
    """What is counted of a need with all that is merged into it, as lists show and order it (`journal.counting`); local, found again."""

    __table_args__ = _ONE_TREE
    need: str = Field(primary_key=True)
    reports: int
    urgency: int
    calm: int
    crowd: int
    people: int
    quiet: int
    opened_at: str


class Uncounted(SQLModel, table=True):
    """A need of which something changed since it was counted."""

    __table_args__ = _ONE_TREE
    need: str = Field(primary_key=True)
    again: bool = True


class Trace(SQLModel, table=True):
    """What a report looks like to the eye that seeks its neighbours: its spot and its wording, found again from its text when gone."""

    __table_args__ = _ONE_TREE
    report: str = Field(primary_key=True)
    spot: str = Field(sa_type=Verbatim)
    grams: bytes = Field(sa_type=LargeBinary)


class Mark(SQLModel, table=True):
    """By which words of its spot a report is found among those of its place and subcategory: one row for each."""

    __table_args__ = (Index("ix_mark_report", "report"), _ONE_TREE)
    place_code: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    token: str = Field(primary_key=True)
    report: str = Field(primary_key=True)


class Wording(SQLModel, table=True):
    """With which words a need is spoken of: of each wording its first report, in a row whose `first` is empty, and everybody who said it.

    The row of the first one holds the letters in threes, the last report of them, and whether they were told as a crowd. Kept by
    whoever gathers; lost, it is counted anew.
    """

    __table_args__ = (Index("ix_wording_report", "report"), _ONE_TREE)
    need: str = Field(primary_key=True)
    first: str = Field(primary_key=True)
    report: str = Field(primary_key=True)
    sender: str
    last: str = ""
    crowd: bool = False
    grams: bytes = Field(sa_type=LargeBinary)


class Unseen(SQLModel, table=True):
    """A report that another node gathered and that has no trace and marks here yet."""

    __table_args__ = _ONE_TREE
    report: str = Field(primary_key=True)
    kind: str = "report_gathered"


class StatusCall(SQLModel, table=True):
    """A status callback that came: each (provider id, status) counts once, even when it overtakes the answer to our send."""

    __table_args__ = _ONE_TREE
    provider_id: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    error: str | None = None


class Phone(SQLModel, table=True):
    """A phone of ours that carries texts, by the pseudonym of its number: what it last said of itself (`gateway.handsets`)."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = (Index("ix_handed_phone_at", "phone", "at"), _ONE_TREE)
    reply: str = Field(primary_key=True)
    phone: str
    at: str
    segments: int


class Meter(SQLModel, table=True):
    """Segments that left this machine in a day or a month of its city; counted where replies are claimed."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    segments: int = 0


class Road(SQLModel, table=True):
    """How the last sendings by a channel went, one letter each, the newest last: s sent, f failed or in doubt (`gateway.sendings`)."""

    __table_args__ = _ONE_TREE
    channel: str = Field(primary_key=True)
    went: str = ""
    failing_since: str | None = None
    reason: str = ""


class Canary(SQLModel, table=True):
    """A text of ours to ourselves by a channel: going, out, failed or back; `road` is how it came back."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = (Index("ix_incident_opened", "opened_at"), _ONE_TREE)
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


class Waiting(SQLModel, table=True):
    """Entries of other writers that cannot be folded now, kept whole: `why` is gap, stranger, fork, copy, revoked or header."""

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
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

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    peer: str = Field(index=True)
    made_at: str
    entries: int
    receipt: str | None = Field(default=None, sa_type=Text)
    received_at: str | None = None


class Release(SQLModel, table=True):
    """The counts of a quarter as they were told; `counts` is JSON (`dashboards.indicators`)."""

    __table_args__ = _ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    k: int
    counts: str = Field(sa_type=Text)
    by: str
    at: str


OUTGROWN = ("ix_report_voices", "ix_report_need")  # indexes of an older Barrio, in whose place others came

FOLDED: tuple[type[SQLModel], ...] = (
    Message, Report, Reading, Forgotten, Care, Look, Erasure, Need, Note, Merge, Twin, Promise, Alert, Link, Support, Sender, Profile,
    Reply, Told, Answer, Elder, Checkin, Notice, Broadcast, Vote, Programme, Work, Place, Boundary, Alias, Account, Member, Branch,
    Component, Catchment, BudgetLine, Milestone, PlaceFact, NeedCost, Decision, Run, Proposal, Ruling, Trip,
    Release)

# What a person must read. A greeting, thanks or an advertisement was answered (or not) and needs nobody.
UNREAD = ("unknown", "parser_fault", "abuse", "number_only")
_report, _message, _counted = table(Report), table(Message), table(Counted)
Index("ix_counted_order", _counted.c.calm.desc(), _counted.c.quiet.desc(), _counted.c.opened_at, _counted.c.need)
# What waits for a person, found without walking through what does not: the queue asks with these very words, and what it asks
# first is in the index itself, the words of its own condition too, which SQLite would look up in the table.
REPORT_WAITS = and_(_report.c.restricted.is_(False), or_(
    _report.c.need.is_(None), _report.c.urgency == literal_column("4"), _report.c.confidence < literal_column("0.5")))
REPORT_SECRET = _report.c.restricted.is_(True)
REPORT_STANDS_IN_NEED = and_(_report.c.need.is_not(None), _report.c.restricted.is_(False),
                             _report.c.status != literal_column("'cancelled'"))
MESSAGE_WAITS = and_(_message.c.settled.is_(None), _message.c.outcome.in_([literal_column(f"'{outcome}'") for outcome in UNREAD]))
MESSAGE_SETTLED = _message.c.settled.is_not(None)
for _name, _columns, _where in (
        ("ix_report_waits", [_report.c[name] for name in (
            "id", "message", "urgency", "filed_at", "need", "place_code", "category", "model", "confidence", "intent", "status",
            "restricted")], REPORT_WAITS),
        ("ix_report_secret", [_report.c.filed_at], REPORT_SECRET),
        ("ix_report_standing", [_report.c[name] for name in (
            "need", "urgency", "filed_at", "sender", "status", "restricted")], REPORT_STANDS_IN_NEED),
        ("ix_message_waits", [_message.c.received_at], MESSAGE_WAITS),
        ("ix_message_settled", [_message.c.id, _message.c.settled], MESSAGE_SETTLED)):
    Index(_name, *_columns, sqlite_where=_where, postgresql_where=_where)
