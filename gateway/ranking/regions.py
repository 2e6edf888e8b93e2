"""How a budget would be shared among regions before any need is ranked, from the facts of districts and macrodistricts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.matching import equal_and_by_quality, points
from gateway.matching.values import Known

QUALITY = ("population", "life_quality")
POINTS = ("lack_points", "population_points", "theme_points")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The share of one region by two rules: half in equal parts and half by need, and by points; None where its facts are missing."""

    place: str
    by_quality: float | None
    points: int | None
    by_points: float | None


def envelopes(known: Mapping[str, Mapping[str, Known]]) -> list[Envelope]:
    """Every region that has the facts of one of the rules, the largest share first."""
    quality = {code: (float(facts["population"]), float(facts["life_quality"])) for code, facts in known.items()
               if all(isinstance(facts.get(name), int | float) and facts[name] > 0 for name in QUALITY)}
    scored = {code: (int(facts["lack_points"]), int(facts["population_points"]), int(facts["theme_points"]))
              for code, facts in known.items() if all(name in facts for name in POINTS)}
    shares, told = equal_and_by_quality(quality), points(scored)
    rows = [Envelope(code, shares.get(code), *told.get(code, (None, None))) for code in {**shares, **told}]
    return sorted(rows, key=lambda row: (-(row.by_quality or 0), -(row.by_points or 0), row.place))
