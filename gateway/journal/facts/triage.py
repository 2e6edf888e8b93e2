"""What the queue leads to: the duty officer was told, a promise stood still or was broken, a person took a decision back.

The promise of a need is to look at it in time. Its clock begins when the need is opened, or opened again (`since`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

EMERGENCY, CLUSTER = "emergency", "cluster"  # why the duty officer was told


@about("alert", "report")
@dataclass(frozen=True, slots=True, kw_only=True)
class DutyAlerted(Event):
    """The duty officer was told of an emergency, or that `people` report the same in one place (`cluster`), on `phones` phones."""

    alert: str
    report: str
    reason: str
    need: str | None = None
    place_code: str | None = None
    category: str | None = None
    people: int = 1
    phones: int = 0


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePaused(Event):
    """Everybody who reported the need was asked something and has not answered yet, from `at` on: the clock stands still."""

    need: str
    since: str
    at: str


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseResumed(Event):
    """An answer came, or the question is over: the clock goes on."""

    need: str
    since: str
    at: str


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedEscalated(Event):
    """Nobody looked at a need in time: these roles are told next, planners first, then administrators."""

    need: str
    since: str
    to: str
    due_at: str


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWithdrawn(Event):
    """A person took their last decision about a need back; what stood before it stands again. `after` is that decision.

    `reason` is what residents may read of it, where it was a refusal.
    """

    need: str
    status: str
    status_at: str
    status_by: str | None = None
    note: str = ""
    contested: bool = False
    after: str | None = None
    reason: str = ""


@about("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class SettlingWithdrawn(Event):
    """A person took back what they decided about a text; it waits again, or is what it was before."""

    message: str
    decision: str | None = None


def need(row: Row, fact: Fact) -> Row:
    """The step of a need whose last decision was taken back."""
    alone = row.get("status_entry") == fact["after"]
    return row | {name: fact[name] for name in ("status", "status_at", "status_by")} | {
        "note": fact["note"] or "", "status_entry": fact.position, "contested": bool(fact["contested"]) or not alone}


def promise(row: Row | None, fact: Fact) -> Row:
    """What became of the promise; a clock that began anew has seen nothing yet."""
    if row is None or row.get("since") != fact["since"]:
        row = {"since": fact["since"], "paused_at": None, "pauses": "[]", "told": None, "told_at": None, "due_at": None}
    if fact.kind == PromisePaused.KIND:
        return row | {"paused_at": row["paused_at"] or fact["at"]}
    if fact.kind == PromiseResumed.KIND:
        if row["paused_at"] is None:
            return row
        return row | {"paused_at": None, "pauses": canonical([*json.loads(row["pauses"]), [row["paused_at"], fact["at"]]])}
    return row | {"told": fact["to"], "told_at": fact.at, "due_at": fact["due_at"]}


def alert(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("report", "reason", "need", "place_code", "category", "people", "phones")} | {"at": fact.at}
