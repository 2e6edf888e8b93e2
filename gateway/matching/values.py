"""What a ranking is made of: needs, places with their facts, works with their components, and what the council decided.

None means that nobody knows; it is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

FACTORS = ("severity", "demand", "deprivation", "people", "neglect", "waiting")  # S D V H Q T of the guide
PROPOSED = {"severity": 0.25, "demand": 0.20, "deprivation": 0.20, "people": 0.10, "neglect": 0.15, "waiting": 0.10}
Known = bool | float  # a fact of a place


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the council decided: how much each factor weighs (together 1), and how a budget is shared.

    `kappa` is how many people's worth of the city's mean a small place borrows; `city_rate` (voices per 1,000) and
    `city_invested` (per head) are computed from what is known unless they were decided; `floor` is the share of a budget that is
    kept for places whose deprivation is `deprived_from` or more.
    """

    id: str = ""
    decided_on: str = ""
    source: str = ""
    weights: Mapping[str, float] = field(default_factory=lambda: dict(PROPOSED))
    kappa: float = 2000.0
    city_rate: float | None = None
    city_invested: float | None = None
    floor: float = 0.30
    deprived_from: float = 0.60


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One problem in one place: who speaks for it, since when, and what it would cost.

    `component` is the kind of work that usually answers it; `escalates_to` is the investment that ends a repair that comes back;
    `members` are the needs that people merged with it, `linked` the works that people linked to it. `crowd` counts those who are
    known only as part of many who sent the same words: nothing else here counts them, and what they said of severity and people
    stands apart (`with_crowd`).
    """

    id: str
    place: str
    category: str
    kind: str = "investment"
    component: str | None = None
    severity: int | None = None
    reporters: int = 0
    supporters: int = 0
    people: int | None = None
    age: int = 0
    target: int | None = None
    cost: int | None = None
    generation: int = 1
    escalates_to: str | None = None
    members: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    crowd: int = 0
    crowd_severity: int | None = None
    crowd_people: int | None = None

    def with_crowd(self) -> Need:
        """The same need as loud as it is."""
        return replace(self, reporters=self.reporters + self.crowd, severity=_more(self.severity, self.crowd_severity),
                       people=_more(self.people, self.crowd_people))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of a place, by the name of each fact: `{"population": 5300, "planimetry": True}`."""

    code: str
    facts: Mapping[str, Known] = field(default_factory=dict)

    def figure(self, name: str) -> float | None:
        """A fact that is a number; a yes or no is none."""
        value = self.facts.get(name)
        return None if value is None or isinstance(value, bool) else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A kind of work inside one work: what it covers, under which rules, and how much of its money is free.

    Without lists of categories it covers those whose usual component it is.
    """

    code: str
    primary: frozenset[str] = frozenset()
    secondary: frozenset[str] = frozenset()
    rules: tuple[str, ...] = ()
    remaining: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    name: str
    due: date | None = None
    done: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A work of a programme: where it acts (share 0 to 1 of each place, 0.5 where only adjacent), when, in which phase."""

    id: str
    name: str
    programme: str
    phase: str
    phase_since: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    catchment: Mapping[str, float] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    needs: int = 0  # that people linked to it: who was promised something


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a ranking reads: the same inputs give the same ranking, on every node, at any time."""

    as_of: date
    decision: Decision = field(default_factory=Decision)
    needs: tuple[Need, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    works: tuple[Work, ...] = ()


def _more(one: int | None, other: int | None) -> int | None:
    return max((n for n in (one, other) if n is not None), default=None)
