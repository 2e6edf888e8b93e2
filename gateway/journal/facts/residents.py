"""What residents write, and what their texts become: the intake's facts."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, about


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


@about("sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOptedOut(Event):
    """A phone said stop where we could not hear it, at the provider; nothing is sent to it any more."""

    sender: str
    reason: str
