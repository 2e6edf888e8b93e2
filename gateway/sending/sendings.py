"""How sendings went, channel by channel: written where they are settled, read where somebody asks whether a provider fails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from gateway.channels.values import Failed, Outcome, Sent
from gateway.governing.roads import LAST
from gateway.journal.canonical import iso
from gateway.journal.rows import find, upsert
from gateway.journal.tables import Road, table

ROAD = table(Road)


def note(c: Connection, went: Iterable[tuple[str, Outcome | None]], now: datetime) -> None:
    """Remember (channel, outcome) in their order. A phone that said stop is no failure; what is not known yet says nothing."""
    by_channel: dict[str, list[Outcome]] = {}
    for channel, outcome in went:
        if outcome is not None:
            by_channel.setdefault(channel, []).append(outcome)
    before = {row["channel"]: row for row in find(c, ROAD, "channel", sorted(by_channel))}
    rows = []
    for channel, outcomes in sorted(by_channel.items()):
        row = before.get(channel) or {"channel": channel, "went": "", "failing_since": None, "reason": ""}
        for outcome in outcomes:
            good = isinstance(outcome, Sent) or (isinstance(outcome, Failed) and outcome.opted_out)
            row["went"] = (row["went"] + ("s" if good else "f"))[-LAST:]
            if not good:
                row["reason"] = outcome.reason[:80] if not isinstance(outcome, Sent) else ""
                row["failing_since"] = row["failing_since"] or iso(now)
            elif "f" not in row["went"]:
                row["failing_since"], row["reason"] = None, ""
        rows.append(row)
    upsert(c, ROAD, rows)
