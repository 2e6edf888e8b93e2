"""The counts behind the public board: one row per district and category, per category, and for the whole city."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSON

from dashboards.anonymity import Group, Tally
from dashboards.queries.seen import HEAD, IS_NONE, IS_OPEN, LINK, NEED, PROGRAMME, REPORT, STANDS, STANDS_FOR, SUPPORT, WORK
from gateway.journal import counting
from gateway.journal.tables import REPORT_STANDS_IN_NEED
from gateway.ranking.linked import named

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Reports and needs under one key, and how many of those needs a work answers."""

    reports: Tally = Tally()
    needs: Tally = Tally()
    linked: int = 0


@dataclass(frozen=True, slots=True)
class AnsweringWork:
    id: str
    name: str
    programme: str
    place_code: str
    phase: str
    starts_on: str | None
    ends_on: str | None


def counts(c: Connection, district_of: Mapping[str, str], since: str, answered: Collection[str]) -> dict[Key, Counts]:
    """By (category, district), (category,) and (); a place without a district counts under the district ''.

    `answered` are the needs that a work answers (`gateway.ranking.linked`).
    """
    districts = _districts(c, district_of)
    reports, voices = (_tallies(c, walk, districts, since) for walk in (_reported, _spoken))
    needs = _needs(c, districts, since, answered)
    return {key: Counts(reports.get(key, Tally()), *_of_needs(needs.get(key), voices.get(key))) for key in reports.keys() | needs.keys()}


def answering_works(c: Connection) -> list[AnsweringWork]:
    """Works that a planner linked to at least one need. That they exist is the city's own news; whose need, is not told."""
    linked = select(LINK.c.work, func.max(LINK.c.at).label("at")).where(LINK.c.linked.is_(True)).group_by(LINK.c.work).subquery()
    rows = c.execute(select(WORK.c.id, WORK.c.name, func.coalesce(PROGRAMME.c.name, WORK.c.programme), WORK.c.place_code,
                            WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on)
                     .join(linked, linked.c.work == WORK.c.id).outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                     .order_by(linked.c.at.desc(), WORK.c.id).limit(60))
    return [AnsweringWork(*row) for row in rows]


def _of_needs(counted: tuple[int, int, int] | None, spoken: Tally | None) -> tuple[Tally, int]:
    if counted is None or spoken is None:
        return Tally(), 0
    needs, recent, linked = counted
    return Tally(Group(recent, spoken.recent.people), Group(needs - recent, spoken.older.people), Group(needs, spoken.ever.people)), linked


def _tallies(c: Connection, walk: Any, districts: Any, since: str) -> dict[Key, Tally]:
    """How often and by how many phones, under each key: one walk that puts a phone's words together, and sums over what is left."""
    each = walk(districts, since).cte("each").prefix_with("MATERIALIZED")
    levels: list[Any] = []
    for names in (("category", "district"), ("category",), ()):
        keys = [each.c[name] for name in names]
        by_phone = each if len(names) == 2 else (
            select(*keys, each.c.sender, func.sum(each.c.n).label("n"), func.sum(each.c.recent).label("recent"))
            .group_by(*keys, each.c.sender).subquery())
        of = [by_phone.c[name] for name in names]
        levels.append(select(
            *of, *[literal("")] * (2 - len(names)), literal(len(names)), func.coalesce(func.sum(by_phone.c.n), 0), func.count(),
            func.coalesce(func.sum(by_phone.c.recent), 0), func.coalesce(func.sum(case((by_phone.c.recent > 0, 1), else_=0)), 0),
            func.coalesce(func.sum(case((by_phone.c.recent < by_phone.c.n, 1), else_=0)), 0)).group_by(*of))
    found = {}
    for *key, depth, n, people, n_recent, people_recent, people_older in c.execute(union_all(*levels)):
        if n:
            found[tuple(key[:depth])] = Tally(Group(int(n_recent), int(people_recent)), Group(int(n - n_recent), int(people_older)),
                                              Group(int(n), people))
    return found


def _reported(districts: Any, since: str) -> Any:
    keys = _keys(REPORT.c.category, districts)
    recent = func.sum(case((REPORT.c.filed_at >= since, 1), else_=0))
    return (select(*keys, REPORT.c.sender, func.count().label("n"), recent.label("recent"))
            .select_from(REPORT).outerjoin(districts, districts.c.place == REPORT.c.place_code).where(STANDS)
            .group_by(*keys, REPORT.c.sender))


def _spoken(districts: Any, since: str) -> Any:
    """Whoever reported a need or said "me too", however often: `n` and `recent` only say whether of an old need, of a recent one."""
    reported = select(REPORT.c.sender).select_from(REPORT)
    supported = select(SUPPORT.c.sender).select_from(SUPPORT).join(REPORT, REPORT.c.id == SUPPORT.c.report.concat(""))  # from the few
    # each half looks its needs up by key: joined to both halves together, they would be walked through for an index made on the way
    each = union_all(*(
        said.add_columns(*_keys(NEED.c.category, districts), case((NEED.c.opened_at >= since, 1), else_=0).label("recent"))
        .outerjoin(HEAD, HEAD.c.need == REPORT.c.need).join(NEED, NEED.c.id == STANDS_FOR)
        .outerjoin(districts, districts.c.place == NEED.c.place_code)
        .where(REPORT.c.need.is_not(None), condition, NEED.c.status.not_in(IS_NONE))
        for said, condition in ((reported, REPORT_STANDS_IN_NEED), (supported, IS_OPEN)))).subquery("said")
    keys = [each.c.category, each.c.district]
    return (select(*keys, each.c.sender, (func.max(each.c.recent) + func.max(1 - each.c.recent)).label("n"),
                   func.max(each.c.recent).label("recent")).group_by(*keys, each.c.sender))


def _needs(c: Connection, districts: Any, since: str, answered: Collection[str]) -> dict[Key, tuple[int, int, int]]:
    """(needs that somebody speaks for, those of them that were opened lately, those that a work answers) under each key."""
    whole = counting.counted(c).subquery("whole")
    keys = _keys(NEED.c.category, districts)
    found: dict[Key, tuple[int, int, int]] = {}
    for category, district, *counted in c.execute(
            select(*keys, func.count(), func.sum(case((NEED.c.opened_at >= since, 1), else_=0)),
                   func.sum(case((NEED.c.id.in_(named(c, answered)), 1), else_=0)))
            .select_from(NEED).join(whole, whole.c.need == NEED.c.id).outerjoin(districts, districts.c.place == NEED.c.place_code)
            .where(whole.c.people > 0, NEED.c.status.not_in(IS_NONE)).group_by(*keys)):
        for key in ((category, district), (category,), ()):
            was = found.get(key, (0, 0, 0))
            found[key] = (was[0] + int(counted[0]), was[1] + int(counted[1]), was[2] + int(counted[2]))
    return found


def _keys(category: Any, districts: Any) -> list[Any]:
    # the first three letters of a subcategory are its category
    return [func.coalesce(func.substr(category, 1, 3), "").label("category"), func.coalesce(districts.c.district, "").label("district")]


def _districts(c: Connection, district_of: Mapping[str, str]) -> Any:
    """(place, district) as a table. The tree of places is a file of the city pack, not a table: it travels as one JSON parameter.

    A VALUES list of 268 places would cost 15 ms a query in compiling alone.
    """
    tree: Any = bindparam("tree", json.dumps(district_of))
    each = func.json_each_text(cast(tree, JSON)) if c.dialect.name == "postgresql" else func.json_each(tree)
    rows = each.table_valued("key", "value")
    return select(rows.c.key.label("place"), rows.c.value.label("district")).subquery("districts")
