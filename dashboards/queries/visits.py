"""What officers brought in from the street: the notes and photos of a need, what they wrote as they decided, the works of their areas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, select

from dashboards.queries.needs import WorkLine, authors, whole_of, works
from dashboards.queries.seen import MESSAGE, NEED, REPORT
from gateway.decisions import photos
from gateway.journal.entries import facts_of
from gateway.journal.facts.needs import NeedStatusChanged
from gateway.journal.facts.triage import StatusWithdrawn
from gateway.journal.facts.visits import DESK
from gateway.journal.tables import Note, table

NOTE = table(Note)
LOOKED_AT = ("verified", "not_found")  # what is said of a need by who was there


@dataclass(frozen=True, slots=True)
class Noted:
    """A note about a need; `photo` is the digest of its picture, `here` that this node holds it, else `kept` says which does."""

    id: str
    need: str
    text: str
    photo: str
    media: str
    size: int
    kept: str
    by: str
    at: str
    here: bool


def notes_of(c: Connection, data: Path, need_id: str, places: Collection[str] | None = None) -> list[Noted]:
    """The notes that stand about a need and all that is merged with it, the newest first; words given with a decision are notes too."""
    here = [] if places is None else [NEED.c.place_code.in_(places)]
    whole = whole_of(c, need_id)
    rows = c.execute(select(NOTE.c.id, NOTE.c.need, NOTE.c.text, NOTE.c.photo, NOTE.c.media, NOTE.c.size, NOTE.c.kept, NOTE.c.by, NOTE.c.at)
                     .join(NEED, NEED.c.id == NOTE.c.need).where(NOTE.c.need.in_(whole), NOTE.c.withdrawn.is_(False), *here)
                     .order_by(NOTE.c.at.desc(), NOTE.c.id))
    notes = [Noted(*row, here=photos.is_here(data, row.photo, row.media)) for row in rows]
    theirs = whole if places is None else list(c.execute(select(NEED.c.id).where(NEED.c.id.in_(whole), *here)).scalars())
    return sorted(_beside(notes, _with_decisions(c, theirs)), key=lambda note: (note.at, note.id), reverse=True)


def _with_decisions(c: Connection, needs: Sequence[str]) -> list[Noted]:
    """What people wrote as they verified a need or did not find it, of decisions that were not taken back."""
    facts = facts_of(c, needs, (NeedStatusChanged.KIND, StatusWithdrawn.KIND))
    undone = {fact["after"] for fact in facts if fact.kind == StatusWithdrawn.KIND}
    return [Noted(fact.position, fact.about[0], fact["note"], "", "", 0, "", fact.by, fact.at, here=False) for fact in facts
            if fact.kind == NeedStatusChanged.KIND and fact["status"] in LOOKED_AT and fact["note"] and fact.position not in undone]


def _beside(notes: Sequence[Noted], decided: Sequence[Noted]) -> list[Noted]:
    """Words and photo of one moment are one note: they came in one form."""
    words = {(said.need, said.by, said.at): said for said in decided}
    joined = [replace(note, text=words.pop(key).text) if not note.text and (key := (note.need, note.by, note.at)) in words else note
              for note in notes]
    return [*joined, *words.values()]


def photo_of(c: Connection, digest: str) -> list[tuple[str, str]]:
    """(need, media) of every note that shows this picture."""
    return [(row.need, row.media) for row in c.execute(select(NOTE.c.need, NOTE.c.media).where(
        NOTE.c.photo == digest, NOTE.c.withdrawn.is_(False)))] if digest else []


def works_in(c: Connection, places: Collection[str] | None) -> list[WorkLine]:
    return [work for work in works(c) if places is None or work.place_code in places]


def brought(c: Connection, report: str, by: str) -> bool:
    """Whether this account wrote this report down for somebody who came in person."""
    road = c.execute(select(MESSAGE.c.road).join(REPORT, REPORT.c.message == MESSAGE.c.id).where(REPORT.c.id == report)).scalar()
    return road == DESK and authors(c, [report]).get(report) == by
