"""Texts as a person reads them: what was understood of one, what somebody said of it, and what was read lately."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from dashboards.queries.seen import MESSAGE, REPORT, STANDS, tells_of_restricted
from gateway.journal.tables import UNREAD, Reading, table

READING = table(Reading)
LATELY = 20


@dataclass(frozen=True, slots=True)
class Understood:
    """A report as it stands now; `need` is where it was gathered."""

    id: str
    reference: str
    category: str | None
    place_code: str | None
    place_text: str | None
    need: str | None
    errors: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    id: str
    text: str
    language: str | None
    received_at: str
    report: Understood | None


@dataclass(frozen=True, slots=True)
class Said:
    """The last reading of a report: what, by whom, when, why; `entry` is answered by the next one."""

    report: str
    message: str
    category: str | None
    place_code: str | None
    by: str
    at: str
    why: str
    entry: str
    withdrawn: bool
    contested: bool
    reference: str


def text(c: Connection, message: str, report: str | None) -> Text | None:
    """A text that may be read by a planner: nothing about it is restricted, or not classified yet."""
    found = c.execute(select(MESSAGE.c.id, MESSAGE.c.text, MESSAGE.c.language, MESSAGE.c.received_at, MESSAGE.c.outcome)
                      .where(MESSAGE.c.id == message, ~tells_of_restricted(MESSAGE.c.id))).first()
    if found is None:
        return None
    made = c.execute(select(REPORT.c.id, REPORT.c.reference, REPORT.c.category, REPORT.c.place_code, REPORT.c.place_text, REPORT.c.need,
                            REPORT.c.errors, REPORT.c.why, STANDS.label("stands"), REPORT.c.status)
                     .where(REPORT.c.message == message).order_by(REPORT.c.id)).all()
    here = [row for row in made if row.stands and report in (None, row.id)]
    if not here and (report or found.outcome not in UNREAD or any(row.status != "cancelled" for row in made)):
        return None
    row = here[0] if here else None
    return Text(*found[:4], Understood(*row[:6], *(tuple(json.loads(listed)) for listed in row[6:8])) if row else None)


def last(c: Connection, report: str) -> Said | None:
    row = c.execute(_said().where(READING.c.id == report)).first()
    return Said(*row) if row else None


def lately(c: Connection) -> list[Said]:
    """Readings that stand, of reports that are open, the newest first."""
    return [Said(*row) for row in c.execute(_said().where(STANDS, READING.c.withdrawn.is_(False))
                                            .order_by(READING.c.position.desc()).limit(LATELY))]


def _said() -> Select[Any]:
    return (select(READING.c.id, READING.c.message, READING.c.category, READING.c.place_code, READING.c.by, READING.c.at, READING.c.why,
                   READING.c.entry, READING.c.withdrawn, READING.c.contested, REPORT.c.reference)
            .join(REPORT, REPORT.c.id == READING.c.id))
