"""Needs as planners see them: the list with its filters, one need, its reports, its works, its journal lines."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select

from dashboards.queries.ranking import ranked
from dashboards.queries.seen import (
    ENTRY,
    IS_OPEN,
    LINK,
    MESSAGE,
    NEED,
    PAGE,
    PROGRAMME,
    REPORT,
    WORK,
    WRITER,
    page_of,
)
from gateway.journal import counting, heads
from gateway.journal.counting import Recount
from gateway.journal.facts.visits import DESK
from gateway.node import Node
from gateway.ranking import linked

STILL_OPEN = ("open", "verified", "planned")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list, as they stand in its address. `places` is a place with all that lies in it."""

    places: tuple[str, ...] = ()
    category: str = ""
    status: str = ""
    urgency: int = 0
    covered: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class NeedLine:
    id: str
    place_code: str
    category: str
    status: str
    contested: bool
    opened_at: str
    reports: int
    urgency: int
    people: int
    works: int
    calm_urgency: int = 1
    calm_people: int = 0
    crowd: int = 0
    reopened: bool = False  # a resident said that what was done is not fixed, and nobody decided since


@dataclass(frozen=True, slots=True)
class NeedPage:
    line: NeedLine
    status_at: str
    status_by: str | None
    status_entry: str | None
    note: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    id: str
    message: str
    reference: str
    text: str
    language: str
    status: str
    urgency: int | None
    people: int | None
    people_unit: str | None
    since_days: int | None
    received_at: str
    channel: str
    why: tuple[str, ...]
    reasons: tuple[str, ...]
    errors: tuple[str, ...]
    author: str = field(default="", kw_only=True)  # whoever wrote it down for somebody who came in person


@dataclass(frozen=True, slots=True)
class WorkLine:
    id: str
    name: str
    component: str
    place_code: str
    phase: str
    budget: int
    starts_on: str | None
    ends_on: str | None
    programme: str
    currency: str
    note: str = ""
    said_by: str | None = None
    said_at: str | None = None
    entry: str | None = None
    contested: bool = False


@dataclass(frozen=True, slots=True)
class LinkLine:
    work: WorkLine
    why: str
    by: str
    at: str
    entry: str
    contested: bool


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry about a need: what happened, when, by whom; `facts` is empty when its body is withheld."""

    seq: int
    kind: str
    at: str
    by: str
    facts: dict[str, Any] = field(default_factory=dict)
    reference: str | None = None


class _Counted(NamedTuple):
    """A need with what is counted of it, as the database says it."""

    id: str
    place_code: str
    category: str
    status: str
    contested: bool
    opened_at: str
    reports: int
    urgency: int
    people: int
    calm: int
    quiet: int
    crowd: int
    reopened: bool


OF_NEED = [NEED.c[name] for name in _Counted._fields[:6]]
COUNTS = _Counted._fields[6:12]
REOPENED = and_(NEED.c.status == "open", NEED.c.status_by == "resident")


def needs(c: Connection, node: Node, wanted: Wanted, recount: Recount | None = None) -> tuple[list[NeedLine], bool]:
    """A page of needs, the most urgent first, then those that most people speak for, then the oldest; is there more?

    A crowd that sends the same words counts among the people and moves its need by one place at most (`ranking`). `recount` is what
    was marked to be counted anew, where the caller knows it. A need is covered while a work answers it that people linked (`answering`).
    """
    limit, offset = page_of(wanted.page)
    covered = linked.named(c, linked.answering(c, node.city, node.today)) if wanted.covered else None
    recount = recount or counting.recount(c)
    fresh = _fresh(c, wanted, recount, covered)
    # as many of those before the page may be fresh: so many more are read, and put in order with these
    before = max(0, offset - len(fresh))
    asked = _lines(wanted, recount.whole, recount.kept, recount.whole.c.people > 0, covered=covered)
    kept = c.execute(asked.limit(offset + limit - before).offset(before))
    rows = sorted([*(_Counted(*row) for row in kept), *fresh], key=_order)[offset - before:offset - before + limit]
    works = linked.answering(c, node.city, node.today, [row.id for row in rows[:PAGE]])
    return ranked([_line(row, len(works.get(row.id, ()))) for row in rows[:PAGE]]), len(rows) > PAGE


def _fresh(c: Connection, wanted: Wanted, recount: Recount, covered: Any = None, least: int = 1) -> list[_Counted]:
    """The lines that the filters ask for, of needs that were counted just now and for which at least so many speak."""
    counts = {row.need: row for row in recount.rows if row.urgency >= wanted.urgency and row.people >= least}
    rows = c.execute(_filtered(select(*OF_NEED, REOPENED), wanted, covered).where(NEED.c.id.in_(counts))).all() if counts else []
    return [_Counted._make((*row[:-1], *(getattr(counts[row.id], name) for name in COUNTS), row[-1])) for row in rows]


def _order(line: _Counted) -> tuple[int, int, str, str]:
    return -line.calm, -line.quiet, line.opened_at, line.id


def need(c: Connection, need_id: str, recount: Recount | None = None) -> NeedPage | None:
    """One need; None as well when all of its reports are restricted. `recount` is as for the list."""
    every = Wanted(status="all")
    row: Any
    if recount is None or recount.lost:
        row = c.execute(_lines(every, counting.counted(c, need_id).subquery("whole"), NEED.c.id == need_id)).first()
    elif need_id in recount.needs:
        row = next((line for line in _fresh(c, every, recount, least=0) if line.id == need_id), None)
    else:
        row = c.execute(_lines(every, counting.COUNTED, NEED.c.id == need_id)).first()
    if row is None:
        return None
    stands = c.execute(select(NEED.c.status_at, NEED.c.status_by, NEED.c.status_entry, NEED.c.note)
                       .where(NEED.c.id == need_id)).one()
    return NeedPage(_line(_Counted(*row), len({link.work.id for link in links_of(c, need_id)})), *stands)


def whole_of(c: Connection, need_id: str) -> list[str]:
    """The need and all that people merged with it."""
    return sorted(heads.members(c, [need_id]))


def _lines(wanted: Wanted, whole: Any, *conditions: Any, covered: Any = None) -> Any:
    columns = select(*OF_NEED, *(whole.c[name] for name in COUNTS), REOPENED)
    found = (_filtered(columns, wanted, covered).join(whole, whole.c.need == NEED.c.id).where(*conditions)
             .order_by(whole.c.calm.desc(), whole.c.quiet.desc(), whole.c.opened_at, whole.c.need))
    return found.where(whole.c.urgency >= wanted.urgency) if wanted.urgency else found


def _filtered(found: Any, wanted: Wanted, covered: Any) -> Any:
    if wanted.places:
        found = found.where(NEED.c.place_code.in_(wanted.places))
    if wanted.category:
        found = found.where(func.substr(NEED.c.category, 1, len(wanted.category)) == wanted.category)
    if wanted.status != "all":
        found = found.where(NEED.c.status.in_([wanted.status] if wanted.status else STILL_OPEN))
    if covered is not None:
        found = found.where(NEED.c.id.in_(covered) if wanted.covered == "yes" else NEED.c.id.not_in(covered))
    return found


def _line(row: _Counted, works: int) -> NeedLine:
    return NeedLine(*(*row[:9], works, *row[9:]))


def reports_of(c: Connection, need_id: str, page: int = 1, places: Collection[str] | None = None) -> tuple[list[ReportLine], bool]:
    """The open reports of a need, the newest first, with the words of their texts; those of these places, or of all."""
    limit, offset = page_of(page)
    here = [] if places is None else [REPORT.c.place_code.in_(places)]
    # first which they are and then what they say: thousands of texts need not be sorted
    which = (select(REPORT.c.id).where(REPORT.c.need.in_(whole_of(c, need_id)), IS_OPEN, *here)
             .order_by(REPORT.c.filed_at.desc(), REPORT.c.id).limit(limit).offset(offset).subquery("which"))
    rows = c.execute(select(
        REPORT.c.id, REPORT.c.message, REPORT.c.reference, MESSAGE.c.text, REPORT.c.language, REPORT.c.status, REPORT.c.urgency,
        REPORT.c.people, REPORT.c.people_unit, REPORT.c.since_days, MESSAGE.c.received_at, MESSAGE.c.channel, REPORT.c.why,
        REPORT.c.reasons, REPORT.c.errors, MESSAGE.c.road).select_from(which).join(REPORT, REPORT.c.id == which.c.id)
        .join(MESSAGE, MESSAGE.c.id == REPORT.c.message).order_by(REPORT.c.filed_at.desc(), REPORT.c.id)).all()
    by = authors(c, [row.id for row in rows if row.road == DESK])
    found = [ReportLine(*row[:-4], *(tuple(json.loads(listed)) for listed in row[-4:-1]), author=by.get(row.id, "")) for row in rows[:PAGE]]
    return found, len(rows) > PAGE


def authors(c: Connection, reports: Sequence[str]) -> dict[str, str]:
    """Who wrote each of these reports down for somebody who came in person."""
    return {row.subject: str(json.loads(row.body)["by"]) for row in c.execute(select(ENTRY.c.subject, ENTRY.c.body).where(
        ENTRY.c.subject.in_(reports), ENTRY.c.kind == "report_filed", ENTRY.c.body.is_not(None)))} if reports else {}


def links_of(c: Connection, need_id: str) -> list[LinkLine]:
    rows = c.execute(_works(LINK.c.why, LINK.c.by, LINK.c.at, LINK.c.entry, LINK.c.contested)
                     .join(LINK, LINK.c.work == WORK.c.id).where(LINK.c.need.in_(whole_of(c, need_id)), LINK.c.linked.is_(True))
                     .order_by(LINK.c.at, WORK.c.id)).all()
    return [LinkLine(WorkLine(*row[:-5]), *row[-5:]) for row in rows]


def works(c: Connection) -> list[WorkLine]:
    return [WorkLine(*row) for row in c.execute(_works().order_by(WORK.c.programme, WORK.c.id))]


def _works(*more: Any) -> Any:
    return (select(WORK.c.id, WORK.c.name, WORK.c.component, WORK.c.place_code, WORK.c.phase, WORK.c.budget, WORK.c.starts_on,
                   WORK.c.ends_on, func.coalesce(PROGRAMME.c.name, WORK.c.programme), func.coalesce(PROGRAMME.c.currency, ""),
                   WORK.c.note, WORK.c.said_by, WORK.c.said_at, WORK.c.entry, WORK.c.contested, *more)
            .select_from(WORK).outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme))


def journal_of(c: Connection, need_id: str, at_most: int = 200) -> list[JournalLine]:
    """The newest entries about a need; what concerns a restricted report is left out, a withheld body keeps its line."""
    kinds = ("need_opened", "report_gathered", "need_linked", "need_unlinked", "need_status_changed", "status_withdrawn",
             "need_escalated", "needs_merged", "needs_parted", "report_parted", "report_rejoined",
             "need_noted", "note_withdrawn", "repair_judged", "change_held", "change_released", "need_answered",
             "commission_decided", "commission_withdrawn")
    of_reports = ("report_gathered", "report_parted", "report_rejoined")
    whole = whole_of(c, need_id)
    lines = (select(ENTRY.c.source, ENTRY.c.seq, ENTRY.c.lamport, WRITER.c.writer, ENTRY.c.kind, ENTRY.c.subject)
             .join(WRITER, WRITER.c.id == ENTRY.c.source)
             .where(ENTRY.c.subject.in_(whole) | ENTRY.c.other.in_(whole), ENTRY.c.kind.in_(kinds))
             .order_by(ENTRY.c.lamport.desc(), WRITER.c.writer, ENTRY.c.seq.desc()))
    rows: Sequence[Any] = ()
    for many in (2 * at_most, None):  # of thousands whether each may be shown is asked only when the newest are not enough
        newest = lines.limit(many).subquery("newest")
        of_report = newest.c.kind.in_(of_reports)
        rows = c.execute(
            select(ENTRY.c.seq, ENTRY.c.kind, ENTRY.c.body, REPORT.c.reference).select_from(newest)
            .join(ENTRY, (ENTRY.c.source == newest.c.source) & (ENTRY.c.seq == newest.c.seq))
            .outerjoin(REPORT, (REPORT.c.id == newest.c.subject) & of_report).where(~of_report | IS_OPEN)
            .order_by(newest.c.lamport.desc(), newest.c.writer, newest.c.seq.desc()).limit(at_most)).all()
        if len(rows) == at_most:
            break
    return [_journal_line(*row) for row in rows]


def _journal_line(seq: int, kind: str, body: str | None, reference: str | None) -> JournalLine:
    if body is None:
        return JournalLine(seq, kind, "", "")
    read = json.loads(body)
    return JournalLine(seq, kind, read["at"], read["by"], read["data"], reference)


def suggestions(works: Sequence[WorkLine], component: str | None, place: str, district: str | None,
                district_of: dict[str, str | None]) -> list[WorkLine]:
    """Works of the same place first, then of the same district, whose component answers the category."""
    near = [w for w in works if w.component == component and w.phase not in ("closed", "suspended")
            and (w.place_code == place or (district is not None and district_of[w.id] == district))]
    return sorted(near, key=lambda w: (w.place_code != place, w.id))
