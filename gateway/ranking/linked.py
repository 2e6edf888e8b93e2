"""Which needs a work answers because people linked them: the one answer that the ranking, the list of needs and the board give.

A link counts while its work acts in the place of the need and is not over; one to a work elsewhere, or to one that was closed, stays
a link and answers nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSON

from gateway.cities import CityPack
from gateway.journal import heads
from gateway.journal.tables import Catchment, Head, Link, Need, Work, table
from gateway.matching.fit import over

LINK, HEAD, NEED, WORK, CATCHMENT = table(Link), table(Head), table(Need), table(Work), table(Catchment)
ADJACENT = 0.5
WHOLE = func.coalesce(HEAD.c.head, LINK.c.need)


def links(c: Connection) -> dict[str, tuple[str, ...]]:
    """The works that people linked to each need, or to what is merged with it."""
    found: dict[str, set[str]] = defaultdict(set)
    for need, work in c.execute(select(WHOLE, LINK.c.work).select_from(LINK).outerjoin(HEAD, HEAD.c.need == LINK.c.need)
                                .where(LINK.c.linked.is_(True))):
        found[need].add(work)
    return {need: tuple(sorted(works)) for need, works in found.items()}


def answering(c: Connection, city: CityPack, at: date, needs: Collection[str] | None = None) -> dict[str, set[str]]:
    """The works whose links count on that day, by need: of these needs, or of all."""
    asked = (select(WHOLE, NEED.c.place_code, WORK.c.id, WORK.c.place_code, WORK.c.phase, WORK.c.ends_on).select_from(LINK)
             .outerjoin(HEAD, HEAD.c.need == LINK.c.need).join(NEED, NEED.c.id == WHOLE).join(WORK, WORK.c.id == LINK.c.work)
             .where(LINK.c.linked.is_(True)).distinct())
    rows = c.execute(asked if needs is None else asked.where(LINK.c.need.in_(list(heads.members(c, list(needs)))))).all()
    drawn = shares(c, {row[2] for row in rows}) if rows else {}
    found: dict[str, set[str]] = defaultdict(set)
    for need, place, work, seat, phase, ends_on in rows:
        if not over(phase, date.fromisoformat(ends_on) if ends_on else None, at) and share(drawn.get(work) or {seat: 1.0}, city, place):
            found[need].add(work)
    return dict(found)


def named(c: Connection, needs: Iterable[str]) -> Select[Any]:
    """These ids as a query: thousands of them travel as one parameter."""
    said: Any = literal(json.dumps(dict.fromkeys(sorted(needs), "")))
    each = func.json_each_text(cast(said, JSON)) if c.dialect.name == "postgresql" else func.json_each(said)
    return select(each.table_valued("key", "value").c.key)


def shares(c: Connection, works: Collection[str] | None = None) -> dict[str, dict[str, float]]:
    """How much of which places each work serves, as far as somebody drew it."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    asked = select(CATCHMENT).where(CATCHMENT.c.share > 0)
    for row in c.execute(asked if works is None else asked.where(CATCHMENT.c.work.in_(works))).mappings():
        found[row["work"]][row["place"]] = row["share"] * (ADJACENT if row["role"] == "adjacent" else 1)
    return dict(found)


def share(drawn: dict[str, float], city: CityPack, place: str) -> float:
    """How much of a place a work serves: as drawn there, else in the nearest place around it."""
    at = place
    while at:
        if at in drawn:
            return drawn[at]
        at = city.place[at]["parent"] if at in city.place else ""
    return 0.0
