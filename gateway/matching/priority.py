"""What comes first: P = 100 x the weighted mean of six factors, each shown beside the score.

    severity     (severity - 1) / 3
    demand       r / (r + city's r): voices per 1,000 people who have a phone, drawn to the city's mean where few live
    deprivation  of the place, 0 to 1
    people       min(1, log10(1 + people) / 4)
    neglect      how far investment per head lies under the city's
    waiting      min(2, age / target) / 2

A factor that cannot be computed is left out, and the score is the mean of the others; `low` and `high` say where it would lie if the
missing ones were 0 or 1, and `missing` what somebody should find out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.matching.values import FACTORS, Decision, Need, Place

PER = 1000
HALF = 0.5
MOST_SUPPORT = 4  # supporters counted for each reporter: a brigade of "me too" weighs no more
LEAST_ACCESS = 0.5


@dataclass(frozen=True, slots=True)
class City:
    """The two figures of the whole city that places are compared with; None when nothing is known to compute them from."""

    rate: float | None
    invested: float | None


@dataclass(frozen=True, slots=True)
class Priority:
    factors: Mapping[str, float | None]
    score: float
    low: float
    high: float
    missing: tuple[str, ...]
    weight: float
    rate: float | None


def weight_of(need: Need) -> float:
    """How many voices speak for a need, a supporter's for half of a reporter's."""
    return need.reporters + HALF * min(need.supporters, MOST_SUPPORT * need.reporters)


def heard(place: Place) -> float | None:
    """How many people of a place could have written."""
    population, access = place.figure("population"), place.figure("phone_access")
    return None if population is None or access is None else population * max(LEAST_ACCESS, access)


def priority(need: Need, place: Place, city: City, decision: Decision) -> Priority:
    """The score of a need and all that it is made of."""
    weight, could, missing = weight_of(need), heard(place), []
    rate = None
    if could is not None and city.rate is not None:
        rate = PER * (weight + decision.kappa * city.rate / PER) / (could + decision.kappa) if could + decision.kappa > 0 else 0.0
    invested = place.figure("invested")
    factors: dict[str, float | None] = {
        "severity": None if need.severity is None else (need.severity - 1) / 3,
        "demand": None if rate is None or city.rate is None else rate / (rate + city.rate) if rate + city.rate else 0.0,
        "deprivation": place.figure("deprivation"),
        "people": None if need.people is None else min(1.0, math.log10(1 + need.people) / 4),
        "neglect": None if invested is None or not city.invested else min(1.0, max(0.0, (city.invested - invested) / city.invested)),
        "waiting": None if not need.target else min(2.0, need.age / need.target) / 2}
    if could is None:
        missing += [name for name in ("population", "phone_access") if place.figure(name) is None]
    elif city.rate is None:
        missing.append("city_rate")
    missing += [name for name in ("severity", "deprivation", "people") if factors[name] is None]
    if factors["neglect"] is None:
        missing.append("invested" if invested is None else "city_invested")
    if factors["waiting"] is None:
        missing.append("target")
    weights = decision.weights
    known = sum(weights.get(name, 0.0) for name in FACTORS if factors[name] is not None)
    sure = sum(weights.get(name, 0.0) * value for name in FACTORS if (value := factors[name]) is not None)
    whole = sum(weights.get(name, 0.0) for name in FACTORS)
    return Priority(factors, 100 * sure / known * whole if known else 0.0, 100 * sure, 100 * (sure + whole - known), tuple(missing),
                    weight, rate)
