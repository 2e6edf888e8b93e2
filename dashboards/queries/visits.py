"""What officers brought in from the street: the notes and photos of a need, the works of their areas."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from dashboards.queries.needs import WorkLine, authors, whole_of, works
from dashboards.queries.seen import MESSAGE, NEED, REPORT
from gateway import photos
from gateway.journal.tables import Note, table
from gateway.journal.visits import DESK

NOTE = table(Note)


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
    """The notes that stand about a need and all that is merged with it, the newest first."""
    here = [] if places is None else [NEED.c.place_code.in_(places)]
    rows = c.execute(select(NOTE.c.id, NOTE.c.need, NOTE.c.text, NOTE.c.photo, NOTE.c.media, NOTE.c.size, NOTE.c.kept, NOTE.c.by, NOTE.c.at)
                     .join(NEED, NEED.c.id == NOTE.c.need).where(NOTE.c.need.in_(whole_of(c, need_id)), NOTE.c.withdrawn.is_(False), *here)
                     .order_by(NOTE.c.at.desc(), NOTE.c.id))
    return [Noted(*row, here=photos.is_here(data, row.photo, row.media)) for row in rows]


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
