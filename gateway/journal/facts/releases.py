"""What was told of a finished quarter, once: a release is never made again, so nobody learns anything from comparing two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("period")
@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorsReleased(Event):
    """The counts of a quarter (`2026-Q3`) that may be told, as canonical JSON; what is hidden is null in it and written down nowhere."""

    period: str
    k: int
    counts: str


def release(row: Row | None, fact: Fact) -> Row:
    if row is not None and row.get("by"):  # the first stands: a second one would tell the difference
        return row
    return {"k": fact["k"], "counts": fact["counts"], "by": fact.by, "at": fact.at}
