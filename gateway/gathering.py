"""Reports of one problem in one place stand together in a need, whose id every node derives alike."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from gateway.journal.events import Event, NeedOpened, ReportGathered
from gateway.journal.tables import Need, table

NEED = table(Need)
_SPACE = uuid.UUID("6f0c7f5e-6b1d-5a3e-9d59-b0a771002026")
OVER = ("closed", "done", "rejected")


def need_id(place_code: str, category: str, generation: int) -> str:
    """uuid5 of (place, category, generation): two nodes that hear of one dry tap open the same need."""
    return uuid.uuid5(_SPACE, f"{place_code}/{category}/{generation}").hex


def gather(c: Connection, reports: Iterable[dict[str, Any]]) -> list[Event]:
    """Events that put each report into its open need, opening one where there is none.

    A report without place or category waits; a restricted one stands alone and is never gathered.
    """
    ready = [r for r in reports if r["place_code"] and r["category"] and len(r["category"]) > 3 and not r["restricted"]]
    if not ready:
        return []
    current: dict[tuple[str, str], tuple[int, str]] = {}
    for row in c.execute(select(NEED.c.place_code, NEED.c.category, NEED.c.generation, NEED.c.status).where(
            NEED.c.place_code.in_({r["place_code"] for r in ready}),
            NEED.c.category.in_({r["category"] for r in ready})).order_by(NEED.c.generation)):
        current[row.place_code, row.category] = (row.generation, row.status)
    events: list[Event] = []
    for report in ready:
        key = (report["place_code"], report["category"])
        generation, status = current.get(key, (0, "closed"))
        if status in OVER:
            generation, status = generation + 1, "open"
            current[key] = (generation, status)
            events.append(NeedOpened(need=need_id(*key, generation), place_code=key[0], category=key[1], generation=generation))
        need = need_id(*key, generation)
        if report["need"] != need:
            events.append(ReportGathered(report=report["id"], need=need, why=("same place, same category",)))
    return events
