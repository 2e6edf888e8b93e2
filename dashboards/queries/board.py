"""The counts behind the public board: one row per district and category, per category, and for the whole city."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSON

from dashboards.anonymity import Group, Tally
from dashboards.queries.seen import HEAD, IS_NONE, LINK, NEED, PROGRAMME, REPORT, STANDS, WORK, voices

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


def counts(c: Connection, district_of: Mapping[str, str], since: str) -> dict[Key, Counts]:
    """By (category, district), (category,) and (); a place without a district counts under the district ''."""
    found: dict[Key, Counts] = {}
    districts = _districts(c, district_of)
    for depth in (2, 1, 0):
        reports = {key: tally for key, tally, _ in _rows(c, _reports(districts, since, depth), depth)}
        needs = {key: (tally, linked) for key, tally, linked in _rows(c, _needs(districts, since, depth), depth)}
        for key in reports.keys() | needs.keys():
            found[key] = Counts(reports.get(key, Tally()), *needs.get(key, (Tally(), 0)))
    return found


def answering_works(c: Connection) -> list[AnsweringWork]:
    """Works that a planner linked to at least one need. That they exist is the city's own news; whose need, is not told."""
    linked = select(LINK.c.work, func.max(LINK.c.at).label("at")).where(LINK.c.linked.is_(True)).group_by(LINK.c.work).subquery()
    rows = c.execute(select(WORK.c.id, WORK.c.name, func.coalesce(PROGRAMME.c.name, WORK.c.programme), WORK.c.place_code,
                            WORK.c.phase, WORK.c.starts_on, WORK.c.ends_on)
                     .join(linked, linked.c.work == WORK.c.id).outerjoin(PROGRAMME, PROGRAMME.c.id == WORK.c.programme)
                     .order_by(linked.c.at.desc(), WORK.c.id).limit(60))
    return [AnsweringWork(*row) for row in rows]


def _rows(c: Connection, query: Any, depth: int) -> list[tuple[Key, Tally, int]]:
    rows = []
    for row in c.execute(query):
        n, people, n_recent, people_recent, people_older, linked = row[depth:]
        if n:
            rows.append((tuple(row[:depth]), Tally(Group(n_recent, people_recent), Group(n - n_recent, people_older),
                                                   Group(n, people)), linked))
    return rows


def _reports(districts: Any, since: str, depth: int) -> Any:
    keys = _keys(REPORT.c.category, districts, depth)
    recent = REPORT.c.filed_at >= since
    return (select(*keys, func.count(), func.count(REPORT.c.sender.distinct()), func.coalesce(func.sum(case((recent, 1), else_=0)), 0),
                   func.count(case((recent, REPORT.c.sender)).distinct()), func.count(case((~recent, REPORT.c.sender)).distinct()),
                   literal(0))
            .select_from(REPORT).outerjoin(districts, districts.c.place == REPORT.c.place_code).where(STANDS).group_by(*keys))


def _needs(districts: Any, since: str, depth: int) -> Any:
    keys = _keys(NEED.c.category, districts, depth)
    said = voices()
    linked = (select(func.coalesce(HEAD.c.head, LINK.c.need).label("need")).select_from(LINK)
              .outerjoin(HEAD, HEAD.c.need == LINK.c.need).where(LINK.c.linked.is_(True)).distinct().subquery("linked"))
    recent = NEED.c.opened_at >= since
    return (select(*keys, func.count(NEED.c.id.distinct()), func.count(said.c.sender.distinct()),
                   func.count(case((recent, NEED.c.id)).distinct()), func.count(case((recent, said.c.sender)).distinct()),
                   func.count(case((~recent, said.c.sender)).distinct()), func.count(linked.c.need.distinct()))
            .select_from(NEED).join(said, said.c.need == NEED.c.id).outerjoin(linked, linked.c.need == NEED.c.id)
            .outerjoin(districts, districts.c.place == NEED.c.place_code).where(NEED.c.status.not_in(IS_NONE)).group_by(*keys))


def _keys(category: Any, districts: Any, depth: int) -> list[Any]:
    # the first three letters of a subcategory are its category
    return [func.coalesce(func.substr(category, 1, 3), ""), func.coalesce(districts.c.district, "")][:depth]


def _districts(c: Connection, district_of: Mapping[str, str]) -> Any:
    """(place, district) as a table. The tree of places is a file of the city pack, not a table: it travels as one JSON parameter.

    A VALUES list of 268 places would cost 15 ms a query in compiling alone.
    """
    tree: Any = bindparam("tree", json.dumps(district_of))
    each = func.json_each_text(cast(tree, JSON)) if c.dialect.name == "postgresql" else func.json_each(tree)
    rows = each.table_valued("key", "value")
    return select(rows.c.key.label("place"), rows.c.value.label("district")).subquery("districts")
