"""Which change of a need was told to whom, and what a planner holds back: the facts, and the steps that fold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

ASKED = "asked"  # a stage of nobody's need: the resident was asked whether it is fixed


@about("need", "reply")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTold(Event):
    """A phone is told, by this reply, how a need stands. `change` is the decision that made it stand so, as its position.

    `stage` is what is told (verified, planned, linked, done, rejected, not_found, open, postponed, checking; or that we asked), `work` the
    work it is linked to, `since` the last time somebody said that it was not fixed, for done again is another thing than done, or the
    day until which it is postponed.
    """

    need: str
    reply: str
    sender: str
    report: str
    change: str
    stage: str
    work: str = ""
    since: str = ""


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHeld(Event):
    """A person holds back what residents would be told of this change, and of nothing that comes after it."""

    need: str
    change: str
    why: str = ""


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReleased(Event):
    """A person lets the residents hear of it after all."""

    need: str
    change: str
    why: str = ""


def told_id(fact: Fact) -> str:
    return f"{fact['need']}+{fact['reply']}"


def told(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("need", "reply", "sender", "report", "change", "stage")} | {
        "id": told_id(fact), "work": fact["work"] or "", "since": fact["since"] or "", "at": fact.at}


def notice(row: Row | None, fact: Fact) -> Row:
    """What stands beside a need for its residents: the reason they may read, when it was decided, the change that is held back."""
    row = row or {"reason": "", "held": "", "held_by": None, "decided_at": ""}
    if fact.kind in ("need_status_changed", "status_withdrawn"):
        return row | {"reason": fact["reason"] or "", "decided_at": fact.at}
    if fact.kind == ChangeHeld.KIND:
        return row | {"held": max(row["held"], fact["change"]), "held_by": fact.by}
    return row | {"held": "", "held_by": None} if row["held"] <= fact["change"] else row
