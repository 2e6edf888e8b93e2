"""Rules: the parser's category, urgency from what was said or else from the taxonomy, restricted when in doubt about harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MODEL = "rules-1"
MANY_PEOPLE = 50  # persons from whom on a report is one step more urgent
LONG_WAIT_DAYS = 30
_PER_UNIT = {"families": 4, "houses": 4, "students": 1, "children": 1, "persons": 1}


@dataclass(frozen=True, slots=True)
class Category:
    """What the taxonomy says of a subcategory: its usual severity 1..4 and whether it is sensitive."""

    code: str
    severity: int
    sensitive: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Classification:
    category: str | None
    confidence: float
    urgency: int
    restricted: bool
    model: str
    why: tuple[str, ...]


def classify(report: Mapping[str, Any], category: Category | None) -> Classification:
    """Classify a report as the journal holds it.

    >>> classify({"intent": "report", "category": "WAT01", "confidence": .9}, Category("WAT01", 3, False, "service")).urgency
    3
    """
    why: list[str] = []
    urgency = _urgency(report, category, why)
    restricted = report["intent"] == "protection" or (category is not None and category.sensitive)
    if restricted:
        why.append("restricted: it may concern violence or a child")
    return Classification(report["category"], float(report["confidence"] or 0.0), urgency, restricted, MODEL, tuple(why))


def _urgency(report: Mapping[str, Any], category: Category | None, why: list[str]) -> int:
    """Stated beats usual; an emergency is 4; many people or a long wait lift what was not stated by one."""
    if report["intent"] == "emergency":
        why.append("urgency 4: said to be happening now")
        return 4
    if (stated := report.get("severity")) is not None:
        why.append(f"urgency {stated}: stated in the text")
        return int(stated)
    usual = category.severity if category else 2
    why.append(f"urgency {usual}: usual for {category.code}" if category else "urgency 2: no category yet")
    people = int(report.get("people") or 0) * _PER_UNIT.get(report.get("people_unit") or "persons", 1)
    if usual < 3 and people >= MANY_PEOPLE:
        why.append(f"one higher: about {people} people")
        return usual + 1
    if usual < 3 and int(report.get("since_days") or 0) >= LONG_WAIT_DAYS:
        why.append(f"one higher: for {report['since_days']} days")
        return usual + 1
    return usual
