"""What a person did lately, with the way back to each need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dashboards.queries.seen import NEED, REPORT
from gateway.decisions.trail import TRAIL
from gateway.journal.tables import REPORT_STANDS_IN_NEED


@dataclass(frozen=True, slots=True)
class Step:
    """A need, what this account did to it last, and when."""

    need: str
    category: str
    place_code: str
    action: str
    at: str


def steps(c: Connection, account: str, places: Collection[str] | None) -> list[Step]:
    """The newest first: what still may be shown, and lies in these places. One look-up by the account, ten rows at most."""
    shown = select(REPORT.c.id).where(REPORT.c.need == NEED.c.id, REPORT_STANDS_IN_NEED).exists()
    rows = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.place_code, TRAIL.c.action, TRAIL.c.at)
                     .select_from(TRAIL).join(NEED, NEED.c.id == TRAIL.c.need)
                     .where(TRAIL.c.account == account, shown).order_by(TRAIL.c.at.desc(), TRAIL.c.need))
    return [step for step in (Step(*row) for row in rows) if places is None or step.place_code in places]
