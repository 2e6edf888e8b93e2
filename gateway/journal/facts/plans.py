"""What the city plans: components of programmes, where works act, their money and milestones, facts of places, costs of needs.

A fact holds all that is known of its row, so the last one in the order of the journal stands; of a place's facts and of budget lines
the one that is true of the later day does, whenever it was written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("programme", "component")
@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRecorded(Event):
    """A kind of work that a programme has: the categories that it covers, and the rules a place must meet (`occupancy>=0.8`)."""

    programme: str
    component: str
    primary: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    unit: str = ""
    unit_cost: int | None = None


@about("work", "place")
@dataclass(frozen=True, slots=True, kw_only=True)
class CatchmentDrawn(Event):
    """How much of a place a work serves (0 to 1); `adjacent` is beside it and served by half. A share of 0 takes it back."""

    work: str
    place: str
    share: float = 1.0
    role: str = "core"


@about("work", "line")
@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRecorded(Event):
    """The money of one component of a work in one year from one source, as of a day."""

    work: str
    line: str
    component: str
    year: int
    source: str
    approved: int
    committed: int = 0
    spent: int = 0
    as_of: str = ""


@about("work", "milestone")
@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneSet(Event):
    """What a work should have reached by a day, when it did, and what shows it; `milestone` is an id made of the work and the name."""

    work: str
    milestone: str
    name: str
    due: str | None = None
    done: str | None = None
    evidence: str = ""
    announce: bool = False


@about("place", "fact")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFactRecorded(Event):
    """What is known of a place, since when and from whom: `true`, `false` or a number as text; empty is not known any more."""

    place: str
    fact: str
    value: str
    as_of: str
    source: str


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedCosted(Event):
    """What it would cost to answer a need, and who says so; None takes it back. `after` is the estimate the person saw."""

    need: str
    cost: int | None
    source: str
    after: str | None = None


def component_id(fact: Fact) -> str:
    return f"{fact['programme']}+{fact['component']}"


def component(row: Row | None, fact: Fact) -> Row:
    return {"programme": fact["programme"], "code": fact["component"], "unit": fact["unit"] or "", "unit_cost": fact["unit_cost"]} | {
        name: canonical(fact[name] or ()) for name in ("primary", "secondary", "rules")}


def catchment_id(fact: Fact) -> str:
    return f"{fact['work']}+{fact['place']}"


def catchment(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("work", "place", "share", "role")}


def budget_id(fact: Fact) -> str:
    return f"{fact['work']}+{fact['line']}"


def budget(row: Row | None, fact: Fact) -> Row:
    if row is not None and (row["as_of"] or "") > (fact["as_of"] or ""):
        return row
    return {name: fact[name] for name in ("work", "component", "year", "source", "approved", "committed", "spent", "as_of")}


def milestone_id(fact: Fact) -> str:
    return f"{fact['work']}+{fact['milestone']}"


def milestone(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("work", "name", "due", "done", "evidence", "announce")}


def place_fact_id(fact: Fact) -> str:
    return f"{fact['place']}+{fact['fact']}"


def place_fact(row: Row | None, fact: Fact) -> Row:
    if row is not None and (row["as_of"] or "") > fact["as_of"]:
        return row
    return {name: fact[name] for name in ("place", "fact", "value", "as_of", "source")}


def cost(row: Row | None, fact: Fact) -> Row:
    seen = row["entry"] if row else None
    return {"cost": fact["cost"], "source": fact["source"], "by": fact.by, "at": fact.at, "entry": fact.position,
            "contested": seen is not None and fact["after"] != seen}
