"""Repeated maintenance as evidence: what is repaired again and again in one place asks for an investment.

Five different phones in 365 days on one place and subcategory, or three re-openings, make a candidate of the subcategory that it
`escalates_to`. A query and not a fact: nodes that hold the same reports find the same candidates, and none outlives its evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, case, func, select

from dashboards.queries.seen import IS_NONE, NEED, REPORT, STANDS
from gateway.journal.canonical import iso
from gateway.labels import taxonomy

YEAR, PHONES, AGAIN = timedelta(days=365), 5, 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """`target` is the investment that `category` in `place_code` asks for; the rest is why."""

    place_code: str
    category: str
    target: str
    people: int
    reports: int
    reopened: int


@cache
def escalations() -> Mapping[str, str]:
    """Subcategory -> the investment it escalates to: `LIT01` -> `LIT02`."""
    return {sub["code"]: sub["escalates_to"] for category in taxonomy() for sub in category["sub"] if sub.get("escalates_to")}


def candidates(c: Connection, at: datetime, places: Collection[str] = (), category: str = "") -> list[Candidate]:
    """The strongest first; in these places, or everywhere."""
    wanted = [code for code in escalations() if code.startswith(category)]
    if not wanted:
        return []
    since = iso(at - YEAR)
    here = [NEED.c.category.in_(wanted), *([NEED.c.place_code.in_(places)] if places else [])]
    again = {(row[0], row[1]): int(row[2]) for row in c.execute(
        select(NEED.c.place_code, NEED.c.category, func.sum(NEED.c.reopened + case((NEED.c.generation > 1, 1), else_=0)))
        .where(*here, NEED.c.status_at >= since).group_by(NEED.c.place_code, NEED.c.category))}
    people = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in c.execute(
        select(NEED.c.place_code, NEED.c.category, func.count(REPORT.c.sender.distinct()), func.count())
        .select_from(NEED).join(REPORT, REPORT.c.need == NEED.c.id)
        .where(*here, STANDS, REPORT.c.filed_at >= since, NEED.c.status.not_in(IS_NONE)).group_by(NEED.c.place_code, NEED.c.category))}
    found = [Candidate(*pair, escalations()[pair[1]], *people.get(pair, (0, 0)), again.get(pair, 0)) for pair in {**again, **people}]
    return sorted((one for one in found if one.people >= PHONES or one.reopened >= AGAIN),
                  key=lambda one: (-one.reopened, -one.people, one.place_code, one.category))
