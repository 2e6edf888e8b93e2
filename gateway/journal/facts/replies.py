"""What was queued for residents, and what became of it on its way."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, about


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
