"""The promise about a need as pages show it: until when somebody looks at it, and whether the clock stands still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from dashboards.queries.needs import NeedPage
from gateway.journal.canonical import iso, moment
from gateway.journal.rows import find
from gateway.journal.tables import Promise, table
from gateway.labels import hours
from gateway.needs.promises import DAY_HOURS, Calendar, days_of, spans
from gateway.node import Node

PROMISE = table(Promise)


@dataclass(frozen=True, slots=True)
class Promised:
    """`days` or `hours` is what was promised, whichever is not 0; `told` is the role that was told that it is late."""

    due_at: str
    days: int
    hours: int
    late: bool
    paused_at: str | None
    told: str | None
    told_at: str | None


def promised(node: Node, category: str, since: str, row: Mapping[str, Any] | None) -> Promised | None:
    """The promise whose clock began at `since`; `row` is what became of it, None while nothing did."""
    within = hours().get(category)
    if within is None:
        return None
    now = node.now()
    known: Mapping[str, Any] = row if row and row["since"] == since else {}
    paused_at = known.get("paused_at")
    due = Calendar.of(node.city).due(moment(since), within, spans(known.get("pauses", "[]"), paused_at, now))
    inside_a_day = within < DAY_HOURS
    return Promised(iso(due), 0 if inside_a_day else days_of(within), within if inside_a_day else 0, due <= now and paused_at is None,
                    paused_at, known.get("told"), known.get("told_at"))


def of_need(c: Connection, node: Node, need: NeedPage) -> Promised | None:
    """The promise of one need; none once somebody looked at it, or nobody asks for it any more."""
    row = next(iter(find(c, PROMISE, "id", [need.line.id])), None)
    return promised(node, need.line.category, need.status_at, row) if need.line.status == "open" and need.line.people else None
