"""What the council decided about priorities, and the rankings that were made: the facts, and the steps that fold them.

A ranking is kept with all that it was made from, so that anybody can make it again on any node and get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("decision")
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsDecided(Event):
    """The council decided, on a day and by a document (`source`), how much each factor weighs and how a budget is shared."""

    decision: str
    decided_on: str
    source: str
    weights: Mapping[str, float] = field(default_factory=dict)
    kappa: float = 2000.0
    city_rate: float | None = None
    city_invested: float | None = None
    floor: float = 0.3
    deprived_from: float = 0.6


@about("run")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsRanked(Event):
    """All needs were ranked as of a day; `inputs` is all that was read (`matching.plain`), `result` the digest of what came out."""

    run: str
    as_of: str
    version: int
    needs: int
    works: int
    inputs: str
    result: str
    decision: str = ""


@about("need", "work")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecided(Event):
    """A person accepted or refused that a work answers a need, with the factors they saw; `after` is the decision they saw."""

    need: str
    work: str
    run: str
    decision: str
    why: str = ""
    component: str = ""
    coverage: float = 0.0
    eligibility: float = 0.0
    window: float = 0.0
    budget: float = 0.0
    reasons: tuple[str, ...] = ()
    after: str | None = None


def proposal_id(fact: Fact) -> str:
    return f"{fact['need']}+{fact['work']}"


def proposal(row: Row | None, fact: Fact) -> Row:
    names = ("need", "work", "run", "decision", "component", "coverage", "eligibility", "window", "budget")
    seen = row["entry"] if row else None
    return {name: fact[name] for name in names} | {
        "why": fact["why"] or "", "reasons": canonical(fact["reasons"] or ()), "by": fact.by, "at": fact.at, "entry": fact.position,
        "contested": seen is not None and fact["after"] != seen}


def decision(row: Row | None, fact: Fact) -> Row:
    names = ("decided_on", "source", "kappa", "city_rate", "city_invested", "floor", "deprived_from")
    return {name: fact[name] for name in names} | {"weights": canonical(fact["weights"] or {}), "by": fact.by, "at": fact.at}


def run(row: Row | None, fact: Fact) -> Row:
    if row is not None and row.get("by"):  # the same inputs of the same day: who made it first stands
        return row
    names = ("as_of", "version", "needs", "works", "inputs", "result")
    return {name: fact[name] for name in names} | {"decision": fact["decision"] or "", "by": fact.by, "at": fact.at}
