"""A person tells the counts of a quarter: once, at the hub, when the quarter is over and late texts had time to come in."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.facts.releases import IndicatorsReleased
from gateway.journal.rows import find
from gateway.journal.tables import Release, table
from gateway.node import Node

LATE = timedelta(days=14)  # field nodes bring texts in by stick
_PERIOD = re.compile(r"(20\d\d)-Q([1-4])")


def days_of(period: str) -> tuple[date, date]:
    """The first day of a quarter and the first of the next: `2026-Q3` -> 1 July, 1 October."""
    read = _PERIOD.fullmatch(period)
    if read is None:
        raise Problem("planning.refused", reason="“%(said)s” is no quarter: write it as 2026-Q3.", said=period[:20])
    year, quarter = int(read[1]), int(read[2])
    return date(year, 3 * quarter - 2, 1), date(year + quarter // 4, 3 * quarter % 12 + 1, 1)


def bounds_of(period: str, timezone: str) -> tuple[datetime, datetime]:
    """The same as moments in the city's time."""
    first, last = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) for day in days_of(period))
    return first, last


def over(today: date, at_most: int = 12) -> list[str]:
    """The quarters that are over, the newest first."""
    settled = today - LATE
    year, quarter = settled.year, (settled.month - 1) // 3
    found = []
    for _ in range(at_most):
        year, quarter = (year, quarter) if quarter else (year - 1, 4)
        found.append(f"{year}-Q{quarter}")
        quarter -= 1
    return found


def release(node: Node, period: str, counts: str, k: int, *, by: str) -> None:
    """Write down what is told of a quarter; what was told is never told otherwise."""
    if node.config.node.role != "hub":
        raise Problem("planning.refused", reason="The hub tells the numbers of the city: it holds all of them.")
    if days_of(period)[1] + LATE > node.today:
        raise Problem("planning.refused", reason="Texts of %(period)s may still come in: wait until %(day)s.", period=period,
                      day=days_of(period)[1] + LATE)
    with node.database.writing() as c:
        if find(c, table(Release), "id", [period]):
            raise Problem("planning.refused", reason="%(period)s was told already: two versions of it would give away what both hide.",
                          period=period)
        ledger.write(c, node.origin, [IndicatorsReleased(period=period, k=k, counts=counts)], at=node.now(), by=by)
