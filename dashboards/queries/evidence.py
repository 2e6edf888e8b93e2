"""Repeated maintenance as evidence: what is repaired again and again in one place asks for an investment.

Five different phones in 365 days on one place and subcategory, or three re-openings, make a candidate of the subcategory that it
`escalates_to`. A query and not a fact: nodes that hold the same reports find the same candidates, and none outlives its evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, and_, case, func, or_, select

from dashboards.queries.seen import HEAD, IS_NONE, NEED, REPORT
from gateway.journal import counting
from gateway.journal.canonical import iso
from gateway.journal.counting import Recount
from gateway.journal.tables import REPORT_STANDS_IN_NEED
from gateway.labels import taxonomy

YEAR, PHONES, AGAIN = timedelta(days=365), 5, 3
AT_ONCE = 40  # pairs of place and category whose phones are counted in one question


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


def candidates(c: Connection, at: datetime, places: Collection[str] = (), category: str = "", most: int | None = None,
               recount: Recount | None = None) -> list[Candidate]:
    """The strongest first, all or so many; in these places, or everywhere.

    How many phones wrote of a pair in the year is counted for the pairs that can be among those asked for: nobody but those who ever
    spoke for its needs wrote of it lately. `recount` is what was marked to be counted anew, where the caller
    knows it.
    """
    wanted = [code for code in escalations() if code.startswith(category)]
    if not wanted:
        return []
    since = iso(at - YEAR)
    every = _pairs(c, wanted, places, since, recount or counting.recount(c))
    pairs = sorted((-again, -people, place, kind) for place, kind, again, people in every if people >= PHONES or again >= AGAIN)
    found: list[Candidate] = []
    for begin in range(0, len(pairs), AT_ONCE):
        if most is not None and len(found) >= most and _key(found[most - 1]) <= pairs[begin]:
            break
        some = {(place, kind): -again for again, _, place, kind in pairs[begin:begin + AT_ONCE]}
        said = _said(c, some, since)
        each = (Candidate(*pair, escalations()[pair[1]], *said.get(pair, (0, 0)), again) for pair, again in some.items())
        found = sorted((*found, *(one for one in each if one.people >= PHONES or one.reopened >= AGAIN)), key=_key)
    return found[:most]


def _pairs(c: Connection, wanted: Collection[str], places: Collection[str], since: str, recount: Recount) -> list[
        tuple[str, str, int, int]]:
    """(place, category, how often its needs came back in the year, at most how many phones speak for them)."""
    whole = recount.whole
    stands_for = func.coalesce(HEAD.c.head, NEED.c.id)
    here = [NEED.c.category.in_(wanted), *([NEED.c.place_code.in_(places)] if places else [])]
    again = case((NEED.c.status_at >= since, NEED.c.reopened + case((NEED.c.generation > 1, 1), else_=0)), else_=0)
    found = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in c.execute(
        select(NEED.c.place_code, NEED.c.category, func.sum(again), func.coalesce(func.sum(whole.c.people), 0))
        .select_from(NEED).outerjoin(HEAD, HEAD.c.need == NEED.c.id).outerjoin(whole, and_(whole.c.need == stands_for, recount.kept))
        .where(*here).group_by(NEED.c.place_code, NEED.c.category))}
    people = {row.need: row.people for row in recount.rows}
    fresh = c.execute(select(NEED.c.place_code, NEED.c.category, stands_for).outerjoin(HEAD, HEAD.c.need == NEED.c.id).where(
        or_(NEED.c.id.in_(people), HEAD.c.head.in_(people)), *here)) if people else ()
    for place, category, head in fresh:
        times, phones = found[place, category]
        found[place, category] = times, phones + people[head]
    return [(*pair, *counts) for pair, counts in found.items()]


def _said(c: Connection, pairs: Collection[tuple[str, str]], since: str) -> dict[tuple[str, str], tuple[int, int]]:
    """How many phones wrote how often of these in the year."""
    rows = c.execute(
        select(NEED.c.place_code, NEED.c.category, func.count(REPORT.c.sender.distinct()), func.count())
        .select_from(NEED).join(REPORT, REPORT.c.need == NEED.c.id)
        .where(or_(*(and_(NEED.c.place_code == place, NEED.c.category == kind) for place, kind in pairs)),
               REPORT_STANDS_IN_NEED, REPORT.c.filed_at >= since, NEED.c.status.not_in(IS_NONE))
        .group_by(NEED.c.place_code, NEED.c.category))
    return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}


def _key(one: Candidate) -> tuple[int, int, str, str]:
    return -one.reopened, -one.people, one.place_code, one.category
