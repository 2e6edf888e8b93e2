"""Words whose spaces were lost: `nohayagua` -> no hay agua, `sinluzenkupini` -> sin luz en kupini, `cada3dias` -> cada 3 dias.

A word that nobody knows is laid out in known words of one language, place names and numbers, at the least cost. Long words
are cheap and short ones dear, so that a name we do not know is not crumbled into articles.
"""

import re
from collections.abc import Iterable, Mapping

from parsers.clean import clean_word
from parsers.gazetteer import Gazetteer

# Shorter words are left to the speller: in "enagua" there is too little to go by.
_SHORTEST = 6
_LONGEST = 40
# What a part of so many letters costs; of one or two letters only those that people run together may stand.
_COST = {1: 2.4, 2: 1.8, 3: 1.5, 4: 1.15}
_NUMBER_COST = 0.6
_LONGEST_PART = 16
_DIGITS = re.compile(r"\d+")
_ANY = -1
# Ends of longer words, and no words of their own there: "Carmencita" is no appointment of Carmen's, "autorizados" are not two.
_ENDINGS = frozenset(
    ["cita", "cito", "citas", "citos", "dos", "na", "ni", "te", "me", "lo", "les", "son", "est", "ela", "rat", "chez", "ano"]
)
_REMEMBERED = 5000


class Splitter:
    """Lays words out in known ones. `cut("nohayagua", places) -> ("no", "hay", "agua")`, empty when they do not fit."""

    def __init__(
        self,
        languages: Mapping[str, set[str]],
        wanted: frozenset[str],
        joining: Iterable[str],
        stems: Iterable[str],
        letters: Iterable[str],
    ) -> None:
        """`wanted` are words of our phrases; `joining` the short ones that run together; `letters` those that stand for a word."""
        codes = sorted({lang for langs in languages.values() for lang in langs if lang})
        self._bits = [1 << at for at in range(len(codes))]
        bit = {code: 1 << at for at, code in enumerate(codes)}
        self._short = short = frozenset(joining)
        self._wanted = wanted
        self._known: dict[str, int] = {}
        for word, langs in languages.items():
            if word.isalpha() and (len(word) >= 4 or word in short or (len(word) == 3 and word in wanted)):
                self._known[word] = sum(bit[lang] for lang in langs if lang) or _ANY
        for letter in letters:
            self._known[letter] = sum(bit[lang] for lang in languages.get(letter, ()) if lang) or _ANY
        self._stems = frozenset(stem for stem in stems if len(stem) >= 5)
        self._heads = frozenset(stem[:5] for stem in self._stems)

    def cut(self, raw: str, places: Gazetteer) -> tuple[str, ...]:
        """The parts of a written word, remembered by the city whose names it was tried with."""
        seen = places.cut_before
        parts = seen.get(raw)
        if parts is None:
            if len(seen) >= _REMEMBERED:
                seen.clear()
            parts = seen[raw] = self._laid_out(clean_word(raw[:_LONGEST]), places)
        return parts

    def _laid_out(self, word: str, places: Gazetteer) -> tuple[str, ...]:
        if not _SHORTEST <= len(word) < _LONGEST or not word.isalnum() or word.isdigit():
            return ()
        pieces = self._pieces(word, places)
        best_cost, best = 99.0, ()  # type: float, tuple[str, ...]
        for bit in self._bits:
            cost, ends = _cheapest(len(word), pieces, bit)
            if cost < best_cost:
                parts = _read(word, ends)
                if self._tells(parts, places):
                    best_cost, best = cost, parts
        return best

    def _pieces(self, word: str, places: Gazetteer) -> list[list[tuple[int, float, int]]]:
        """What may stand at each letter: where it ends, what it costs, in which languages."""
        size = len(word)
        pieces: list[list[tuple[int, float, int]]] = []
        for start in range(size):
            here: list[tuple[int, float, int]] = []
            pieces.append(here)
            if word[start].isdigit():
                if start == 0 or not word[start - 1].isdigit():
                    found = _DIGITS.match(word, start)
                    here.append((found.end() if found else start + 1, _NUMBER_COST, _ANY))
            elif (code := places.code_shape.match(word, start)) and code.group().upper() in places:
                here.append((code.end(), _NUMBER_COST, _ANY))
            stemmed = word[start : start + 5] in self._heads
            for end in range(start + 1, min(size, start + _LONGEST_PART) + 1):
                part = word[start:end]
                langs = self._known.get(part, 0)
                if not langs and end - start >= 3 and places.knows_word(part):
                    langs = _ANY
                if not langs and stemmed and self._ends_stem(part):
                    langs = _ANY
                if langs:
                    here.append((end, _COST.get(end - start, 1.0), langs))
        return pieces

    def _ends_stem(self, part: str) -> bool:
        """Whether the part is one of our stems with an ending of three letters at most: `amontonad*`."""
        return any(part[:at] in self._stems for at in range(max(5, len(part) - 3), len(part)))

    def _tells(self, parts: tuple[str, ...], places: Gazetteer) -> bool:
        """Whether the parts are worth it: mostly whole words, one of them a word we look for."""
        letters = [part for part in parts if part.isalpha()]
        whole = sum(len(part) for part in letters if len(part) >= 4 or (len(part) == 3 and part in self._short))
        if len(parts) < 2 or 2 * whole < sum(map(len, letters)) or parts[-1] in _ENDINGS:
            return False
        return any(len(part) >= 3 and (part in self._wanted or places.knows_word(part)) for part in letters)


def _cheapest(size: int, pieces: list[list[tuple[int, float, int]]], bit: int) -> tuple[float, list[int]]:
    """The least cost of laying all letters out in one language, and where each part begins, by its end."""
    costs = [99.0] * (size + 1)
    begins = [0] * (size + 1)
    costs[0] = 0.0
    for start in range(size):
        so_far = costs[start]
        if so_far >= 99.0:
            continue
        for end, cost, langs in pieces[start]:
            if langs & bit and so_far + cost < costs[end]:
                costs[end], begins[end] = so_far + cost, start
    return costs[size], begins


def _read(word: str, begins: list[int]) -> tuple[str, ...]:
    parts: list[str] = []
    end = len(word)
    while end:
        parts.append(word[begins[end] : end])
        end = begins[end]
    return tuple(reversed(parts))
