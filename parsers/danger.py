"""Someone in danger of life now: a harm, whom it befalls, and nothing that makes it a figure of speech or a story.

A sentence names what happens (`no respira`), to whom (`mi mama`), or asks for rescue (`manden una ambulancia`). The same
words with an animal, of laughter, of last year, in a drill or after an `if` are no alarm.
"""

from typing import NamedTuple

from parsers.patterns import Hit
from parsers.reading import Reading
from parsers.since import find_since

# How far from a harm the words for whom it befalls may stand.
_NEAR = 6
_SURROUNDING = 9
# A harm that has gone on for longer than this is told, not cried out.
_NOW_DAYS = 2
_NAMED_AFTER = frozenset(["de", "para", "pour", "for", "dyal", "ya"])
HARMS = frozenset({"vital", "grave", "ill", "swept", "falls", "burns", "blaze", "smell", "smoke", "dead", "call"})


class Danger(NamedTuple):
    """The token where it is said, the words that say so, and whether something burns or leaks gas."""

    at: int
    why: str
    is_fire: bool = False


def danger_in(reading: Reading, masked: frozenset[int] | set[int] = frozenset()) -> Danger | None:
    """The danger a text cries out, or None. `necesito ambulancia mi mama no respira` -> `danger: no respira`."""
    # houses, persons and rivers stand in every other text; without a harm beside them nothing need be looked at
    if HARMS.isdisjoint(hit.entry.value for hit in reading.of("emergency")) or reading.has("severity", "l1"):
        return None
    seen = _Seen(reading, masked)
    ways = (seen.vital, seen.befallen, seen.swept, seen.under, seen.burning, seen.smoking, seen.gas, seen.dead, seen.called)
    found = next((danger for way in ways if (danger := way())), None)
    return found if found and not seen.is_told(found.at) else None


def is_over(reading: Reading) -> bool:
    """Whether the text tells of help that came, or of a drill or a film: `ya apagaron el incendio, gracias`."""
    return any(not hit.typo for value in ("over", "story") for hit in reading.of("emergency", value))


class _Seen:
    """The alarm words of one text, by what they are."""

    def __init__(self, reading: Reading, masked: frozenset[int] | set[int]) -> None:
        self._reading = reading
        self._masked = masked
        self._figures = {at for hit in reading.of("emergency", "figure") for at in range(hit.start, hit.end)}

    def _of(self, value: str) -> list[Hit]:
        """The hits of a list that are no place name, no figure of speech and no guess at a short misspelling."""
        return [
            hit
            for hit in self._reading.of("emergency", value)
            if not (hit.typo and hit.entry.size == 1 and len(self._reading.tokens[hit.start].word) < 4)
            and self._masked.isdisjoint(range(hit.start, hit.end))
            and self._figures.isdisjoint(range(hit.start, hit.end))
        ]

    def _harms(self, value: str) -> list[Hit]:
        """Harms that befall no animal, are not "of laughter" and follow no `if`."""
        excess, animals = self._of("excess"), [hit for hit in self._of("animal") if not self._is_named_after(hit)]
        supposed = self._reading.of("emergency", "supposed")
        clauses = self._reading.clauses
        return [
            hit
            for hit in self._of(value)
            if not (hit.typo and hit.entry.size == 1)
            and not any(0 <= other.start - hit.end <= 2 for other in excess)
            and not any(_gap(hit, other) <= 3 for other in animals)
            and not any(other.start < hit.start and clauses[other.start] == clauses[hit.start] for other in supposed)
        ]

    def _is_named_after(self, animal: Hit) -> bool:
        """Whether a thing is only called by the animal: `veneno de ratas`."""
        return animal.start > 0 and self._reading.tokens[animal.start - 1].word in _NAMED_AFTER

    def is_told(self, at: int) -> bool:
        """Whether what stands at a token is over, was shown or practised, or was long ago."""
        reading = self._reading
        if is_over(reading) or reading.has("chat", "news"):
            return True
        if any(not hit.typo and reading.clauses[hit.start] == reading.clauses[at] for hit in reading.of("emergency", "past")):
            return True
        since = find_since(reading)
        return since is not None and since.days >= _NOW_DAYS and not self._of("vital")

    def vital(self) -> Danger | None:
        hits = self._harms("vital")
        return Danger(hits[0].start, f"danger: {hits[0].entry.text}") if hits else None

    def _people(self) -> list[Hit]:
        """The persons spoken of; "sin gente" is nobody."""
        tokens = self._reading.tokens
        return [hit for hit in self._of("person") if not (hit.start and "grammar:lacking" in tokens[hit.start - 1].tags)]

    def befallen(self) -> Danger | None:
        """`mi hijo se muere`; `mi hijo esta grave` only where rescue is asked for or kept away."""
        people, rescue = self._people(), self._of("rescue")
        for value, far in (("grave", 7), ("ill", _NEAR)):
            if value == "ill" and not rescue:
                continue
            for hit in self._harms(value):
                person = next((p for p in people if _gap(hit, p) <= far and _apart(hit, p)), None)
                if person:
                    return Danger(hit.start, f"danger: {hit.entry.text} beside {person.entry.text}")
        return None

    def swept(self) -> Danger | None:
        """`el rio se lleva las casas`."""
        rivers, taken = self._of("river"), [*self._of("home"), *self._of("person")]
        for hit in self._harms("swept"):
            here = self._reading.parts[hit.start]
            beside = [t for t in taken if self._reading.parts[t.start] == here]
            gone = [t for t in beside if 0 <= t.start - hit.end <= 6 or 0 <= hit.start - t.end <= 2]
            if gone and any(_gap(hit, r) <= _SURROUNDING for r in rivers):
                return Danger(hit.start, f"danger: {hit.entry.text}")
        return None

    def under(self) -> Danger | None:
        """`se cayo el muro encima de un niño`: something heavy, fallen, onto someone."""
        heavy, people, falls = self._of("fallen"), self._people(), self._harms("falls")
        for onto in self._of("onto"):
            struck = any(0 <= p.start - onto.end <= 4 for p in people)
            fell = next((f for f in falls if 0 <= onto.start - f.start <= _SURROUNDING), None)
            if struck and fell and any(_gap(fell, h) <= _NEAR for h in heavy):
                return Danger(fell.start, f"danger: {fell.entry.text} {onto.entry.text}")
        for within in self._of("inside"):
            fell = next((hit for hit in (*falls, *self._harms("burns")) if _gap(hit, within) <= _SURROUNDING), None)
            if fell and any(_gap(within, person) <= 1 for person in people):
                return Danger(fell.start, f"danger: {fell.entry.text}, {within.entry.text}")
        return None

    def burning(self) -> Danger | None:
        """`se esta incendiando mi casa`; what smoulders needs a house beside it."""
        dull = self._of("unburnt")
        homes = self._of("home")
        for hit in (*self._harms("blaze"), *self._harms("burns")):
            if any(_gap(hit, other) <= 3 for other in dull):
                continue
            if hit.entry.value == "blaze" or any(_gap(hit, home) <= 4 for home in homes):
                return Danger(hit.start, f"danger: {hit.entry.text}", is_fire=True)
        return None

    def smoking(self) -> Danger | None:
        """`sale humo de la casa, hay niños adentro`: nobody sees flames yet, and somebody is inside."""
        if self._of("unburnt") or self._of("sooty"):  # who cooks with wood, and buses, smoke every day
            return None
        people, homes = self._people(), self._of("home")
        for smoke in self._harms("smoke"):
            within = [hit for hit in self._of("inside") if any(_gap(hit, person) <= 2 for person in people)]
            if within and any(_gap(smoke, home) <= _NEAR for home in (*homes, *people)):
                return Danger(smoke.start, f"danger: {smoke.entry.text}, {within[0].entry.text}", is_fire=True)
        return None

    def gas(self) -> Danger | None:
        """`gas kupini huele fuerte`."""
        if self._of("tame"):
            return None
        for smell in self._harms("smell"):
            if any(_gap(smell, gas) <= 4 for gas in self._of("gas")):
                return Danger(smell.start, f"danger: gas, {smell.entry.text}", is_fire=True)
        return None

    def dead(self) -> Danger | None:
        hits = self._harms("dead")
        return Danger(hits[0].start, f"danger: {hits[0].entry.text}") if hits else None

    def called(self) -> Danger | None:
        """`manden una ambulancia`, unless one is wanted for good: `para la posta`."""
        hits = self._harms("call")
        return Danger(hits[0].start, f"danger: {hits[0].entry.text}") if hits and not self._of("standing") else None


def _gap(one: Hit, other: Hit) -> int:
    """How many words stand between two hits; 0 when they touch or overlap."""
    return max(0, one.start - other.end, other.start - one.end)


def _apart(one: Hit, other: Hit) -> bool:
    return one.end <= other.start or other.end <= one.start
