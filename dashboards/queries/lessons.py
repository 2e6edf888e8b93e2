"""What people taught the model: every reading that may teach, those that were taken out of the memory too."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from dashboards.queries.seen import MESSAGE, PAGE, REPORT, page_of
from gateway.lessons import FORGOTTEN, IS_FORGOTTEN, READING, TEACHES


@dataclass(frozen=True, slots=True)
class Line:
    """One lesson: a text, what whoever read it says it is about, and whether the model still learns from it."""

    report: str
    reference: str
    text: str
    category: str
    by: str
    at: str
    forgotten: bool


@dataclass(frozen=True, slots=True)
class Teacher:
    """An account, how many lessons of it stand, and how many were taken out."""

    name: str
    standing: int
    forgotten: int


def lines(c: Connection, page: int = 1) -> tuple[list[Line], bool]:
    """The lessons, the newest first."""
    limit, offset = page_of(page)
    rows = c.execute(select(READING.c.id, REPORT.c.reference, MESSAGE.c.text, READING.c.category, READING.c.by, READING.c.at, IS_FORGOTTEN)
                     .join(REPORT, REPORT.c.id == READING.c.id).join(MESSAGE, MESSAGE.c.id == READING.c.message).where(TEACHES)
                     .order_by(READING.c.position.desc()).limit(limit).offset(offset)).all()
    return [Line(r[0], r[1], r[2], r[3], r[4], r[5], bool(r[6])) for r in rows[:PAGE]], len(rows) > PAGE


def teachers(c: Connection) -> list[Teacher]:
    """Who taught, those with most lessons first."""
    taken_out = func.sum(case((IS_FORGOTTEN, 1), else_=0))
    # joined by what no index of the readings knows: without figures SQLite would walk through all reports for the few readings
    rows = c.execute(select(READING.c.by, func.count(), taken_out).join(REPORT, REPORT.c.id == READING.c.id.concat("")).where(TEACHES)
                     .group_by(READING.c.by).order_by(func.count().desc(), READING.c.by)).all()
    return [Teacher(name, count - int(out), int(out)) for name, count, out in rows]


def forgotten_accounts(c: Connection) -> set[str]:
    """The accounts whose lessons were taken out together."""
    return {row.id.partition(":")[2] for row in c.execute(select(FORGOTTEN.c.id).where(
        FORGOTTEN.c.id.like("by:%"), FORGOTTEN.c.forgotten.is_(True)))}
