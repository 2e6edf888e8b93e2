"""How likely a text tells of harm to somebody: who does what to whom, weighed by a small linear model.

It sees the roles of the words (`parsers.roles`), which of them stand beside one another, and the words themselves by their
letters. Roles are the same in every language, so what is learned of one is known of all. The weights are data
(`disclosing.npz`), made by `python -m gateway.classification.told build`; a text costs a look-up for each word and pair.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parsers.roles import Heard, heard, names

SHIPPED = Path(__file__).with_name("disclosing.npz")
# How many weights the letters share, and how far apart two roles still belong together.
SPACE, NEAR = 1 << 18, 4
_GRAM = 5
# How much the roles count beside the letters.
ROLES = 0.6
_REMEMBERED = 8_000
# Roles remembered while a text is read; only the last few words are near.
_LATELY = 64


def word_rows(word: str) -> list[int]:
    """The rows of a word and of the five letters at each of its places."""
    marked = f"<{word}>"
    grams = {marked[at : at + _GRAM] for at in range(max(1, len(marked) - _GRAM + 1))}
    return [zlib.crc32(b"w" + word.encode()) % SPACE, *sorted(zlib.crc32(b"g" + gram.encode()) % SPACE for gram in grams)]


def pair_row(first: str, second: str) -> int:
    """The row of two words that stand together."""
    return zlib.crc32(f"b{first} {second}".encode()) % SPACE


class Roles:
    """The rows of roles: alone, and one shortly before another."""

    def __init__(self) -> None:
        """Numbered after the letters' rows, in the order of the word list."""
        self.at = {name: at for at, name in enumerate(names())}
        self.count = len(self.at)
        self.near = SPACE + self.count
        self.size = self.near + self.count**2
        self._numbers: dict[tuple[str, ...], tuple[int, ...]] = {(): ()}

    def rows(self, words: Iterable[Heard]) -> set[int]:
        """Which of them a text has."""
        rows: set[int] = set()
        lately: list[tuple[int, int]] = []
        for place, word in enumerate(words):
            if not word.roles:
                continue
            new = self._numbers.get(word.roles) or self._number(word.roles)
            for where, start in lately:
                if place - where <= NEAR:
                    for at in new:
                        rows.add(start + at)
            for at in new:
                rows.add(SPACE + at)
                lately.append((place, self.near + at * self.count))
            if len(lately) > _LATELY:
                del lately[: -_LATELY // 2]
        return rows

    def _number(self, roles: tuple[str, ...]) -> tuple[int, ...]:
        numbers = self._numbers[roles] = tuple(self.at[role] for role in roles)
        return numbers


def pairs_of(words: Sequence[Heard]) -> list[int]:
    """The rows of words that stand together, by their barest forms."""
    lasts = [word.forms[-1] for word in words]
    return [pair_row(*pair) for pair in dict.fromkeys(zip(lasts, lasts[1:], strict=False))]


class Disclosing:
    """The model. `Disclosing.load().score("mi tio me encierra")` -> 3.1, where 0 is as likely as not."""

    def __init__(self, weights: NDArray[np.int8], about: dict[str, Any]) -> None:
        """Takes one weight for each row, in steps, and the description that `told.build` writes."""
        self.about = about
        self._roles = Roles()
        self._weights = array("b", weights.tobytes())  # a byte each; as numbers of Python's they would take fourteen megabytes
        self._step, self._bias = float(about["step"]), float(about["bias"])
        self._known: dict[str, tuple[int, int]] = {}

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Disclosing:
        """The shipped model, or another of the same form."""
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            return cls(file["weights"], about)

    def score(self, text: str) -> float:
        """Log odds that it tells of harm."""
        words, weights = heard(text), self._weights
        pairs = pairs_of(words)
        letters, many = sum([weights[row] for row in pairs]), len(pairs)
        for form in dict.fromkeys([form for word in words for form in word.forms]):
            part, size = self._known.get(form) or self._learn(form)
            letters += part
            many += size
        steps = letters / math.sqrt(many or 1)
        if rows := self._roles.rows(words):
            steps += ROLES * sum([weights[row] for row in rows]) / math.sqrt(len(rows))
        return self._bias + self._step * steps

    def because(self, text: str, most: int = 3) -> tuple[str, ...]:
        """The words that spoke most for it, strongest first; a word speaks by its letters and by its roles."""
        said: dict[str, int] = {}
        for word in heard(text):
            part = sum((self._known.get(form) or self._learn(form))[0] for form in word.forms)
            said[word.forms[0]] = part + sum(self._weights[row] for row in self._roles.rows([word]))
        ranked = sorted(said.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(word for word, share in ranked[:most] if share > 0)

    def _learn(self, form: str) -> tuple[int, int]:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        rows = word_rows(form)
        known = self._known[form] = sum(self._weights[row] for row in rows), len(rows)
        return known


@cache
def shipped() -> Disclosing:
    """The shipped model, loaded once per process."""
    return Disclosing.load()
