"""What the owner of a reference may know, and anybody who guesses it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dashboards.queries.seen import HEAD, IS_OPEN, LINK, NEED, REPORT, STANDS, WORK, voices
from gateway.journal import heads
from gateway.journal.rows import find
from gateway.journal.tables import Notice, table
from gateway.needs import news
from gateway.needs.standing import is_held_back
from gateway.needs.standing import ruled as ruled_about

NOTICE = table(Notice)
MOST = 4  # reports of one reference on a page


@dataclass(frozen=True, slots=True)
class TrackedWork:
    name: str
    phase: str
    starts_on: str | None
    ends_on: str | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """`received_at` is all there is while a report is restricted or not classified yet: the two look the same."""

    reference: str
    received_at: str
    is_open: bool = False
    category: str | None = None
    place_code: str | None = None
    status: str = "received"
    need_status: str | None = None
    neighbours: int = 0
    works: tuple[TrackedWork, ...] = ()
    ruled: str = ""
    until: str = ""
    reason: str = ""  # why it was refused, where anybody may read it; whether there is one
    has_reason: bool = False


def tracked(c: Connection, reference: str, k: int) -> tuple[Tracked, ...]:
    """The reports behind a reference, two where a copied box gave it out again; none when nobody was given it.

    References can be guessed: fewer than k neighbours are not told.
    """
    rows = c.execute(select(REPORT.c.id, REPORT.c.filed_at, REPORT.c.need, IS_OPEN, REPORT.c.category, REPORT.c.place_code, REPORT.c.status,
                            NEED.c.status).outerjoin(HEAD, HEAD.c.need == REPORT.c.need)
                     .outerjoin(NEED, NEED.c.id == func.coalesce(HEAD.c.head, REPORT.c.need))
                     .where(REPORT.c.reference == reference).order_by(REPORT.c.filed_at, REPORT.c.id).limit(MOST))
    return tuple(_tracked(c, reference, k, *row) for row in rows)


def _tracked(c: Connection, reference: str, k: int, report: str, filed_at: str, need: str | None, is_open: bool, category: str | None,
             place_code: str | None, status: str, need_status: str | None) -> Tracked:
    if not is_open:
        return Tracked(reference, filed_at)
    works: tuple[TrackedWork, ...] = ()
    neighbours = 0
    ruled = until = reason = ""
    has_reason = False
    if need is not None:
        whole = sorted(heads.members(c, [need]))
        said = voices(REPORT.c.need.in_(whole))
        own = c.execute(select(func.count()).select_from(REPORT).where(REPORT.c.id == report, STANDS)).scalar_one()
        others = c.execute(select(func.count()).select_from(said)).scalar_one() - own
        neighbours = others if others >= k else 0
        works = tuple(TrackedWork(*w) for w in c.execute(
            select(WORK.c.name, WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on).join(LINK, LINK.c.work == WORK.c.id)
            .where(LINK.c.need.in_(whole), LINK.c.linked.is_(True)).order_by(LINK.c.at.desc(), WORK.c.id)))
        stand = find(c, NEED, "id", [heads.head_of(c, need)])
        if stand and (ruling := ruled_about(c, stand[0])) is not None:
            ruled, until = ruling["decision"], ruling["until"]
        if need_status == "rejected":
            notice = next(iter(find(c, NOTICE, "id", [heads.head_of(c, need)])), {"reason": "", "decided_at": ""})
            held = is_held_back(c, need)
            # what was written to one person may be about that person: anybody reads it where it was written to k phones
            has_reason = bool(notice["reason"]) and not held  # by text, too, nobody reads what is held back
            reason = notice["reason"] if has_reason and _spoke(c, whole, notice["decided_at"]) >= k else ""
    return Tracked(reference, filed_at, True, category, place_code, status, need_status, neighbours, works, ruled, until, reason,
                   has_reason)


def _spoke(c: Connection, needs: list[str], until: str) -> int:
    """How many phones had spoken for a need by then."""
    said = news.speakers(needs, None, "sender", "since")
    return int(c.execute(select(func.count(said.c.sender.distinct())).where(said.c.since <= until)).scalar_one())
