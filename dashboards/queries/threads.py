"""What was written to those who speak for a need and what they wrote back: references, never a number or who it was."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, literal_column, or_, select

from dashboards.queries.needs import whole_of
from dashboards.queries.seen import ENTRY, IS_OPEN, NEED, REPORT, tells_of_restricted
from gateway.journal.tables import Answer, table

ANSWER = table(Answer)
MOST = 50


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a thread: of a person (`by`, to so many phones, or to that of a report), or of a resident (`message`)."""

    at: str
    by: str
    text: str
    reference: str | None
    phones: int = 0
    message: str = ""


def thread_of(c: Connection, need_id: str, places: Collection[str] | None = None) -> list[Said]:
    """The last texts about a need and all that is merged with it, the newest first; what few may read, or is erased, is not there."""
    whole = whole_of(c, need_id)
    here = [] if places is None else [NEED.c.place_code.in_(places)]
    written = c.execute(select(ANSWER.c.at, ANSWER.c.by, ANSWER.c.text, REPORT.c.reference, ANSWER.c.phones)
                        .select_from(ANSWER.join(NEED, NEED.c.id == ANSWER.c.need).outerjoin(REPORT, REPORT.c.id == ANSWER.c.report))
                        .where(ANSWER.c.need.in_(whole), or_(ANSWER.c.report.is_(None), IS_OPEN), *here)
                        .order_by(ANSWER.c.at.desc()).limit(MOST)).all()
    # of thousands of reports only an index is read, and only of what was answered the rest; texts are looked up once more beside them
    of_whole = select(REPORT.c.id).where(REPORT.c.need.in_(whole), IS_OPEN)
    if here:
        of_whole = of_whole.join(NEED, NEED.c.id == REPORT.c.need).where(*here)
    entry, report = ENTRY.alias(), REPORT.alias()
    back = c.execute(select(entry.c.body, select(report.c.reference).where(report.c.id == entry.c.subject).scalar_subquery())
                     .where(entry.c.subject.in_(of_whole), entry.c.kind == literal_column("'answer_replied'"), entry.c.body.is_not(None),
                            ~tells_of_restricted(entry.c.other))
                     .order_by(entry.c.lamport.desc()).limit(MOST)).all()
    said = [Said(*row) for row in written] + [_back(body, reference) for body, reference in back]
    return sorted(said, key=lambda one: one.at, reverse=True)[:MOST]


def place_of(c: Connection, report: str) -> str | None:
    place: str | None = c.execute(select(REPORT.c.place_code).where(REPORT.c.id == report)).scalar()
    return place


def _back(body: str, reference: str | None) -> Said:
    read = json.loads(body)
    return Said(read["at"], "", read["data"]["text"], reference, message=read["data"]["message"])
