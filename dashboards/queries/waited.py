"""How long each report of some days waited: read in the journal, about the needs of those days alone, when a quarter is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from dashboards.queries.charted import OVER
from dashboards.queries.seen import HEAD, NEED, REPORT, STANDS, STANDS_FOR
from dashboards.queries.told import PROFILE
from dashboards.waits import Wait
from gateway.journal.canonical import moment
from gateway.journal.entries import facts_of

# what a person says or decides of a need
ANSWERING = ("need_status_changed", "need_linked", "need_answered", "commission_decided")
# a decision taken back was none; whoever says that it is not fixed opens what was done, which is no answer
BACK, DENIED = "status_withdrawn", "repair_judged"
AT_ONCE = 500


def waits(c: Connection, first: str, last: str) -> Iterator[Wait]:
    """A line for each open report of those days that stands."""
    rows = c.execute(
        select(REPORT.c.sender, PROFILE.c.gender, REPORT.c.filed_at, REPORT.c.status.label("said"), REPORT.c.need, NEED.c.id, NEED.c.status,
               NEED.c.status_at, NEED.c.said_fixed_at)
        .select_from(REPORT).outerjoin(HEAD, HEAD.c.need == REPORT.c.need).outerjoin(NEED, NEED.c.id == STANDS_FOR)
        .outerjoin(PROFILE, PROFILE.c.id == REPORT.c.sender)
        .where(STANDS, REPORT.c.filed_at >= first, REPORT.c.filed_at < last)).all()
    steps = _steps(c, sorted({need for row in rows for need in (row.need, row.id) if need}))
    for row in rows:
        filed = moment(row.filed_at)
        yield Wait(row.sender, row.gender, _hours(filed, _answered(row, filed, steps)), _hours(filed, _done(row, filed, steps)))


Steps = dict[str, list[tuple[datetime, str]]]
NOT_FIXED = "not_fixed"  # among the statuses


def _steps(c: Connection, needs: Sequence[str]) -> Steps:
    """need -> (when, the status it got, empty for what is none), as it went."""
    found: Steps = defaultdict(list)
    for begin in range(0, len(needs), AT_ONCE):
        facts = facts_of(c, needs[begin:begin + AT_ONCE], (*ANSWERING, BACK, DENIED))
        taken_back = {fact["after"] for fact in facts if fact.kind == BACK}
        for fact in facts:
            if fact.kind in ANSWERING and fact.position not in taken_back:
                found[fact["need"]].append((moment(fact.at), str(fact["status"]) if fact.kind == "need_status_changed" else ""))
            elif fact.kind == DENIED and not fact["fixed"]:
                found[fact["need"]].append((moment(fact.at), NOT_FIXED))
    return found


def _of(row: Any, steps: Steps) -> list[tuple[datetime, str]]:
    return sorted(step for need in {row.need, row.id} - {None} for step in steps.get(need, ()))


def _answered(row: Any, filed: datetime, steps: Steps) -> datetime | None:
    """The first step after it was filed; where the journal tells none here, the last status, or its resident's word that it is fixed."""
    here = [at for at, status in _of(row, steps) if at >= filed and status != NOT_FIXED]
    if here:
        return here[0]
    return moment(row.status_at) if row.status not in (None, "open") else _said_fixed(row)


def _done(row: Any, filed: datetime, steps: Steps) -> datetime | None:
    """When it was done so that it stayed done: a later step back begins the wait anew."""
    if row.status not in OVER:
        return _said_fixed(row)
    at = None
    for when, status in _of(row, steps):
        if status:
            at = (at or when) if status in OVER else None
    return at or moment(row.status_at)


def _said_fixed(row: Any) -> datetime | None:
    return moment(row.said_fixed_at) if row.said == "confirmed_fixed" and row.said_fixed_at else None


def _hours(filed: datetime, at: datetime | None) -> float | None:
    """None also for what was so before it was filed: nobody waited for that."""
    return (at - filed).total_seconds() / 3600 if at is not None and at >= filed else None
