"""What a person read out of a text, and where a pinned landmark puts a report: the facts, and the steps that fold them.

A reading is the whole of what a person says of a report: what it is about and where. It stands, whatever the machine or a
pin says later; only the resident's own words change it after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

PERSON = "person"      # of a model: a person said the category; of a place's source: a person said the place
LEARNED = "learned"    # of a place's source: a landmark that a person pinned
LANDMARK = "landmark"  # of a place's source: a landmark that nobody pinned yet
READ = "read"          # of a message: a person said what it is about


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRead(Event):
    """A person read a text and said what it is about and where; what is not given is not known.

    `anew` makes a report of a text that made none. `after` is the reading that the person saw, empty for none.
    """

    report: str
    message: str
    sender: str
    reference: str
    language: str
    category: str | None = None
    place_code: str | None = None
    why: str = ""
    restricted: bool = False
    anew: bool = False
    after: str | None = None


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWithdrawn(Event):
    """A person took a reading back; the report says again what it said without it, or is none any more (`anew`)."""

    report: str
    message: str
    category: str | None = None
    place_code: str | None = None
    place_source: str | None = None
    confidence: float = 0.0
    errors: tuple[str, ...] = ()
    why: str = ""
    anew: bool = False
    after: str | None = None


@about("report", "alias")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlaced(Event):
    """The landmark in a report was pinned, so the report has its place; without a place the pin was taken back."""

    report: str
    alias: str
    place_code: str | None = None
    why: tuple[str, ...] = ()


KINDS = (ReportRead.KIND, ReadingWithdrawn.KIND, ReportPlaced.KIND)


def is_by_hand(fact: Fact) -> bool:
    """Whether a fact is a reading, or what the machine made of one."""
    return fact.kind in (ReportRead.KIND, ReadingWithdrawn.KIND) or (fact.kind == "report_classified" and fact["model"] == PERSON)


def report(row: Row | None, fact: Fact) -> Row | None:
    """The step of a report for these facts."""
    if fact.kind == ReportRead.KIND:
        return _read(row, fact)
    if row is None:
        return None
    if fact.kind == ReadingWithdrawn.KIND:
        return row | {name: fact[name] for name in ("category", "place_code", "place_source", "confidence")} | {
            "errors": canonical(fact["errors"] or ()), "model": None, "need": None,
            "status": "cancelled" if fact["anew"] else row["status"]}
    if not follows_pins(row) or row["place_code"] == fact["place_code"]:
        return row
    return row | {"place_code": fact["place_code"], "place_source": LEARNED if fact["place_code"] else LANDMARK, "need": None,
                  "errors": canonical(missing(row["category"], fact["place_code"]))}


def follows_pins(row: Row) -> bool:
    """Whether a pin may say where a report is: nobody else did."""
    return row.get("place_source") == LEARNED or (row["place_code"] is None and row.get("place_source") != PERSON)


def missing(category: str | None, place_code: str | None) -> tuple[str, ...]:
    return tuple(error for error, there in (("missing_place", place_code), ("missing_category", category)) if there is None)


def told(row: Row, fact: Fact) -> Row:
    """What a resident's own words end: a person's reading, or a pin's place."""
    ended: Row = {}
    if fact["category"] is not None and row.get("model") == PERSON:
        ended["model"] = None
    if fact["place_code"] is not None and (fact["place_source"] or row.get("place_source") in (PERSON, LEARNED)):
        ended["place_source"] = fact["place_source"]
    return ended


def reading(row: Row | None, fact: Fact) -> Row | None:
    """The last reading of a report, with who and when; withdrawn or not."""
    said = {"by": fact.by, "at": fact.at, "why": fact["why"] or "", "entry": fact.position,
            "contested": row is not None and fact["after"] != row["entry"]}
    if fact.kind == ReportRead.KIND:
        return {name: fact[name] for name in ("message", "category", "place_code", "anew")} | said | {"withdrawn": False}
    return row | said | {"withdrawn": True} if row is not None else None


def _read(row: Row | None, fact: Fact) -> Row | None:
    if row is None:
        if not fact["anew"]:
            return None
        row = {name: fact[name] for name in ("message", "sender", "reference", "language")} | {
            "intent": "report", "filed_at": fact.at, "category": None, "place_code": None, "need": None, "restricted": False}
    category, place, before = fact["category"], fact["place_code"], row.get("place_source")
    same = (category, place) == (row["category"], row["place_code"])
    return row | {
        "category": category, "place_code": place, "confidence": 1.0, "model": PERSON, "need": row["need"] if same else None,
        "place_source": PERSON if place else LANDMARK if before == LEARNED else before, "errors": canonical(missing(category, place)),
        "restricted": True if fact["restricted"] else row["restricted"], "status": "received" if fact["anew"] else row.get("status")}
