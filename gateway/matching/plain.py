"""The inputs of a ranking as one text, and back: what a run keeps so that anybody can do it again.

    packed(inputs) -> base85 of the compressed canonical JSON, a few dozen bytes a need; digest(inputs) names it
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from gateway.matching.ranking import Ranking
from gateway.matching.values import Component, Decision, Inputs, Milestone, Need, Place, Work

VERSION = 1  # of the formulas: a run that was made by others says so instead of giving other numbers
MOST_BYTES = 64 * 1024 * 1024


def text_of(inputs: Inputs) -> str:
    """Canonical JSON: sorted keys, no spaces, the same bytes on every machine."""
    said = asdict(inputs)
    for need in said["needs"]:
        if not need["linked"]:  # what nobody linked is written as it was before links were kept
            del need["linked"]
    return json.dumps(said, default=_simple, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def digest(inputs: Inputs) -> str:
    return hashlib.sha256(text_of(inputs).encode()).hexdigest()


def result(ranking: Ranking) -> str:
    """A digest of what came out, to the precision that people see."""
    lines = [[line.need.id, f"{line.priority.score:.4f}", line.cls, line.reason, line.unfunded] for line in ranking.lines]
    return hashlib.sha256(json.dumps(lines, separators=(",", ":")).encode()).hexdigest()


def packed(inputs: Inputs) -> str:
    return base64.b85encode(zlib.compress(text_of(inputs).encode(), 9)).decode()


def unpacked(text: str) -> Inputs:
    """What `packed` was given; a ValueError when it is not that."""
    try:
        opened = zlib.decompressobj()
        raw = opened.decompress(base64.b85decode(text), MOST_BYTES)
        if opened.unconsumed_tail:
            raise ValueError("they are larger than any city's")
        said = json.loads(raw)
        return Inputs(as_of=date.fromisoformat(said["as_of"]), decision=Decision(**said["decision"]),
                      needs=tuple(Need(**need | {name: tuple(need.get(name, ())) for name in ("members", "linked")})
                                  for need in said["needs"]),
                      places={code: Place(**place) for code, place in said["places"].items()},
                      works=tuple(_work(work) for work in said["works"]))
    except (zlib.error, KeyError, TypeError, ValueError) as fault:
        raise ValueError(f"these are no inputs of a run: {fault}") from None


def _work(said: Mapping[str, Any]) -> Work:
    components = tuple(Component(**component | {
        "primary": frozenset(component["primary"]), "secondary": frozenset(component["secondary"]),
        "rules": tuple(component["rules"])}) for component in said["components"])
    milestones = tuple(Milestone(name=m["name"], due=_day(m["due"]), done=_day(m["done"])) for m in said["milestones"])
    days = {f.name: _day(said[f.name]) for f in fields(Work) if f.name in ("phase_since", "starts_on", "ends_on")}
    return Work(**dict(said) | days | {"components": components, "milestones": milestones})


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def _simple(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
