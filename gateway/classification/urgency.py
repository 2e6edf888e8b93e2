"""How soon somebody should look, 1 to 4: what was said, else what is usual, lifted by whom it hits, for how long, and danger.

The words that lift are data, `escalation.toml`, in the residents' languages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from parsers.clean import clean_words

MANY_PEOPLE = 50  # persons from whom on a report is one step more urgent
LONG_WAIT_DAYS = 30
_PER_UNIT = {"families": 4, "houses": 4, "students": 1, "children": 1, "persons": 1}
# How many words before it a denial reaches: "no es peligroso", "sin ningun riesgo".
_DENIED = 2


def urgency_of(report: Mapping[str, Any], code: str | None, usual: int, text: str, why: list[str]) -> int:
    """Stated beats usual; an emergency is 4; whatever was not stated is lifted once at most, and says so in `why`."""
    if report["intent"] == "emergency":
        why.append("urgency 4: said to be happening now")
        return 4
    if (stated := report.get("severity")) is not None:
        why.append(f"urgency {stated}: stated in the text")
        return int(stated)
    why.append(f"urgency {usual}: usual for {code}" if code else "urgency 2: no category yet")
    if usual < 4 and (danger := _said("danger", text)):
        why.append(f"one higher: {danger}")
        return usual + 1
    if usual >= 3:
        return usual
    people = int(report.get("people") or 0) * _PER_UNIT.get(report.get("people_unit") or "persons", 1)
    if people >= MANY_PEOPLE:
        why.append(f"one higher: about {people} people")
        return usual + 1
    if int(report.get("since_days") or 0) >= LONG_WAIT_DAYS:
        why.append(f"one higher: for {report['since_days']} days")
        return usual + 1
    if frail := _said("frail", text):
        why.append(f"one higher: {frail}")
        return usual + 1
    return usual


def _said(kind: str, text: str) -> str:
    """The first phrase of this kind in a text that nobody denies: `_said("danger", "no es peligroso")` is empty."""
    if not text:
        return ""
    words = clean_words(text)
    phrases, denials = _phrases()
    if phrases[kind].keys().isdisjoint(words):
        return ""
    for at, word in enumerate(words):
        for phrase in phrases[kind].get(word, ()):
            if words[at:at + len(phrase)] == phrase and denials.isdisjoint(words[max(0, at - _DENIED):at]):
                return " ".join(phrase)
    return ""


@cache
def _phrases() -> tuple[dict[str, dict[str, list[tuple[str, ...]]]], frozenset[str]]:
    """The phrases of each kind by their first word, and the words that deny."""
    read = tomllib.loads((resources.files(__package__ or "") / "escalation.toml").read_text("utf-8"))
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    for kind in ("danger", "frail"):
        by_first = found.setdefault(kind, {})
        for phrases in read[kind].values():
            for phrase in map(clean_words, phrases):
                by_first.setdefault(phrase[0], []).append(phrase)
    return found, frozenset(word for phrase in read["denials"]["words"] for word in clean_words(phrase))
