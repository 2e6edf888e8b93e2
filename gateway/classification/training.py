"""How `meaning.npz` is made from the corpus: `python -m gateway.classification.training build`.

Logistic regression by stochastic gradient descent, one text after the other, in numpy alone. Everything random comes
from a seed and all sums are in double precision before they are rounded to a byte, so the file is the same wherever it
is made.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.classification import corpus
from gateway.classification.corpus import Text
from gateway.classification.corpus.variation import vary
from gateway.classification.meaning import _UNKNOWN_PAIR, BIAS, SHIPPED, UNKNOWN, Meaning, pair_key, word_keys, words_in

Vector = tuple[NDArray[np.int64], NDArray[np.float64]]

SEED = 11
PASSES = 16
# Every so many passes the texts are read as written; in the others each is disturbed, every time differently.
AS_WRITTEN = 4
# Weights are the mean of the last passes: one pass alone remembers its last texts too well.
AVERAGED = 5
PACE = 5.0
SLOWING = 0.3
# A keyword of the taxonomy is a text too, of less weight: nobody sends it alone.
KEYWORD_WEIGHT = 0.5
CATEGORY_SHARE = 0.3
# Real texts differ from written ones, so the model is to be less sure than texts of its own writers say.
HUMBLER = 1.0
_SEEN_OFTEN_ENOUGH = 2
LARGEST = 127


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from and how much it counts; a keyword is learned as it stands, a text also disturbed."""

    code: str
    lang: str
    text: str
    weight: float = 1.0


class Space:
    """The features seen in at least two samples, and how rare each is."""

    def __init__(self, samples: Sequence[Sample], keys_of: Callable[[str], tuple[int, ...]] = word_keys) -> None:
        """Count the features of the samples as written."""
        self._keys_of = keys_of
        seen: Counter[int] = Counter()
        for sample in samples:
            words = words_in(sample.text)
            features = {key for word in words for key in keys_of(word)}
            features.update(pair_key(a, b) for a, b in zip(words, words[1:], strict=False))
            seen.update(features)
        self.keys = sorted(key for key, count in seen.items() if count >= _SEEN_OFTEN_ENOUGH)
        self.rows = {key: row for row, key in enumerate(self.keys)}
        self.idf = np.array([1 + math.log((1 + len(samples)) / (1 + seen[key])) for key in self.keys])
        self.rarest = float(self.idf.max())
        self._units: dict[str | tuple[str, str], tuple[list[int], float]] = {}

    def vector(self, words: Sequence[str]) -> Vector:
        """Rows and values of a text, as `Meaning.scores` weighs them; the last row is the constant."""
        rows: list[int] = []
        square = 0.0
        units: list[str | tuple[str, str]] = [*words, *zip(words, words[1:], strict=False)]
        for unit in dict.fromkeys(units):
            own, part = self._unit(unit)
            rows += own
            square += part
        found, counts = np.unique(np.array(rows, np.int64), return_counts=True)
        values = self.idf[found] * counts / math.sqrt(square or 1.0)
        return np.append(found, len(self.keys)), np.append(values, BIAS)

    def _unit(self, unit: str | tuple[str, str]) -> tuple[list[int], float]:
        known = self._units.get(unit)
        if known is None:
            keys = self._keys_of(unit) if isinstance(unit, str) else (pair_key(*unit),)
            rows = [row for key in keys if (row := self.rows.get(key)) is not None]
            less = 1.0 if isinstance(unit, str) else _UNKNOWN_PAIR
            square = float((self.idf[rows] ** 2).sum()) + UNKNOWN * less * self.rarest**2 * (len(keys) - len(rows))
            known = self._units[unit] = rows, square
        return known


def samples_of(texts: Sequence[Text]) -> list[Sample]:
    """The texts and the keywords of the taxonomy."""
    samples = [Sample(text.code, text.lang, text.text) for text in texts]
    return samples + [Sample(word.code, word.lang, word.text, KEYWORD_WEIGHT) for word in corpus.keywords()]


def learn(samples: Sequence[Sample], space: Space, codes: Sequence[str], disturbed: bool = True) -> NDArray[np.float64]:
    """The weights: a row per feature, a column per subcategory and then per category."""
    categories = sorted({code[:3] for code in codes})
    width = len(codes)
    column = {code: (at, categories.index(code[:3])) for at, code in enumerate(codes)}
    answers = [column[sample.code] for sample in samples]
    heads = (slice(0, width), slice(width, width + len(categories)))
    weights = np.zeros((len(space.keys) + 1, width + len(categories)))
    mean = np.zeros_like(weights)
    error = np.empty(weights.shape[1])
    order, random, around = np.random.default_rng(SEED), Random(SEED), corpus.surroundings()
    for turn in range(PASSES):
        pace = PACE / (1 + turn * SLOWING)
        for at in order.permutation(len(samples)):
            sample = samples[at]
            text = sample.text
            if disturbed and sample.weight == 1.0 and turn % AS_WRITTEN:
                text = vary(text, sample.lang, around, random)
            rows, values = space.vector(words_in(text))
            own = weights[rows]
            scores = np.einsum("i,ij->j", values, own)  # not @: a BLAS may add in another order elsewhere
            for head, answer in zip(heads, answers[at], strict=True):
                likely = np.exp(scores[head] - scores[head].max())
                likely /= likely.sum()
                likely[answer] -= 1
                error[head] = likely
            own -= values[:, None] * (error * (pace * sample.weight))
            weights[rows] = own
        if turn >= PASSES - AVERAGED:
            mean += weights
    return mean / min(AVERAGED, PASSES)


def rounded(space: Space, weights: NDArray[np.float64], codes: Sequence[str], about: dict[str, Any]) -> Meaning:
    """The model with its weights as bytes, each row with a scale of its own; rareness is folded into them."""
    rows = space.idf[:, None] * weights[:-1]
    scales = np.abs(rows).max(axis=1) / LARGEST + 1e-12
    arrays = {
        "keys": np.array(space.keys, np.uint32),
        "idf": space.idf.astype(np.float16),
        "weights": np.rint(rows / scales[:, None]).astype(np.int8),
        "scales": scales.astype(np.float32),
        "bias": (BIAS * weights[-1]).astype(np.float32),
    }
    return Meaning(arrays, {"codes": list(codes), "rarest": space.rarest, "category_share": CATEGORY_SHARE, "temperature": 1.0, **about})


def fit(texts: Sequence[Text], about: dict[str, Any] | None = None) -> Meaning:
    """A model of these texts and the keywords, not yet calibrated unless `about` brings a temperature."""
    samples = samples_of(texts)
    codes = sorted({sample.code for sample in samples})
    space = Space(samples)
    return rounded(space, learn(samples, space, codes), codes, about or {})


def temperature_of(model: Meaning, texts: Sequence[Text]) -> float:
    """By what the scores must be divided so that the probabilities of texts the model has not seen are honest."""
    place = {code: at for at, code in enumerate(model.codes)}
    held = [(model.scores(text.text), place[text.code]) for text in texts]

    def surprise(temperature: float) -> float:
        divided = np.float32(temperature)
        return float(-sum(math.log(model.shares(scores / divided)[at] + 1e-9) for scores, at in held))

    return float(min((0.5 + 0.05 * step for step in range(51)), key=surprise))


def held_out(texts: Sequence[Text], part: int = 0, parts: int = 5) -> tuple[list[Text], list[Text]]:
    """The texts to learn from and those to judge by; texts that share most of their words stay on one side."""
    group = _groups(texts)
    judged = {at for at, name in enumerate(group) if zlib.crc32(name.encode()) % parts == part}
    return [t for at, t in enumerate(texts) if at not in judged], [t for at, t in enumerate(texts) if at in judged]


def _groups(texts: Sequence[Text]) -> list[str]:
    """A name per text; texts of one subcategory with more than half of their words in common get the same."""
    sets = [frozenset(words_in(text.text)) for text in texts]
    leader = list(range(len(texts)))
    by_word: dict[tuple[str, str], list[int]] = {}
    for at, (text, words) in enumerate(zip(texts, sets, strict=True)):
        shared: Counter[int] = Counter()
        for word in words:
            others = by_word.setdefault((text.code, word), [])
            shared.update(others)
            others.append(at)
        for other, count in sorted(shared.items()):
            if 2 * count > len(words | sets[other]):
                leader[at] = leader[other]
                break
    return [" ".join(sorted(sets[first])) + texts[first].code for first in leader]


def build(share: float = 1.0) -> Meaning:
    """The shipped model, or one of a share of the corpus for the learning curve and for tests."""
    texts = part_of(corpus.read(), share)
    learned, judged = held_out(texts)
    temperature = round(temperature_of(fit(learned), judged) * HUMBLER, 3)
    about = {"temperature": temperature, "texts": len(texts), "corpus": corpus.digest(), "seed": SEED}
    return fit(texts, about)


def part_of(texts: Sequence[Text], share: float) -> list[Text]:
    """A share of the texts, spread over all of them and the same every time."""
    return [text for text in texts if zlib.crc32(text.text.encode()) % 1000 < share * 1000]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m gateway.classification.training", description=__doc__)
    asked.add_argument("action", choices=("build", "keywords"), help="build the model, or take over the taxonomy's keywords")
    asked.add_argument("--out", type=Path, default=SHIPPED, help="where to write the model")
    asked.add_argument("--share", type=float, default=1.0, help="share of the corpus to learn from")
    given = asked.parse_args(arguments)
    if given.action == "keywords":
        sys.stdout.write(f"{corpus.take_keywords()} keywords\n")
        return
    model = build(given.share)
    model.save(given.out)
    sys.stdout.write(f"{given.out.name}: {given.out.stat().st_size:,} bytes, {json.dumps({**model.about, 'codes': len(model.codes)})}\n")


if __name__ == "__main__":
    main()
