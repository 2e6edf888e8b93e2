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
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.classification import corpus, meaning, vectors
from gateway.classification.calibration import bar_of, held_out, temperature_of
from gateway.classification.corpus import Text
from gateway.classification.corpus.variation import vary
from gateway.classification.figures import Labelled, judge
from gateway.classification.kept import metrics_of
from gateway.classification.meaning import BIAS, UNKNOWN, UNKNOWN_PAIR, Meaning, mixed, pair_key, word_keys, words_in
from gateway.classification.vectors import Encoder, SecondOpinion

Vector = tuple[NDArray[np.int64], NDArray[np.float64]]

SEED = 11
PASSES = 16
# Every so many passes the texts are read as written; in the others each is disturbed, every time differently.
AS_WRITTEN = 4
# Weights are the mean of the last passes: one pass alone remembers its last texts too well.
AVERAGED = 8
PACE = 4.0
SLOWING = 0.3
# A keyword of the taxonomy is a text too, of less weight: nobody sends it alone.
KEYWORD_WEIGHT = 0.5
CATEGORY_SHARE = 0.3
_SEEN_OFTEN_ENOUGH = 2
# The share of texts that state no need, on a line that anybody may write to; the corpus, written to teach needs, holds fewer.
# Chosen among 0.14 (as the corpus is), 0.18, 0.22, 0.26 and 0.34: from 0.22 on more needs go unheard (docs/meaning.md).
NO_NEED_SHARE = 0.18
# How much the sentence vectors count beside the n-grams: more gains nothing and makes every answer unsure.
SECOND_WEIGHT = 0.25
# Weights are rounded to fifteen steps: a byte with 127 says no more, and the file is less than half as large.
LARGEST = 7


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
        self._keys_of = keys_of = cache(keys_of)
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
            less = 1.0 if isinstance(unit, str) else UNKNOWN_PAIR
            square = float((self.idf[rows] ** 2).sum()) + UNKNOWN * less * self.rarest**2 * (len(keys) - len(rows))
            known = self._units[unit] = rows, square
        return known


def samples_of(texts: Sequence[Text]) -> list[Sample]:
    """The texts and the keywords of the taxonomy."""
    samples = [Sample(text.code, text.lang, text.text) for text in texts]
    return samples + [Sample(word.code, word.lang, word.text, KEYWORD_WEIGHT) for word in corpus.keywords()]


def learn(samples: Sequence[Sample], space: Space, codes: Sequence[str], disturbed: bool = True) -> NDArray[np.float64]:
    """The weights of the n-grams: a row per feature and the constant, a column per subcategory and then per category."""
    random, around = Random(SEED), corpus.surroundings()

    def vector(turn: int, at: int) -> Vector:
        sample = samples[at]
        text = sample.text
        if disturbed and sample.weight == 1.0 and turn % AS_WRITTEN:
            text = vary(text, sample.lang, around, random)
        return space.vector(words_in(text))

    return descend(samples, vector, len(space.keys) + 1, codes)


def descend(
    samples: Sequence[Sample], vector: Callable[[int, int], Vector], features: int, codes: Sequence[str]
) -> NDArray[np.float64]:
    """Gradient descent over all samples in an order of its own each pass; both heads learn from each sample."""
    categories = sorted({code[:3] for code in codes})
    width = len(codes)
    column = {code: (at, categories.index(code[:3])) for at, code in enumerate(codes)}
    answers = [column[sample.code] for sample in samples]
    heads = (slice(0, width), slice(width, width + len(categories)))
    weights = np.zeros((features, width + len(categories)))
    mean = np.zeros_like(weights)
    error = np.empty(weights.shape[1])
    order = np.random.default_rng(SEED)
    for turn in range(PASSES):
        pace = PACE / (1 + turn * SLOWING)
        for at in order.permutation(len(samples)):
            rows, values = vector(turn, at)
            own = weights[rows]
            scores = np.einsum("i,ij->j", values, own)  # not @: a BLAS may add in another order elsewhere
            for head, answer in zip(heads, answers[at], strict=True):
                likely = np.exp(scores[head] - scores[head].max())
                likely /= likely.sum()
                likely[answer] -= 1
                error[head] = likely
            own -= values[:, None] * (error * (pace * samples[at].weight))
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


def build(share: float = 1.0) -> Meaning:
    """The shipped model, or one of a share of the corpus for the learning curve and for tests."""
    texts = part_of(corpus.read(), share)
    learned, judged = held_out(texts)
    trial = fit(learned)
    answers = [trial.codes.index(text.code) for text in judged]
    scores = [trial.scores(text.text) for text in judged]
    temperature = temperature_of(lambda at, degree: trial.shares(scores[at] / np.float32(degree)), answers)
    shares = [trial.shares(each / np.float32(temperature)) for each in scores]
    bar = bar_of([(float(each.max()), int(each.argmax()) == answer) for each, answer in zip(shares, answers, strict=True)])
    cool = expecting(Meaning.of(trial, temperature=temperature), learned)
    found = judge([Labelled(text.code, text.lang, text.text) for text in judged], lambda text: cool.guess(text, len(cool.codes)))
    about = {"temperature": temperature, "sure": bar, "texts": len(texts), "corpus": corpus.digest(), "seed": SEED,
             "metrics": metrics_of(found)}
    return expecting(fit(texts, about), texts)


def expecting(model: Meaning, texts: Sequence[Text]) -> Meaning:
    """A model made from these texts, for a line on which `NO_NEED_SHARE` of what arrives states no need."""
    held = sum(text.code == corpus.NO_NEED for text in texts) / len(texts)
    if not 0 < held < NO_NEED_SHARE:
        return model
    more = math.log(NO_NEED_SHARE / (1 - NO_NEED_SHARE)) - math.log(held / (1 - held))
    return Meaning.of(model.leaning(corpus.NO_NEED, more), no_need=NO_NEED_SHARE)


def build_second(first: Meaning) -> SecondOpinion:
    """The head on sentence vectors that belongs to a model; needs the extra `semantic`."""
    encoder = Encoder()
    texts = corpus.read()
    learned, judged = held_out(texts)
    trial = Meaning.of(fit(learned), temperature=first.about["temperature"])
    opinion = fit_second(learned, encoder, 1.0)
    pairs = [(trial.shares(trial.scores(text.text)), trial.shares(opinion.scores(text.text))) for text in judged]
    answers = [trial.codes.index(text.code) for text in judged]
    temperature = temperature_of(lambda at, degree: mixed(*pairs[at], SECOND_WEIGHT, degree), answers)
    return fit_second(texts, encoder, temperature)


def fit_second(texts: Sequence[Text], encoder: Encoder, temperature: float) -> SecondOpinion:
    """A head of these texts and the keywords."""
    samples = samples_of(texts)
    values = encoder.encode([sample.text for sample in samples]).astype(np.float64)
    rows = np.arange(values.shape[1])
    weights = descend(samples, lambda turn, at: (rows, values[at]), len(rows), sorted({sample.code for sample in samples}))
    return SecondOpinion(weights, {"weight": SECOND_WEIGHT, "temperature": temperature, "corpus": corpus.digest()}, encoder)


def part_of(texts: Sequence[Text], share: float) -> list[Text]:
    """A share of the texts, spread over all of them and the same every time."""
    return [text for text in texts if zlib.crc32(text.text.encode()) % 1000 < share * 1000]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m gateway.classification.training", description=__doc__)
    asked.add_argument("action", choices=("build", "vectors", "keywords"), help="what to make")
    asked.add_argument("--out", type=Path, help="where to write it, instead of over the shipped file")
    asked.add_argument("--share", type=float, default=1.0, help="share of the corpus to learn from")
    given = asked.parse_args(arguments)
    if given.action == "keywords":
        sys.stdout.write(f"{corpus.take_keywords()} keywords\n")
        return
    made = build(given.share) if given.action == "build" else build_second(Meaning.load())
    out = given.out or (meaning.SHIPPED if given.action == "build" else vectors.SHIPPED)
    made.save(out)
    about = {name: value for name, value in made.about.items() if name not in ("codes", "metrics")}
    sys.stdout.write(f"{out.name}: {out.stat().st_size:,} bytes, {json.dumps(about)}\n")


if __name__ == "__main__":
    main()
