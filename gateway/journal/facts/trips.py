"""Trips that residents told when a campaign asked: each leg a fact of its own, and the step that folds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

PARTS: Final = ("begins", "ends", "hour", "mode", "purpose", "minutes", "waiting", "company", "problem", "safety")


@about("trip", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class TripTold(Event):
    """One leg of a trip (`leg` of `legs`): places it begins and ends in, hour of the day, mode, purpose, minutes, minutes of waiting,
    company, problem, and how safe it was from 1 to 5. What was not told is None."""

    trip: str
    message: str
    sender: str
    leg: int = 1
    legs: int = 1
    begins: str | None = None
    ends: str | None = None
    hour: int | None = None
    mode: str | None = None
    purpose: str | None = None
    minutes: int | None = None
    waiting: int | None = None
    company: str | None = None
    problem: str | None = None
    safety: int | None = None


@about("trip", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class TripWithdrawn(Event):
    """Who told a leg took it back, or wrote it again: it is counted no more. `message` is the text that says so."""

    trip: str
    message: str
    sender: str


def trip(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == TripWithdrawn.KIND:
        return row and row | {"withdrawn": True}
    return {name: fact[name] for name in ("message", "sender", "leg", "legs", *PARTS)} | {"told_at": fact.at}
