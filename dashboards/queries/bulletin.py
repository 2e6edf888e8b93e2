"""What the wall bulletin of a neighbourhood is made of: needs with how many speak for them, works, what comes, what was fixed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, or_, select

from dashboards.queries.extracts import is_seen
from dashboards.queries.seen import HEAD, LINK, NEED, PROGRAMME, REPORT, STANDS, STANDS_FOR, WORK, calm_voices, is_whole
from gateway.journal import heads
from gateway.journal.tables import Catchment, Milestone, table

CATCHMENT, MILESTONE = table(Catchment), table(Milestone)
MOST = 400  # needs of a neighbourhood that are looked at, the newest


@dataclass(frozen=True, slots=True)
class Heard:
    """A need of the neighbourhood: `voices` are phones without a crowd that sent the same words; `linked` says that a work answers it."""

    id: str
    category: str
    status: str
    status_at: str
    voices: int
    reference: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """A work, or a milestone of one that is announced."""

    work: str
    programme: str
    phase: str
    starts_on: str | None
    ends_on: str | None
    milestone: str = ""
    due: str | None = None


def needs(c: Connection, places: Collection[str], statuses: Sequence[str], hidden: Collection[str], since: str = "") -> list[Heard]:
    """Needs of these places and statuses that have an open report, of no hidden category, and changed since then."""
    rows = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.status, NEED.c.status_at)
                     .where(NEED.c.place_code.in_(places), NEED.c.status.in_(statuses), NEED.c.category.not_in(hidden),
                            NEED.c.status_at >= since, is_whole(), is_seen())
                     .order_by(NEED.c.opened_at.desc(), NEED.c.id).limit(MOST)).all()
    whole = list(heads.members(c, [row.id for row in rows]))
    said = calm_voices(REPORT.c.need.in_(whole))
    voices = {need: count for need, count in c.execute(select(said.c.need, func.count()).group_by(said.c.need))}
    # the eldest report's: text is compared, so the moment stands first
    first = {need: said.rpartition(" ")[2] for need, said in c.execute(
        select(STANDS_FOR, func.min(REPORT.c.filed_at.concat(" ").concat(REPORT.c.reference))).select_from(REPORT)
        .outerjoin(HEAD, HEAD.c.need == REPORT.c.need).where(REPORT.c.need.in_(whole), STANDS, REPORT.c.reference.is_not(None))
        .group_by(STANDS_FOR))}
    answered = set(c.execute(select(func.coalesce(HEAD.c.head, LINK.c.need)).outerjoin(HEAD, HEAD.c.need == LINK.c.need)
                             .where(LINK.c.need.in_(whole), LINK.c.linked.is_(True))).scalars())
    return [Heard(*row, voices.get(row.id, 0), first.get(row.id, ""), row.id in answered) for row in rows if row.id in first]


def works(c: Connection, places: Collection[str], needs: Collection[str]) -> list[Coming]:
    """Works that act in these places or are linked to these needs, and are not over; what begins first stands first."""
    linked = select(LINK.c.work).where(LINK.c.need.in_(list(heads.members(c, needs))), LINK.c.linked.is_(True))
    acting = select(CATCHMENT.c.work).where(CATCHMENT.c.place.in_(places))
    rows = c.execute(select(WORK.c.name, func.coalesce(PROGRAMME.c.name, WORK.c.programme), WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on)
                     .outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                     .where(WORK.c.phase.not_in(("closed", "suspended")),
                            or_(WORK.c.place_code.in_(places), WORK.c.id.in_(linked), WORK.c.id.in_(acting)))
                     .order_by(func.coalesce(WORK.c.starts_on, "9"), WORK.c.id))
    return [Coming(*row) for row in rows]


def announced(c: Connection, places: Collection[str], today: date) -> list[Coming]:
    """Milestones of works there that are to be announced and still lie ahead."""
    acting = select(CATCHMENT.c.work).where(CATCHMENT.c.place.in_(places))
    rows = c.execute(select(WORK.c.name, func.coalesce(PROGRAMME.c.name, WORK.c.programme), WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on,
                            MILESTONE.c.name, MILESTONE.c.due)
                     .join(WORK, WORK.c.id == MILESTONE.c.work).outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                     .where(MILESTONE.c.announce.is_(True), MILESTONE.c.done.is_(None), MILESTONE.c.due >= today.isoformat(),
                            WORK.c.phase.not_in(("closed", "suspended")), or_(WORK.c.place_code.in_(places), WORK.c.id.in_(acting)))
                     .order_by(MILESTONE.c.due, WORK.c.id))
    return [Coming(*row) for row in rows]
