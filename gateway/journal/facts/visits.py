"""What people bring back from a visit: a note, perhaps with a photo, and how far a work is. Facts, and the steps that fold them.

A photo is a file of the node it was taken on; the journal knows it by its SHA-256 and says where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

DESK = "desk"  # the road of a text that was told to an officer, and the channel of who has no phone


@about("need", "note")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedNoted(Event):
    """A person wrote something down about a need. `photo` is the digest of a picture that the node `kept` holds."""

    need: str
    note: str
    text: str = ""
    photo: str = ""
    media: str = ""
    size: int = 0
    kept: str = ""


@about("need", "note")
@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWithdrawn(Event):
    """A person took their note back; it is shown no more."""

    need: str
    note: str


@about("work", "programme")
@dataclass(frozen=True, slots=True, kw_only=True)
class WorkProgressed(Event):
    """A person saw how far a work is. `after` is the last such word that they saw, empty for none.

    `contested` carries on what stood before a word that was taken back.
    """

    work: str
    programme: str
    phase: str
    note: str = ""
    after: str | None = None
    contested: bool = False


def note(row: Row | None, fact: Fact) -> Row | None:
    """The step of a note."""
    if fact.kind == NoteWithdrawn.KIND:
        return row | {"withdrawn": True} if row is not None else None
    return {name: fact[name] or "" for name in ("text", "photo", "media", "kept")} | {
        "need": fact.about[0], "size": fact["size"] or 0, "by": fact.by, "at": fact.at, "withdrawn": False}


def note_id(fact: Fact) -> str | None:
    return fact.about[1] if len(fact.about) > 1 else None


def work(row: Row | None, fact: Fact) -> Row | None:
    """The step of a work: a file that says what it said before does not undo what somebody saw on the spot since."""
    if fact.kind == WorkProgressed.KIND:
        if row is None:
            return None
        seen = row.get("entry")
        return row | {"phase": fact["phase"], "phase_since": fact.at[:10], "recorded": row.get("recorded") or row["phase"],
                      "note": fact["note"] or "", "said_by": fact.by, "said_at": fact.at, "entry": fact.position,
                      "contested": bool(fact["contested"]) or (seen is not None and (fact["after"] or "") != seen)}
    told = {name: fact[name] for name in (
        "programme", "name", "component", "place_code", "phase", "budget", "starts_on", "ends_on", "phase_since", "physical_pct",
        "financial_pct", "beneficiaries")} | {"officer": fact["officer"] or ""}
    if row is None or row.get("recorded") is None or row["recorded"] != fact["phase"]:
        return told
    return row | told | {"phase": row["phase"], "phase_since": row["phase_since"]}
