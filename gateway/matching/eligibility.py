"""The rules of a component, judged on the facts of a place: yes, no, or not known.

>>> judge("occupancy>=0.8", {"occupancy": 0.86}), judge("planimetry", {"planimetry": False}), judge("planimetry", {})
(True, False, None)
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from gateway.matching.values import Known

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_RULE = re.compile(r"([a-z][a-z0-9_]{0,39})\s*(?:(>=|<=|>|<|=)\s*(-?\d{1,12}(?:\.\d{1,6})?))?")


@lru_cache(maxsize=1024)
def parsed(rule: str) -> tuple[str, str, float] | None:
    """(fact, sign, bound), the sign empty where the fact itself must hold; None when it is no rule."""
    found = _RULE.fullmatch(rule.strip())
    return (found[1], found[2] or "", float(found[3] or 0)) if found else None


def judge(rule: str, facts: Mapping[str, Known]) -> bool | None:
    """Whether a place meets a rule; None when the fact that says so is missing."""
    read = parsed(rule)
    if read is None:
        return None
    fact, sign, bound = read
    value = facts.get(fact)
    if value is None or isinstance(value, bool) == bool(sign):  # a yes is no number, and a number is no yes
        return None
    return _SIGNS[sign](float(value), bound) if sign else bool(value)


def fact_of(rule: str) -> str:
    """The fact that a rule asks for: `occupancy>=0.8` -> `occupancy`."""
    read = parsed(rule)
    return read[0] if read else rule
