"""What the wall bulletin of a neighbourhood is made of: needs with how many speak for them, works, what comes, what was fixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, or_, select

from dashboards.queries.extracts import is_seen
from dashboards.queries.seen import LINK, NEED, PROGRAMME, REPORT, STANDS, WORK, is_whole
from gateway.cities import CityPack
from gateway.journal import counting, heads
from gateway.journal.tables import Catchment, Milestone, table
from gateway.ranking import linked

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


def needs(c: Connection, places: Collection[str], statuses: Sequence[str], hidden: Collection[str], since: str = "", *,
          city: CityPack, today: date) -> list[Heard]:
    """Needs of these places and statuses that have an open report, of no hidden category, and changed since then."""
    rows = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.status, NEED.c.status_at)
                     .where(NEED.c.place_code.in_(places), NEED.c.status.in_(statuses), NEED.c.category.not_in(hidden),
                            NEED.c.status_at >= since, is_whole(), is_seen())
                     .order_by(NEED.c.opened_at.desc(), NEED.c.id).limit(MOST)).all()
    whole, counts = heads.members(c, [row.id for row in rows]), counting.counts_of(c, [row.id for row in rows])
    first = _first(c, whole)
    answered = linked.answering(c, city, today, [row.id for row in rows])
    return [Heard(*row, counts[row.id].quiet if row.id in counts else 0, first[row.id], row.id in answered)
            for row in rows if row.id in first]


def _first(c: Connection, whole: Mapping[str, str]) -> dict[str, str]:
    """The reference of the eldest report that stands, by the need that stands for it."""
    of_needs = [REPORT.c.need.in_(list(whole)), STANDS]
    eldest = select(REPORT.c.need, func.min(REPORT.c.filed_at).label("at")).where(*of_needs).group_by(REPORT.c.need).subquery("eldest")
    # which they are is in the index; a join to the reports themselves would look all of them up
    which = (select(REPORT.c.id).join(eldest, and_(eldest.c.need == REPORT.c.need, eldest.c.at == REPORT.c.filed_at)).where(*of_needs)
             .subquery("which"))
    found: dict[str, tuple[str, str]] = {}
    for need, at, reference in c.execute(select(REPORT.c.need, REPORT.c.filed_at, REPORT.c.reference).join(
            which, which.c.id == REPORT.c.id)):
        found[whole[need]] = min(found.get(whole[need], ("~", "")), (at, reference))
    return {need: reference for need, (_, reference) in found.items()}


def works(c: Connection, places: Collection[str], needs: Collection[str]) -> list[Coming]:
    """Works that act in these places or are linked to these needs, and are not over; what begins first stands first."""
    promised = select(LINK.c.work).where(LINK.c.need.in_(list(heads.members(c, needs))), LINK.c.linked.is_(True))
    acting = select(CATCHMENT.c.work).where(CATCHMENT.c.place.in_(places))
    rows = c.execute(select(WORK.c.name, func.coalesce(PROGRAMME.c.name, WORK.c.programme), WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on)
                     .outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                     .where(WORK.c.phase.not_in(("closed", "suspended")),
                            or_(WORK.c.place_code.in_(places), WORK.c.id.in_(promised), WORK.c.id.in_(acting)))
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
