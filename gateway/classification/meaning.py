"""What a text speaks of, beyond keywords: subcategories with probabilities, from the n-grams of its words.

A linear model over words, pairs of words and character 3-5-grams, in two heads (subcategory and category) that are
mixed. It is linear on purpose: the part a word plays is summed once and remembered, so a text costs a look-up per word.
The weights are data (`meaning.npz`), made from the corpus by `python -m gateway.classification.training build`.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.classification.corpus import NO_NEED, PLACE
from gateway.classification.vectors import SecondOpinion
from gateway.errors import Problem
from parsers.clean import READ_LIMIT, TOKEN, clean_word, split_word

Floats = NDArray[np.float32]

SHIPPED = Path(__file__).with_name("meaning.npz")
# The name of a city's own model in its data directory.
OWN = "meaning.npz"
# A place, named by its code or taken out by whoever calls us, and a number: both are one word to the model.
PLACE_WORD = "\x02"
NUMBER_WORD = "0"
# The weight of the constant feature: what is believed of a text that says nothing.
BIAS = 0.3
# What an n-gram the model never saw takes from the belief in the others, and how much less a new pair of words takes.
UNKNOWN = 0.5
UNKNOWN_PAIR = 0.3
# From this belief on nobody else is asked.
_BEYOND_DOUBT = 0.9
# Words remembered before the memory is emptied: keeps hostile texts from growing it beyond about 6 MB.
_REMEMBERED = 8_000
_WORD_LIMIT = 320
_LETTER_LIMIT = 40
_CODE = re.compile(r"[a-z]\d{3,4}")


def word_keys(word: str) -> tuple[int, ...]:
    """The hashes of a word and of its 3-5-grams, its ends marked: `agua` -> `agua`, `<ag`, `agu`, `gua`, `ua>`, ..."""
    keys = [zlib.crc32(b"w" + word.encode())]
    if word not in (PLACE_WORD, NUMBER_WORD):
        marked = f"<{word}>"
        size = len(marked)
        for length in (3, 4, 5):
            if length < size:
                keys += [zlib.crc32(b"g" + marked[at : at + length].encode()) for at in range(size - length + 1)]
    return tuple(keys)


def pair_key(first: str, second: str) -> int:
    """The hash of two words that stand together."""
    return zlib.crc32(f"b{first} {second}".encode())


def words_in(text: str) -> list[str]:
    """The words as the model reads them: `S1604 sin AGUA, 3 días` -> place mark, sin, agua, 0, dias."""
    words: list[str] = []
    for at, part in enumerate(text[:READ_LIMIT].split(PLACE)):
        if at:
            words.append(PLACE_WORD)
        for raw in TOKEN.findall(part):
            if raw:
                words += _read(raw[:_LETTER_LIMIT])
    return words[:_WORD_LIMIT]


@lru_cache(maxsize=_REMEMBERED)
def _read(raw: str) -> tuple[str, ...]:
    return tuple(
        NUMBER_WORD if word.isdigit() else PLACE_WORD if _CODE.fullmatch(word) else word
        for word in split_word(clean_word(raw.encode("utf-8", "ignore").decode()))
    )


class Known(NamedTuple):
    """What the model knows of one word: its part of every score, of the squared length of the text, and its part in the middle."""

    scores: Floats
    square: float
    mean: float


class Meaning:
    """The model. `Meaning.load().guess("no sale nada del grifo")` -> `[("WAT01", 0.93), ("WAT02", 0.03), ...]`."""

    def __init__(self, arrays: dict[str, NDArray[Any]], about: dict[str, Any], second: SecondOpinion | None = None) -> None:
        """Takes the arrays and the description that `training.build` writes, and a second opinion if there is one."""
        self.about = about
        self.second = second
        self._arrays = arrays
        self.codes: tuple[str, ...] = tuple(about["codes"])
        self._weights = arrays["weights"]
        self._scales = arrays["scales"].astype(np.float32)
        self._squares: list[float] = (arrays["idf"].astype(np.float64) ** 2).tolist()
        self._bias = arrays["bias"].astype(np.float32)
        self._rows = dict(zip(arrays["keys"].tolist(), range(len(arrays["keys"])), strict=True))
        self._unknown = UNKNOWN * float(about["rarest"]) ** 2
        # Codes stand sorted, so the subcategories of a category stand together.
        starts = [at for at, code in enumerate(self.codes) if at == 0 or code[:3] != self.codes[at - 1][:3]]
        self._starts = np.array(starts)
        self._category_of = np.repeat(np.arange(len(starts)), np.diff([*starts, len(self.codes)]))
        self._at = {code: at for at, code in enumerate(self.codes)}
        self._others = {self.codes[at][:3]: self._category_of != number for number, at in enumerate(starts)}
        self._coolness = np.float32(1 / about["temperature"])
        self._category_share = np.float32(about["category_share"])
        self._known: dict[str, Known] = {}
        self._latest: tuple[str | None, Floats] = (None, self._bias)

    @classmethod
    def load(cls, path: Path = SHIPPED, second: SecondOpinion | None = None) -> Meaning:
        """The shipped model, or another of the same form."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return cls(arrays, json.loads(bytes(arrays.pop("about"))), second)

    @classmethod
    def of(cls, model: Meaning, **about: Any) -> Meaning:
        """The same weights with another description."""
        return cls(model._arrays, {**model.about, **about}, model.second)

    def leaning(self, towards: str, by: float) -> Meaning:
        """The same model with so much more log odds for one subcategory and its category, whatever the text says."""
        at, bias = self.codes.index(towards), self._bias.copy()
        bias[[at, len(self.codes) + self._category_of[at]]] += np.float32(by * self.about["temperature"])
        return Meaning({**self._arrays, "bias": bias}, self.about, self.second)

    @property
    def coolness(self) -> np.float32:
        """What scores are multiplied by before they become probabilities."""
        return self._coolness

    @property
    def version(self) -> str:
        """Which model this is: `meaning-56b36b26`, after what it was made from."""
        return str(self.about.get("version") or f"meaning-{str(self.about.get('corpus', ''))[:8]}")

    def save(self, path: Path) -> None:
        """Write the model: arrays and JSON in an .npz, nothing that could run; the same model makes the same bytes."""
        about = np.frombuffer(json.dumps(self.about, sort_keys=True).encode(), np.uint8)
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, about=about, **self._arrays)

    def guess(self, text: str, most: int = 8) -> list[tuple[str, float]]:
        """The likeliest subcategories, best first, `NONE` among them where the text may hold no need."""
        shares = self.opinion(text)
        best = shares.argsort()[: -most - 1 : -1]
        return [(self.codes[at], float(shares[at])) for at in best]

    def beside(self, text: str, code: str) -> tuple[float | None, float]:
        """The probability of a subcategory, None where the model has none of that code, and of the likeliest of another category."""
        shares, at = self.opinion(text), self._at.get(code)
        return None if at is None else float(shares[at]), float(shares[self._others.get(code[:3], slice(None))].max())

    def opinion(self, text: str) -> Floats:
        """The probability of every subcategory; where this model alone is not sure, a second opinion is asked if there is one."""
        shares = self.believed(text)
        if self.second is not None and shares.max() < _BEYOND_DOUBT:
            shares = mixed(shares, self.shares(self.second.scores(text)), self.second.weight, self.second.temperature)
        return shares

    def believed(self, text: str) -> Floats:
        """The probability of every subcategory, as this model alone sees it; the last text is remembered, for it is asked about twice."""
        last, shares = self._latest
        if last != text:
            shares = self.shares(self.scores(text))
            self._latest = text, shares
        return shares

    def scores(self, text: str) -> Floats:
        """The raw scores of every subcategory, then of every category: what learning from corrections may add to."""
        total = np.zeros(len(self._bias), np.float32)
        square = 0.0
        seen: set[str] = set()
        rows: list[int] = []
        pairs: list[int] = []
        before = ""
        remembered = self._known  # of one state: a learner puts another in its place with each lesson
        for word in words_in(text):
            if word not in seen:
                seen.add(word)
                known = remembered.get(word) or self._learn(word, remembered)
                total += known.scores
                square += known.square
            if before:
                pair = f"{before} {word}"
                if pair not in seen:
                    seen.add(pair)
                    key = pair_key(before, word)
                    row = self._rows.get(key)
                    pairs.append(key)
                    if row is None:
                        square += self._unknown * UNKNOWN_PAIR
                    else:
                        rows.append(row)
                        square += self._squares[row]
            before = word
        if rows:
            total += self._scales[rows] @ self._weights[rows]
        self._add_taught(total, pairs)
        if square:
            total *= np.float32(1 / square**0.5)
        total += self._bias
        return total

    def because(self, text: str, code: str, most: int = 3) -> tuple[str, ...]:
        """The words that spoke most for a subcategory against the others, strongest first: the reasons of a guess."""
        column = self.codes.index(code)
        said: dict[str, float] = {}
        for word in words_in(text):
            if word not in said and word not in (PLACE_WORD, NUMBER_WORD):
                known = self.known(word)
                share = float(known.scores[column]) - known.mean
                if share > 0:
                    said[word] = share
        return tuple(sorted(said, key=lambda word: (-said[word], word))[:most])

    def features(self, text: str) -> dict[int, float]:
        """What a text consists of, as hashes with values (their squares add up to one), known to the model or not.

        A learner of corrections holds weights for these hashes and adds their products to `scores`.
        """
        words = words_in(text)
        keys = [key for word in dict.fromkeys(words) for key in word_keys(word)]
        keys += [pair_key(first, second) for first, second in dict.fromkeys(zip(words, words[1:], strict=False))]
        rarest = float(self.about["rarest"])
        values: dict[int, float] = {}
        for key in keys:
            row = self._rows.get(key)
            values[key] = values.get(key, 0.0) + (rarest if row is None else self._squares[row] ** 0.5)
        length = sum(value * value for value in values.values()) ** 0.5 or 1.0
        return {key: value / length for key, value in values.items()}

    def known(self, word: str) -> Known:
        """What this model knows of one word."""
        remembered = self._known
        return remembered.get(word) or self._learn(word, remembered)

    def _learn(self, word: str, remembered: dict[str, Known]) -> Known:
        """Sum up an unremembered word: about 20 microseconds, once."""
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        keys = word_keys(word)
        rows = [row for key in keys if (row := self._rows.get(key)) is not None]
        square = sum(self._squares[row] for row in rows) + self._unknown * (len(keys) - len(rows))
        scores = self._scales[rows] @ self._weights[rows]
        known = remembered[word] = Known(scores, square, float(scores[: len(self.codes)].mean()))
        return known

    def _add_taught(self, total: Floats, pairs: Sequence[int]) -> None:
        """What people taught of pairs of words; a model as it was made was taught nothing."""

    def shares(self, scores: Floats) -> Floats:
        """Scores as probabilities of the subcategories, both heads mixed; they add up to one."""
        scores = scores * self._coolness
        size = len(self.codes)
        fine = scores[:size]
        likely = np.exp(fine - fine.max())
        of_category = np.add.reduceat(likely, self._starts)
        coarse = scores[size:]
        mixed = np.log(likely + 1e-12) + (self._category_share * (coarse - np.log(of_category + 1e-12)))[self._category_of]
        likely = np.exp(mixed - mixed.max())
        shares: Floats = likely / likely.sum()
        return shares

    def category_shares(self, guesses: Sequence[tuple[str, float]]) -> dict[str, float]:
        """Guesses added up by category: `[("WAT01", .6), ("WAT02", .2)]` -> `{"WAT": .8}`; `NONE` stays itself."""
        shares: dict[str, float] = {}
        for code, share in guesses:
            name = code if code == NO_NEED else code[:3]
            shares[name] = shares.get(name, 0.0) + share
        return shares


def mixed(first: Floats, second: Floats, weight: float, temperature: float) -> Floats:
    """Two opinions as one: the weighted product of their probabilities, at the temperature that makes it honest."""
    logs = (1 - weight) * np.log(first + 1e-9) + weight * np.log(second + 1e-9)
    likely = np.exp((logs - logs.max()) / temperature)
    shares: Floats = (likely / likely.sum()).astype(np.float32)
    return shares


def of_node(data: Path) -> Meaning:
    """The model that `barrio classify train` left in a data directory, else the shipped one."""
    own = data / OWN
    if not own.exists():
        return shipped()
    try:
        return Meaning.load(own, SecondOpinion.load())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as fault:
        raise Problem("model.unreadable", path=own, reason=f"{type(fault).__name__}: {fault}") from None


@cache
def shipped() -> Meaning:
    """The shipped model, loaded once per process; with sentence vectors where their package is installed."""
    return Meaning.load(second=SecondOpinion.load())
