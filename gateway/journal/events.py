"""What can happen, in the past tense. Names and old samples never change; new fields have defaults.

Each event names what it is `about`: one or two ids, the first the one it happened to. A `sender` is a pseudonym.
tests/samples/<kind>.json holds one body of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

EVENTS: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1
    ABOUT: ClassVar[tuple[str, ...]]
    FIELDS: ClassVar[tuple[str, ...]]

    def about(self) -> list[str]:
        return named(self.ABOUT, lambda name: getattr(self, name))

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.FIELDS}


def named(names: Sequence[str], value: Callable[[str], str | None]) -> list[str]:
    """The ids that a fact is about; "message|sender" is the message, or the sender where there is no message."""
    firsts = (next((found for part in name.split("|") if (found := value(part)) is not None), None) for name in names)
    return [found for found in firsts if found is not None]


E = TypeVar("E", bound=Event)


def about(*names: str) -> Callable[[type[E]], type[E]]:
    """Enter an event in the catalogue: MessageReceived -> kind `message_received`."""
    def enter(cls: type[E]) -> type[E]:
        cls.KIND = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        cls.ABOUT = names
        cls.FIELDS = tuple(f.name for f in fields(cls))
        if cls.KIND in EVENTS:
            raise ValueError(f"two events are called {cls.KIND}")
        EVENTS[cls.KIND] = cls
        return cls
    return enter


# ---------------------------------------------------------------------------------------------- residents (intake)

@about("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """An SMS came in. `received_at` is the provider's time, `road` how it came: webhook, spool, reconcile, console."""

    message: str
    sender: str
    channel: str
    provider_id: str
    text: str
    received_at: str
    road: str = "webhook"


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(Event):
    """A text was understood as a need: what, where, how bad, for how many, since when; `errors` is what is missing."""

    report: str
    message: str
    sender: str
    reference: str
    intent: str
    language: str
    category: str | None = None
    place_code: str | None = None
    place_text: str | None = None
    severity: int | None = None
    people: int | None = None
    people_unit: str | None = None
    since_days: int | None = None
    details: str | None = None
    confidence: float = 0.0
    errors: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    place_source: str | None = None


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCompleted(Event):
    """A later text of the same sender filled what the report lacked."""

    report: str
    message: str
    sender: str
    category: str | None = None
    place_code: str | None = None
    place_text: str | None = None
    errors: tuple[str, ...] = ()
    place_source: str | None = None


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCorrected(Event):
    """The sender said that we understood it wrongly; what is given stands instead of what was there."""

    report: str
    message: str
    sender: str
    category: str | None = None
    place_code: str | None = None
    place_text: str | None = None
    errors: tuple[str, ...] = ()
    place_source: str | None = None


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExtended(Event):
    """A later text says more about the report: its words, and the counts that it gives."""

    report: str
    message: str
    sender: str
    text: str
    severity: int | None = None
    people: int | None = None
    people_unit: str | None = None
    since_days: int | None = None


@about("message", "report")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRepeated(Event):
    """The same words came again from the same phone within a day; they are the report they were before."""

    message: str
    report: str
    sender: str


@about("sender", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRegistered(Event):
    """A sender said where they live or who they are; what is not given stays as it was."""

    sender: str
    message: str
    place_code: str | None = None
    language: str | None = None
    gender: str | None = None
    age_band: str | None = None


@about("need", "report")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepairJudged(Event):
    """Somebody who spoke for a need said that it is fixed, or that it is not, or not wholly (`partly`)."""

    need: str
    report: str
    message: str
    sender: str
    fixed: bool
    partly: bool = False


@about("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnreadable(Event):
    """A text was not understood; a person reads it. `reason`: unknown, empty, spam, parser_fault ..."""

    message: str
    sender: str
    reason: str
    language: str
    hint: str | None = None
    why: tuple[str, ...] = ()


@about("message", "report")
@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven(Event):
    """A text was a command or an answer: status, stop, support ...; `report` is the one it concerns, when known."""

    message: str
    sender: str
    intent: str
    language: str
    report: str | None = None
    reference: str | None = None
    detail: str | None = None
    errors: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@about("reply", "message|sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyQueued(Event):
    """An SMS to a resident was written into the outbox. `question` is what we asked, `report` what it is about.

    One that answers no message is found through its sender.
    """

    reply: str
    sender: str
    channel: str
    kind: str
    language: str
    text: str
    segments: int
    due_at: str
    message: str | None = None
    question: str | None = None
    report: str | None = None
    options: tuple[str, ...] = ()


@about("reply")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySent(Event):
    """The provider took the SMS and gave it an id."""

    reply: str
    provider_id: str
    status: str = "sent"


@about("reply")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailed(Event):
    """The SMS will not be sent: refused by the provider, or by a rule of ours (`reason` says which)."""

    reply: str
    reason: str
    permanent: bool = True


@about("reply")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyUncertain(Event):
    """The provider may or may not have taken the SMS; it is looked up, never sent again blindly."""

    reply: str
    reason: str


@about("reply")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTracked(Event):
    """The provider reported how far the SMS came; only a later stage changes anything."""

    reply: str
    status: str
    error: str | None = None


# ------------------------------------------------------------------------------------------------- the machine (jobs)

@about("sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOptedOut(Event):
    """A phone said stop where we could not hear it, at the provider; nothing is sent to it any more."""

    sender: str
    reason: str


@about("report")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportClassified(Event):
    """The machine, or a person, said what the report is about and how urgent, with reasons.

    Without a category `options` are the likeliest. `unit` answers for it. `doubt`: restricted until a person has looked.
    """

    report: str
    category: str | None
    confidence: float
    urgency: int
    restricted: bool
    model: str
    why: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unit: str | None = None
    doubt: bool = False


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedOpened(Event):
    """A problem in a place, named by place, category and generation: two nodes open the same one.

    `key` stands for the spot of what is repaired one by one; it is empty for what concerns the whole place.
    """

    need: str
    place_code: str
    category: str
    generation: int = 1
    key: str = ""


@about("report", "need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGathered(Event):
    """The report stands with the others of its need."""

    report: str
    need: str
    why: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------- people (planning)

@about("need", "work")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedLinked(Event):
    """A person said that this work answers this need. `after` is the link decision the person saw."""

    need: str
    work: str
    why: str = ""
    after: str | None = None


@about("need", "work")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedUnlinked(Event):
    """A person took the link back."""

    need: str
    work: str
    why: str = ""
    after: str | None = None


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedStatusChanged(Event):
    """open, verified, planned, done, closed, rejected or not_found; `after` is the status decision the person saw.

    `note` is for colleagues, `reason` is what residents may read.
    """

    need: str
    status: str
    note: str = ""
    after: str | None = None
    reason: str = ""


@about("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettled(Event):
    """A person read a text that the machine did not understand and decided what becomes of it."""

    message: str
    decision: str
    note: str = ""


@about("programme")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRecorded(Event):
    """A programme exists, as the city pack or a planner states it."""

    programme: str
    name: str
    sponsor: str = ""
    currency: str = ""
    kind: str = "upgrading"
    starts_on: str | None = None
    ends_on: str | None = None
    phone: str = ""


@about("work", "programme")
@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecorded(Event):
    """A work of a programme exists: a project in a place with a budget and a phase."""

    work: str
    programme: str
    name: str
    component: str
    place_code: str
    phase: str
    budget: int = 0
    starts_on: str | None = None
    ends_on: str | None = None
    phase_since: str | None = None
    physical_pct: int | None = None
    financial_pct: int | None = None
    beneficiaries: int | None = None
    officer: str = ""


@about("account")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEnrolled(Event):
    """A person may sign in: role, areas, argon2 hash of the password."""

    account: str
    name: str
    role: str
    areas: tuple[str, ...]
    password: str
    enabled: bool = True
