"""What reports become: classified, gathered into needs, settled, and what people say of a need."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, about


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
