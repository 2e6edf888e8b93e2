"""How alike a report and a thing are that neighbours reported before: a score with its reasons. Pure.

    both on calle 5, nothing speaks against it        -> same
    calle 5 and calle 9                               -> apart
    one says no street                                -> unsure: the resident is asked, or a person

Only what is repaired one by one (a hole, a lamp) is compared so; what concerns a whole place is one need there.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from gateway.labels import taxonomy
from parsers.clean import clean_words
from parsers.spots import Spot, is_listed, landmark_name, same_name, spot_in

SAME, UNSURE = 0.69, 0.42
APART, NEAR = 10, 0.8          # house numbers further apart are two things; words this alike are nearly the same
COPIED = 32                    # trigrams of a wording that people do not hit upon by chance
FADES = 45.0                   # days after which a report says half as much of what is there now
MOST_GRAMS = 160
CLOSE = 0.05                   # two candidates nearer than this to each other: which of them?


@dataclass(frozen=True, slots=True)
class Trace:
    """What is compared of a report."""

    spot: Spot
    grams: frozenset[int]
    sender: str = ""
    language: str = ""
    day: float = 0.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """`why` is for people: `same street: calle 5; words alike .82`."""

    score: float
    why: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """same, unsure or apart"""
        return "same" if self.score >= SAME else "unsure" if self.score >= UNSURE else "apart"


NOTHING_ALIKE = Likeness(0.0)


@cache
def points() -> frozenset[str]:
    """The subcategories that are repaired one by one, so that two of them in one place may be two needs."""
    return frozenset(sub["code"] for category in taxonomy() for sub in category["sub"] if sub["kind"] == "maintenance")


def is_point(category: str | None) -> bool:
    return category in points()


def trace_of(text: str, sender: str = "", language: str = "", day: float = 0.0) -> Trace:
    return Trace(spot_in(text), grams_of(text), sender, language, day)


@lru_cache(maxsize=256)  # a text is looked up with its neighbours and then likened to them
def grams_of(text: str) -> frozenset[int]:
    """The letters of a text in threes, as small numbers: capitals, accents and marks aside."""
    words = "_".join(clean_words(text))
    line = f"_{words}_".encode()
    return frozenset(sorted({zlib.crc32(line[at:at + 3]) & 0xFFFF for at in range(len(line) - 2)})[:MOST_GRAMS])


def packed(grams: Iterable[int]) -> bytes:
    return array("H", sorted(grams)).tobytes()


def unpacked(stored: bytes) -> frozenset[int]:
    found = array("H")
    found.frombytes(stored)
    return frozenset(found)


def spot_text(spot: Spot) -> str:
    return json.dumps([spot.streets, spot.numbers, spot.landmarks], ensure_ascii=False)


@lru_cache(maxsize=8192)
def spot_of(stored: str) -> Spot:
    return Spot(*(tuple(names) for names in json.loads(stored)))


def alike_words(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of their letters in threes that two texts have in common."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def nearly(one: frozenset[int], other: frozenset[int], share: float) -> bool:
    """Whether two texts have at least this share in common."""
    return _may_share(one, other, share) and alike_words(one, other) >= share


def likest_words(one: frozenset[int], others: Iterable[frozenset[int]]) -> float:
    """The most that one of these texts has in common with it."""
    most = 0.0
    for other in others:
        if _may_share(one, other, most):
            most = max(most, alike_words(one, other))
    return most


def _may_share(one: frozenset[int], other: frozenset[int], share: float) -> bool:
    """What their lengths alone tell of it: nobody need count the letters of most."""
    return min(len(one), len(other)) >= share * max(len(one), len(other))


def liken(new: Trace, known: Sequence[Trace]) -> Likeness:
    """A report beside everything that was reported of one thing, the newest counting most."""
    if not known:
        return NOTHING_ALIKE
    words = likest_words(new.grams, [other.grams for other in known if other.language == new.language])
    score, why = _where(new.spot, _union(other.spot for other in known), words, len(new.grams), _beyond(new.spot, known))
    mine = bool(new.sender) and any(other.sender == new.sender for other in known)
    if mine and score >= 0.3:
        return Likeness(0.95, (*why, "the same phone reported it"))
    days = min(abs(new.day - other.day) for other in known)
    score *= 0.6 + 0.4 * 0.5 ** (days / FADES)
    if words >= 0.3:
        why = (*why, f"words alike {words:.2f}".replace("0.", "."))
    if days >= 14:
        why = (*why, f"{days:.0f} days apart")
    return Likeness(round(score, 4), why)


def elsewhere(one: str, other: str) -> bool:
    """Whether two texts name spots that cannot be one: `hueco en calle 5`, `hueco en calle 9`."""
    return _where(spot_in(one), spot_in(other), 0.0, 0)[0] < UNSURE and bool(spot_in(one)) and bool(spot_in(other))


def spot_shown(known: Sequence[Trace], mine: Spot, language: str) -> str:
    """What may be told of a thing to somebody who may mean another: its street or landmark in their language, or nothing.

    A street's name is another resident's words: it is told when it is a number, when the reader wrote it too, or when two phones did.
    """
    said = [(name, trace.sender) for trace in known for name in trace.spot.streets]
    for name in dict.fromkeys(name for name, _ in said):
        phones = {sender for other, sender in said if other == name}
        if name[0].isdigit() or len(phones) > 1 or any(same_name(name, other) for other in mine.streets):
            return f"{landmark_name('street', language)} {name}".strip()
    marks = (landmark_name(concept, language) for trace in known for concept in trace.spot.landmarks)
    return next((mark for mark in marks if mark), "")


def liken_things(one: Sequence[Trace], other: Sequence[Trace]) -> Likeness:
    """Two things beside each other, by all that was reported of both."""
    if not one or not other:
        return NOTHING_ALIKE
    words = max(one, key=lambda trace: likest_words(trace.grams, [known.grams for known in other if known.language == trace.language]))
    return liken(replace(words, spot=_union(trace.spot for trace in one), sender="", day=max(trace.day for trace in one)), other)


def best(found: Sequence[tuple[str, Likeness]],
         are_one: Callable[[str, str], bool] = lambda one, other: False) -> tuple[str, Likeness] | None:
    """The likest of several things; where two are alike the same, nobody can be sure which, unless the two seem to be one."""
    ranked = sorted(found, key=lambda pair: (-pair[1].score, pair[0]))
    if not ranked or ranked[0][1].verdict == "apart":
        return None
    thing, likeness = ranked[0]
    if (likeness.verdict == "same" and len(ranked) > 1 and ranked[1][1].verdict == "same"
            and likeness.score - ranked[1][1].score < CLOSE and not are_one(thing, ranked[1][0])):
        return thing, Likeness(SAME - 0.01, (*likeness.why, "another need is as alike"))
    return thing, likeness


def _union(spots: Iterable[Spot]) -> Spot:
    sides = [(spot.streets, spot.numbers, spot.landmarks) for spot in spots]
    return Spot(*(tuple(dict.fromkeys(name for side in sides for name in side[n])) for n in range(3)))


def _where(mine: Spot, theirs: Spot, words: float, length: int, corner: str = "") -> tuple[float, tuple[str, ...]]:
    """What the spots say, from 0 (elsewhere) to 1, before time is counted."""
    marks = [name for name in mine.landmarks if name in theirs.landmarks]
    if mine.streets and theirs.streets:
        shared = [name for name in mine.streets if any(same_name(name, other) for other in theirs.streets)]
        if shared:
            return _on_one_street(mine, theirs, shared, marks, words, corner)
        if _other_script(mine.streets, theirs.streets):
            return (0.6, (_landmark(marks),)) if marks else (0.45, ("street names in two scripts",))
        return (0.5, ("other street", _landmark(marks))) if marks else (0.05, ("other street",))
    if marks:
        return 0.8 + 0.08 * words, (_landmark(marks),)
    if _other_landmark(mine, theirs):
        return 0.1, ("other landmark",)
    if mine and theirs:
        return 0.3 + 0.3 * words, ("a street beside a landmark",)
    if mine or theirs:
        return 0.44 + 0.2 * words, ("one of them names no spot",)
    if words >= NEAR and length >= COPIED:
        return 0.6 + 0.3 * words, ("neither names a spot", "nearly the same words")
    return 0.44 + 0.2 * words, ("neither names a spot",)


def _on_one_street(mine: Spot, theirs: Spot, shared: list[str], marks: list[str], words: float,
                   corner: str) -> tuple[float, tuple[str, ...]]:
    street = f"same street: {', '.join(shared)}"
    if mine.numbers and theirs.numbers:
        far = min(_apart(a, b) for a in mine.numbers for b in theirs.numbers)
        if far > APART:
            return 0.2, (street, "other number")
        return (0.97 if far == 0 else 0.85), (street, "same number" if far == 0 else "numbers close by")
    if len(shared) > 1:
        return 0.97, (street, "same corner")
    if marks:
        return 0.95, (street, _landmark(marks))
    if corner:
        return 0.4 if corner == "other corner" else 0.66, (street, corner)
    if _other_landmark(mine, theirs):
        return 0.48, (street, "other landmark")
    return 0.87 + 0.1 * words, (street,)


def _beyond(mine: Spot, known: Sequence[Trace]) -> str:
    """What corners say against one street: both tell one and not the same, or the street is only a corner of theirs (or ours)."""
    corners = [other.spot.streets for other in known if len(other.spot.streets) > 1]
    if len(mine.streets) > 1 and corners:
        return "other corner"
    mains = [other.spot.streets[0] for other in known if other.spot.streets]
    if mine.streets and mains and not any(same_name(mine.streets[0], main) for main in mains):
        return "only at its corner"
    return ""


def _other_landmark(mine: Spot, theirs: Spot) -> bool:
    return any(map(is_listed, mine.landmarks)) and any(map(is_listed, theirs.landmarks))


def _apart(one: str, other: str) -> int:
    return abs(int(one) - int(other))


def _landmark(marks: Sequence[str]) -> str:
    return f"same landmark: {', '.join(marks)}"


def _other_script(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether names stand in two scripts, so that their letters decide nothing; numbers are read alike in all."""
    def scripts(names: Iterable[str]) -> set[bool]:
        return {name.isascii() for name in names if not name[0].isdigit()}
    ours, others = scripts(mine), scripts(theirs)
    return bool(ours and others and ours != others)
