"""How well a work answers a need: M = G (is it there?) x E (may it?) x W (is it time?) x B (is there money?), with reasons.

Each factor is 0 to 1. Every fact that nobody knows halves the factor it belongs to and is named; none of them is taken for a no.
What a person linked is covered while its work acts in the place and is not over: they know more than the list of its components.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from gateway.matching.eligibility import fact_of, judge
from gateway.matching.values import Component, Known, Need, Work

COVERED, POSSIBLE = 0.60, 0.30
SECONDARY = 0.6
UNKNOWN = 0.5
BEFORE_START, A_YEAR = 0.8, 365
LINKED, OVER = "linked", ("window_closed", "suspended")
PHASES = {"diagnosis": 1.0, "design": 1.0, "tender": 0.85, "execution": 0.7, "handover": 0.3, "operation": 1.0}


@dataclass(frozen=True, slots=True)
class Match:
    """One need and one component of a work: the factors, their product, its class, and why it is not more.

    `reasons` begins with the one that weighs most: `no_component`, `not_eligible:planimetry`, `window_closed`,
    `eligibility_unknown:occupancy`, `partial_budget` ...
    """

    need: str
    work: str
    component: str
    coverage: float
    eligibility: float
    window: float
    budget: float
    reasons: tuple[str, ...] = ()
    linked: bool = False  # by people

    @property
    def score(self) -> float:
        return self.coverage * self.eligibility * self.window * self.budget

    @property
    def cls(self) -> str:
        return "covered" if self.score >= COVERED or self.is_by_hand else "possible" if self.score >= POSSIBLE else "gap"

    @property
    def is_by_hand(self) -> bool:
        """Whether people linked it and the work is not over."""
        return self.linked and self.reason not in OVER

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""

    @property
    def nearness(self) -> tuple[bool, float, bool, int]:
        """Which of two matches says more about a need: what people linked, the better one, then the one that lacks less."""
        factors = (self.eligibility, self.window, self.budget)
        return self.is_by_hand, self.score, self.reason != "no_component", sum(f > 0 for f in factors)


def matches(need: Need, works: list[Work], facts: Mapping[str, Known], at: date) -> list[Match]:
    """A need against the works that act in its place, the nearest first."""
    found = [match(need, work, facts, at) for work in works if work.catchment.get(need.place)]
    return sorted(found, key=lambda m: (*(-n for n in m.nearness), m.work))


def match(need: Need, work: Work, facts: Mapping[str, Known], at: date) -> Match:
    """The component of a work that answers a need best; the need's usual one when none does."""
    window, when = _window(work, at)
    found = _nearest(need, work, facts, window, when)
    if work.id not in need.linked:
        return found
    return replace(found, eligibility=1.0, budget=1.0, linked=True, reasons=(when, LINKED) if when in OVER else tuple(
        reason for reason in (LINKED, when) if reason))


def _nearest(need: Need, work: Work, facts: Mapping[str, Known], window: float, when: str) -> Match:
    fitting = [_component(need, work, component, facts, window, when) for component in work.components if _covers(component, need)]
    if not fitting:
        return Match(need.id, work.id, need.component or "", work.catchment[need.place], 0.0, window, 0.0, ("no_component",))
    return max(fitting, key=lambda m: (m.nearness, m.component))


def _component(need: Need, work: Work, component: Component, facts: Mapping[str, Known], window: float, when: str) -> Match:
    eligibility, denied, unknown = _eligibility(need, component, facts)
    budget, money = _budget(component, need)
    reasons = [f"not_eligible:{rule}" for rule in denied] + [when] + [f"eligibility_unknown:{fact}" for fact in unknown] + [money]
    return Match(need.id, work.id, component.code, work.catchment[need.place], eligibility, window, budget,
                 tuple(reason for reason in reasons if reason))


def _covers(component: Component, need: Need) -> float:
    if component.primary or component.secondary:
        return 1.0 if need.category in component.primary else SECONDARY if need.category in component.secondary else 0.0
    return 1.0 if component.code == need.component else 0.0


def _eligibility(need: Need, component: Component, facts: Mapping[str, Known]) -> tuple[float, list[str], list[str]]:
    judged = {rule: judge(rule, facts) for rule in component.rules}
    denied = [rule for rule, holds in judged.items() if holds is False]
    unknown = list(dict.fromkeys(fact_of(rule) for rule, holds in judged.items() if holds is None))
    return (0.0 if denied else _covers(component, need) * UNKNOWN ** len(unknown)), denied, unknown


def over(phase: str, ends_on: date | None, at: date) -> str:
    """Why a work answers nothing on that day, whatever it was for; empty when it may."""
    if phase == "closed" or (ends_on is not None and ends_on < at):
        return "window_closed"
    return "suspended" if phase == "suspended" else ""


def _window(work: Work, at: date) -> tuple[float, str]:
    if ended := over(work.phase, work.ends_on, at):
        return 0.0, ended
    if work.starts_on is not None and work.starts_on > at:
        near = BEFORE_START * max(0.0, 1 - (work.starts_on - at).days / A_YEAR)
        return near, "" if near else "starts_later"
    if work.phase in PHASES:
        return PHASES[work.phase], ""
    # promised and not begun: as on the day it should start, and half of that when no day was said
    return (BEFORE_START, "start_overdue") if work.starts_on is not None else (BEFORE_START * UNKNOWN, "start_unknown")


def _budget(component: Component, need: Need) -> tuple[float, str]:
    if component.remaining is None:
        return UNKNOWN, "budget_unknown"
    if component.remaining <= 0:
        return 0.0, "no_budget"
    if need.cost is None:
        return UNKNOWN, "cost_unknown"
    return (1.0, "") if component.remaining >= need.cost else (component.remaining / need.cost, "partial_budget")
