"""Honest probabilities: texts held out of training say how far a model's beliefs are to be believed."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from gateway.classification.corpus import Text
from gateway.classification.meaning import words_in

Shares = NDArray[np.float32]

# Above the bar at least so many answers are right.
PRECISION = 0.95
# Newton's method needs five to ten steps; it stops at steps that change nothing.
_STEPS, _SMALLEST = 60, 1e-7


def held_out(texts: Sequence[Text], part: int = 0, parts: int = 5) -> tuple[list[Text], list[Text]]:
    """The texts to learn from and those to judge by; texts that share most of their words stay on one side."""
    judged = {at for at, group in enumerate(_groups(texts)) if zlib.crc32(group.encode()) % parts == part}
    return [t for at, t in enumerate(texts) if at not in judged], [t for at, t in enumerate(texts) if at in judged]


def temperature_of(shares_at: Callable[[int, float], Shares], answers: Sequence[int]) -> float:
    """The temperature at which the held-out answers surprise least; `shares_at(text, temperature)` gives the beliefs."""

    def surprise(temperature: float) -> float:
        return -sum(math.log(shares_at(at, temperature)[answer] + 1e-9) for at, answer in enumerate(answers))

    return min((round(0.4 + 0.05 * step, 2) for step in range(43)), key=surprise)


def bar_of(beliefs: Sequence[tuple[float, bool]]) -> float:
    """The lowest belief from which on 95 % of the answers are right: below it, ask."""
    right = count = 0
    bar = 1.0
    for belief, alike in groupby(sorted(beliefs, key=itemgetter(0), reverse=True), key=itemgetter(0)):
        truths = [is_right for _, is_right in alike]
        right += sum(truths)
        count += len(truths)
        if right >= PRECISION * count:
            bar = belief
    return math.ceil(bar * 100) / 100


def weights_of(
    terms: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    counts: Sequence[float],
    pull: Mapping[str, float],
    prior: Mapping[str, float],
) -> dict[str, float]:
    """Weights with which the terms of answers say how often they are right: logistic regression, each row as much as it counts.

    `pull` draws a weight towards its `prior` (else 0): without rows that tell otherwise a belief stands as it is.
    """
    names = sorted(pull)
    values = np.array([[row[name] for name in names] for row in terms]).reshape(len(terms), len(names))
    truth, count = np.array(right, float), np.array(counts, float)
    start, tied = np.array([prior.get(name, 0.0) for name in names]), np.array([pull[name] for name in names])

    def surprise(weights: NDArray[np.float64]) -> float:
        odds = values @ weights
        return float((count * (np.logaddexp(0, odds) - truth * odds)).sum() + 0.5 * (tied * (weights - start) ** 2).sum())

    weights = start.copy()
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (count * (likely - truth)) + tied * (weights - start)
        step = np.linalg.solve(values.T @ (values * (count * likely * (1 - likely))[:, None]) + np.diag(tied), slope)
        while surprise(weights - step) > surprise(weights) and np.abs(step).max() > _SMALLEST:
            step /= 2
        weights = weights - step
        if np.abs(step).max() <= _SMALLEST:
            break
    return dict(zip(names, weights.tolist(), strict=True))


def _groups(texts: Sequence[Text]) -> list[str]:
    """A name per text; texts of one subcategory with more than half of their words in common get the same."""
    sets = [frozenset(words_in(text.text)) for text in texts]
    leader = list(range(len(texts)))
    by_word: dict[tuple[str, str], list[int]] = {}
    for at, (text, words) in enumerate(zip(texts, sets, strict=True)):
        shared: Counter[int] = Counter()
        for word in sorted(words):
            others = by_word.setdefault((text.code, word), [])
            shared.update(others)
            others.append(at)
        for other, count in sorted(shared.items()):
            if 2 * count > len(words | sets[other]):
                leader[at] = leader[other]
                break
    return [texts[first].code + " ".join(sorted(sets[first])) for first in leader]
