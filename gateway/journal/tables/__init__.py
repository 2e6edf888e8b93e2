"""The tables. Journal: `chain`. Folds: everything a page shows. Local: what never leaves this machine.

Times are ISO texts in UTC (`canonical.iso`): equal on SQLite and PostgreSQL, and they sort as they read.
SQLModel tables do not validate; events do. `position` is the order key of the last entry folded into a row.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from gateway.journal.tables.base import Verbatim, table
from gateway.journal.tables.chain import Entry, Seal, Writer
from gateway.journal.tables.city import Account, Alias, Boundary, Branch, Member, Place
from gateway.journal.tables.found import Counted, Head, Mark, Trace, Uncounted, Unseen, Wording
from gateway.journal.tables.local import Contact, Delivery, Duty, Glance, Hold, Lately, Local, SavedView, Task, Trail
from gateway.journal.tables.meetings import Parcel, Peer, Waiting
from gateway.journal.tables.needs import Alert, Link, Merge, Need, Note, Notice, Promise, Ruling, Support, Twin
from gateway.journal.tables.residents import (
    MESSAGE_SETTLED,
    MESSAGE_WAITS,
    REPORT_SECRET,
    REPORT_STANDS_IN_NEED,
    REPORT_WAITS,
    SENDER_STOPPED,
    UNREAD,
    Care,
    Erasure,
    Forgotten,
    Look,
    Message,
    Profile,
    Reading,
    Report,
    Sender,
    Trip,
)
from gateway.journal.tables.roads import Canary, Handed, Incident, Listed, Meter, Phone, Road, StatusCall
from gateway.journal.tables.talk import Answer, Broadcast, Checkin, Elder, Reply, Told, Vote
from gateway.journal.tables.works import (
    BudgetLine,
    Catchment,
    Component,
    Decision,
    Milestone,
    NeedCost,
    PlaceFact,
    Programme,
    Proposal,
    Release,
    Run,
    Work,
)

SCHEMA_VERSION = 1
OUTGROWN = ("ix_report_voices", "ix_report_need")  # indexes of an older Barrio, in whose place others came

FOLDED: tuple[type[SQLModel], ...] = (
    Message, Report, Reading, Forgotten, Care, Look, Erasure, Need, Note, Merge, Twin, Promise, Alert, Link, Support, Sender, Profile,
    Reply, Told, Answer, Elder, Checkin, Notice, Broadcast, Vote, Programme, Work, Place, Boundary, Alias, Account, Member, Branch,
    Component, Catchment, BudgetLine, Milestone, PlaceFact, NeedCost, Decision, Run, Proposal, Ruling, Trip,
    Release)

__all__ = [
    "Account", "Alert", "Alias", "Answer", "Boundary", "Branch", "Broadcast", "BudgetLine", "Canary", "Care", "Catchment", "Checkin",
    "Component", "Contact", "Counted", "Decision", "Delivery", "Duty", "Elder", "Entry", "Erasure", "FOLDED", "Forgotten", "Glance",
    "Handed", "Head", "Hold", "Incident", "Lately", "Link", "Listed", "Local", "Look", "MESSAGE_SETTLED", "MESSAGE_WAITS", "Mark",
    "Member", "Merge", "Message", "Meter", "Milestone", "Need", "NeedCost", "Note", "Notice", "OUTGROWN", "Parcel", "Peer", "Phone",
    "Place", "PlaceFact", "Profile", "Programme", "Promise", "Proposal", "REPORT_SECRET", "REPORT_STANDS_IN_NEED", "REPORT_WAITS",
    "Reading", "Release", "Reply", "Report", "Road", "Ruling", "Run", "SCHEMA_VERSION", "SENDER_STOPPED", "SavedView", "Seal", "Sender",
    "StatusCall", "Support", "Task", "Told", "Trace", "Trail", "Trip", "Twin", "UNREAD", "Uncounted", "Unseen", "Verbatim", "Vote",
    "Waiting", "Wording", "Work", "Writer", "table",
]
