"""What the charts read beside a run and the releases: names of programmes, what people linked, needs by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from dashboards.queries.seen import IS_NONE, LINK, NEED, PROGRAMME, is_whole
from gateway.journal import counting
from gateway.journal.canonical import iso

OVER = ("done", "closed")


@dataclass(frozen=True, slots=True)
class Month:
    """`2026-11`, how many needs were opened in it, and how many of all needs were done or closed in it, as they stand now."""

    name: str
    opened: int
    done: int


def programme_names(c: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in c.execute(select(PROGRAMME.c.id, PROGRAMME.c.name))}


def linked_works(c: Connection) -> dict[str, list[str]]:
    """The works that people linked each need to."""
    found: dict[str, list[str]] = defaultdict(list)
    for need, work in c.execute(select(LINK.c.need, LINK.c.work).where(LINK.c.linked.is_(True)).order_by(LINK.c.work)):
        found[need].append(work)
    return dict(found)


def months(c: Connection, starts: Sequence[tuple[str, datetime]], end: datetime, places: Collection[str] = (),
           category: str = "") -> list[Month]:
    """The months that begin at `starts`, the last one before `end`; in these places, or everywhere."""
    opened, done = (dict(_by_month(c, starts, end, places, category, done=over)) for over in (False, True))
    return [Month(name, opened.get(at, 0), done.get(at, 0)) for at, (name, _) in enumerate(starts)]


def _by_month(c: Connection, starts: Sequence[tuple[str, datetime]], end: datetime, places: Collection[str], category: str, *,
              done: bool) -> list[tuple[int, int]]:
    at = NEED.c.status_at if done else NEED.c.opened_at
    month = case(*((at >= iso(begins), number) for number, (_, begins) in reversed(list(enumerate(starts)))), else_=-1)
    asked = (select(month, func.count()).where(at >= iso(starts[0][1]), at < iso(end), is_whole(), counting.has_open(c))
             .where(NEED.c.status.in_(OVER) if done else NEED.c.status.not_in(IS_NONE)).group_by(month))
    if places:
        asked = asked.where(NEED.c.place_code.in_(places))
    if category:
        asked = asked.where(func.substr(NEED.c.category, 1, len(category)) == category)
    return [(row[0], row[1]) for row in c.execute(asked)]
