"""Reports that few may read: who said so, what the focal point does about them, who looked, and when their words were erased.

The bodies of SECRET kinds hold words about a restricted report and are as restricted as the report itself.
A release stands only if it answers the last word on the report: where two decide without seeing each other, it stays restricted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about
from gateway.journal.facts.readings import READ

Row = dict[str, Any]

RESTRICTED = "restricted"  # of a message: a person said that few may read it
ERASED = "erased"          # of a report: its words are gone, and all that is left is that it was there
SENSITIVE = "sensitive"    # of a text's flags: it may tell of harm
TAKEN, NOTED, REFERRED, CALLBACK, CLOSED = "taken", "noted", "referred", "callback", "closed"
STEPS = (TAKEN, NOTED, REFERRED, CALLBACK, CLOSED)
CALLBACKS = ("yes", "no", "unknown")


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRestricted(Event):
    """A person said that few may read this; `anew` makes a report of a text that made none."""

    report: str
    message: str
    sender: str
    reference: str
    language: str
    why: str = ""
    anew: bool = False


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReleased(Event):
    """The focal point said that it may be read as any other. `after` is the last such decision, empty for none.

    A report that was taken for a disclosure kept neither need nor place: `category` to `errors` are what its text says besides.
    """

    report: str
    message: str
    why: str = ""
    after: str = ""
    category: str | None = None
    place_code: str | None = None
    place_text: str | None = None
    errors: tuple[str, ...] = ()


@about("report")
@dataclass(frozen=True, slots=True, kw_only=True)
class CareGiven(Event):
    """What the focal point did: took it on, noted, referred to somebody, learned whether a call is safe, closed it."""

    report: str
    step: str
    note: str = ""
    referred: str = ""
    callback: str = ""
    after: str | None = None


@about("report")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSeen(Event):
    """A person read the words of a restricted report, or its `number` to call back; written before they are shown."""

    report: str
    what: str = "words"


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class WordsErased(Event):
    """The bodies that hold the words of a report were withheld; what is left is for the counts alone."""

    report: str
    message: str
    sender: str
    reference: str
    language: str
    filed_at: str
    texts: tuple[str, ...] = ()  # the texts that made the report or said something of it, the first one included


SECRET = (ReportRestricted.KIND, ReportReleased.KIND, CareGiven.KIND)
OF_REPORT = (ReportRestricted.KIND, ReportReleased.KIND, WordsErased.KIND)


def report(row: Row | None, fact: Fact) -> Row | None:
    """The step of a report; `held` is the last word of a person on who may read it."""
    if fact.kind == WordsErased.KIND:
        return {name: fact[name] for name in ("message", "sender", "reference", "language", "filed_at")} | {
            "intent": "report", "restricted": True, "held": fact.position, "status": ERASED}
    if fact.kind == ReportRestricted.KIND:
        if row is None:
            if not fact["anew"]:
                return None
            row = {name: fact[name] for name in ("message", "sender", "reference", "language")} | {
                "intent": "report", "filed_at": fact.at, "category": None, "place_code": None,
                "errors": '["missing_place","missing_category"]'}
        return row | {"restricted": True, "held": fact.position, "need": None}
    if row is None or row.get("status") == ERASED or (row.get("held") or "") != fact["after"]:
        return row
    row = row | {"restricted": False, "held": fact.position}
    if row["intent"] != "protection":
        return row
    return row | {name: fact[name] for name in ("category", "place_code", "place_text")} | {
        "intent": "report", "errors": canonical(fact["errors"] or ())}


def classified(row: Row, fact: Fact) -> bool:
    """Whether a report is restricted after a classification: what a person said stands."""
    return bool(row["restricted"] if row.get("held") else fact["restricted"] or row["restricted"])


def settled(fact: Fact) -> str:
    """What becomes of a text in the inbox."""
    return RESTRICTED if fact.kind == ReportRestricted.KIND else READ


def care(row: Row | None, fact: Fact) -> Row:
    """How the focal point looks after a report; `contested` when two did without seeing each other."""
    before: Row = row or {"state": "new", "taken_by": None, "referred": "", "callback": "unknown", "entry": None}
    after = before | {"entry": fact.position, "by": fact.by, "at": fact.at,
                      "contested": before.get("entry") is not None and fact["after"] != before["entry"]}
    if fact["step"] in (TAKEN, REFERRED, CLOSED):
        after["state"] = fact["step"]
    if fact["step"] == TAKEN:
        after["taken_by"] = fact.by
    return after | {name: fact[name] for name in ("referred", "callback") if fact[name]}


def look_id(fact: Fact) -> str:
    """Each look is a row of its own, found through its report."""
    return f"{fact.about[0]}+{fact.position}"


def look(row: Row | None, fact: Fact) -> Row:
    return {"id": look_id(fact), "report": fact.about[0], "by": fact.by, "at": fact.at, "what": fact["what"] or "words"}
