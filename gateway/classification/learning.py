"""What people taught the model: a text and what a person said it speaks of, learned the moment it is heard.

An online logistic regression on the model's own features, rare words first: what the model has seen often it knows, what it
never saw is what a city calls things. The learned state follows from the set of lessons alone, taken in the order of the
journal whatever the order they came in (`taught`), so nodes that hold the same lessons answer alike. What one account can
move by itself is bounded (`Taught.weigh`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.classification.meaning import (
    NUMBER_WORD,
    PLACE_WORD,
    UNKNOWN_PAIR,
    Floats,
    Known,
    Meaning,
    pair_key,
    word_keys,
    words_in,
)

# How far a step goes, how many a lesson takes at most, and the belief at which it has gone far enough.
PACE = 2.0
STEPS = 4
ENOUGH = 0.8
# A feature of a text moves at least so little beside its rarest: below that it is left alone, which keeps the memory small.
FAINT = 0.1
# A text of everyday words alone moves as far as its words allow, and no further.
LEAST_REACH = 0.05
# Lessons of one account that count in full, from one subcategory to another and into one subcategory; the next count ever less.
FULL_OF_A_PAIR = 3
FULL_OF_A_KIND = 24
# What a lesson counts that contradicts what the model is as sure of as this, while no second account says the same.
FIRM = 0.6
ALONE = 0.1
# The belief in what people said of the very same words, when they agree, and how many words a text has that is remembered whole.
VERBATIM = 0.9
FEWEST_WORDS = 3
# The share of the telling words that a lesson has in common with a text for which it is named as a reason.
NEAR = 0.5
_REMEMBERED = 8_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text, and what the account `by` said it speaks of: `Lesson("r1", "no hay pila", "WAT03", "ana", "00..1.aa.1.7")`."""

    report: str
    text: str
    code: str
    by: str
    position: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What became of a lesson: what the model believed before, and how much the lesson counted."""

    lesson: Lesson
    was: str
    belief: float
    weight: float


@dataclass(frozen=True, slots=True)
class Shift:
    """What lessons changed of one answer: `was` without them, `code` with them, and how much belief in it they brought."""

    was: str
    code: str
    belief: float
    gained: float


Placeless = Callable[[Sequence[str]], list[str]]


class Taught(Meaning):
    """A model with its lessons: it answers like any other, and `teach` changes its next answer."""

    def __init__(self, base: Meaning, placeless: Placeless = list) -> None:
        """A model that was taught nothing yet; its weights are shared, not copied. `placeless` puts the mark of a place for its name."""
        self.__dict__.update(base.__dict__)
        self.base, self.placeless = base, placeless
        self.learnt: dict[str, Learnt] = {}
        self._known, self._latest = {}, (None, self._bias)
        self._column = {code: at for at, code in enumerate(base.codes)}
        self._rarest = float(base.about["rarest"])
        self._row_of: dict[int, int] = {}
        self._moved = np.zeros((256, len(base.codes)), np.float32)
        self._told: Counter[tuple[str, ...]] = Counter()
        self._voices: dict[tuple[str, str], set[str]] = {}
        self._verbatim: dict[frozenset[str], dict[str, str]] = {}
        self._holding: dict[str, list[Lesson]] = {}

    def teach(self, lesson: Lesson) -> None:
        """Learn one lesson: less than a millisecond. A subcategory that the model does not know teaches nothing."""
        column = self._column.get(lesson.code)
        if column is None:
            return
        words = self.placeless(words_in(lesson.text))  # where it is says nothing of what it is
        alone = self.base.scores(lesson.text)
        was = self.base.shares(alone)
        best = int(was.argmax())
        weight = self.weigh(lesson, self.codes[best], float(was[best]))
        if squares := self._squares_of(words):
            length = math.sqrt(sum(squares.values()))
            self._add_moved(alone, squares, length)
            keys, values, reach = self._parts(squares, length)
            self._move(keys, values, self._step(alone, column, weight, reach))
        telling = frozenset(word for word in words if word not in (PLACE_WORD, NUMBER_WORD))
        if len(telling) >= FEWEST_WORDS:
            self._verbatim.setdefault(telling, {})[lesson.by] = lesson.code
        for word in telling:
            self._holding.setdefault(word, []).append(lesson)
        self.learnt[lesson.report] = Learnt(lesson, self.codes[best], float(was[best]), weight)

    def weigh(self, lesson: Lesson, was: str, belief: float) -> float:
        """How much a lesson counts. One account alone neither outvotes what the model firmly believes nor repeats itself for more.

        Agreeing with the model is free. The texts themselves are remembered at full weight: only what spreads is bounded.
        """
        if was == lesson.code:
            return 1.0
        voices = self._voices.setdefault((was, lesson.code), set())
        voices.add(lesson.by)
        pair, kind = (was, lesson.code, lesson.by), (lesson.code, lesson.by)
        self._told.update((pair, kind))
        weight = min(1.0, FULL_OF_A_PAIR / self._told[pair]) ** 2 * min(1.0, FULL_OF_A_KIND / self._told[kind]) ** 2
        return weight * ALONE if belief >= FIRM and len(voices) < 2 else weight

    def guess(self, text: str, most: int = 8) -> list[tuple[str, float]]:
        """As the model's, lessons included; what was read before, word for word, is nearly certain."""
        guesses = super().guess(text, most)
        said = self._said(text)
        if not said:
            return guesses
        votes = Counter(said.values())
        mixed = {code: (1 - VERBATIM) * share for code, share in guesses}
        for code, count in votes.items():
            mixed[code] = mixed.get(code, 0.0) + VERBATIM * count / len(said)
        return sorted(mixed.items(), key=lambda pair: (-pair[1], pair[0]))[:most]

    def beside(self, text: str, code: str) -> tuple[float | None, float]:
        """As the model's, lessons included."""
        if not self._said(text):
            return super().beside(text, code)
        shares = dict(self.guess(text, len(self.codes)))
        return shares.get(code), max(share for other, share in shares.items() if other[:3] != code[:3])

    def _said(self, text: str) -> dict[str, str] | None:
        """What people read these very words as: account by account."""
        return self._verbatim.get(frozenset(self.placeless(words_in(text))) - {PLACE_WORD, NUMBER_WORD}) if self._verbatim else None

    def believed(self, text: str) -> Floats:
        """As the model's; its own memory serves as long as there are no lessons."""
        return super().believed(text) if self.learnt else self.base.believed(text)

    def shift(self, text: str) -> Shift | None:
        """What lessons make of a text that the model alone answers otherwise, or less surely; None where they change nothing."""
        if not self.learnt:
            return None
        (code, belief), *_ = self.guess(text, 1)
        before = dict(self.base.guess(text, len(self.codes)))
        was = max(before, key=lambda one: (before[one], one))
        gained = belief - before[code]
        return Shift(was, code, belief, gained) if gained > 0 else None

    def nearest(self, text: str, code: str) -> Lesson | None:
        """The lesson of this subcategory that shares most of its telling words with the text, if it shares half of them."""
        shared: Counter[str] = Counter()
        found: dict[str, Lesson] = {}
        words = set(self.placeless(words_in(text)))
        for word in words:
            for lesson in self._holding.get(word, ()):
                if lesson.code == code:
                    shared[lesson.report] += 1
                    found[lesson.report] = lesson
        best = min(shared, key=lambda report: (-shared[report], report), default="")
        return found[best] if best and shared[best] >= max(2, NEAR * len(words)) else None

    def words_moved(self, text: str, code: str, most: int = 4) -> tuple[str, ...]:
        """The words of a text that lessons moved towards a subcategory, the furthest first."""
        column, far = self._column.get(code), {}
        for word in dict.fromkeys(self.placeless(words_in(text))):
            rows = [row for key in word_keys(word) if (row := self._row_of.get(key)) is not None]
            if column is not None and rows and word not in (PLACE_WORD, NUMBER_WORD):
                far[word] = float(self._moved[rows, column].sum())
        return tuple(sorted((word for word, way in far.items() if way > 0.01), key=lambda word: (-far[word], word))[:most])

    def furthest(self, most: int) -> list[tuple[str, str]]:
        """The words that lessons moved most, each with the subcategory it moved towards: `[("pileta", "WAT03"), ...]`."""
        far: dict[str, tuple[float, str]] = {}
        for word in self._holding:
            rows = [row for key in word_keys(word) if (row := self._row_of.get(key)) is not None]
            if rows:
                moved = self._moved[rows].sum(axis=0)
                best = int(moved.argmax())
                far[word] = float(moved[best]), self.codes[best]
        ranked = sorted((word for word, (way, _) in far.items() if way > 0.01), key=lambda word: (-far[word][0], word))
        return [(word, far[word][1]) for word in ranked[:most]]

    def _step(self, scores: Floats, column: int, weight: float, reach: float) -> Floats:
        """How far each subcategory moves: until the lesson is believed, or its steps are used up."""
        size = len(self.codes)
        step = np.zeros(size, np.float32)
        for _ in range(STEPS):
            error = -self.shares(scores)
            if -error[column] >= ENOUGH:
                break
            error[column] += 1
            error *= np.float32(PACE * weight)
            step += error
            scores[:size] += error * np.float32(reach)
        return step

    def _squares_of(self, words: Sequence[str]) -> dict[int, float]:
        """The features of a text and the square of each one's weight, as the model weighs them."""
        squares: dict[int, float] = {}
        for word in dict.fromkeys(words):
            for key in word_keys(word):
                squares[key] = self._unknown if (row := self._rows.get(key)) is None else self._squares[row]
        for first, second in dict.fromkeys(zip(words, words[1:], strict=False)):
            key = pair_key(first, second)
            squares[key] = self._unknown * UNKNOWN_PAIR if (row := self._rows.get(key)) is None else self._squares[row]
        return squares

    def _parts(self, squares: dict[int, float], length: float) -> tuple[list[int], Floats, float]:
        """The features that move, by how much each, and how much the text's own score moves with them."""
        parts = np.fromiter(squares.values(), np.float64, len(squares))
        rare = np.sqrt(parts)
        rare[[key not in self._rows for key in squares]] = self._rarest
        pace = np.exp(rare - rare.max())
        chosen = pace >= FAINT
        moving = pace[chosen] * parts[chosen]
        reach = float(moving.sum()) / length**2
        # what is stored is added up over a text and divided by its length, as the model's own weights are
        values = (moving / (length * max(reach, LEAST_REACH))).astype(np.float32)
        return [key for key, moves in zip(squares, chosen.tolist(), strict=True) if moves], values, min(1.0, reach / LEAST_REACH)

    def _move(self, keys: Sequence[int], values: Floats, step: Floats) -> None:
        rows = [self._row_of.setdefault(key, len(self._row_of)) for key in keys]
        while len(self._row_of) > len(self._moved):
            self._moved = np.vstack([self._moved, np.zeros_like(self._moved)])
        self._moved[rows] += values[:, None] * step
        self._known, self._latest = {}, (None, self._bias)  # whoever reads meanwhile fills the old one, which nobody asks again

    def _learn(self, word: str, remembered: dict[str, Known]) -> Known:
        known = self.base.known(word)
        rows = [row for key in word_keys(word) if (row := self._row_of.get(key)) is not None]
        if rows:
            scores = known.scores.copy()
            scores[: len(self.codes)] += self._moved[rows].sum(axis=0)
            known = Known(scores, known.square, float(scores[: len(self.codes)].mean()))
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        remembered[word] = known
        return known

    def _add_taught(self, total: Floats, pairs: Sequence[int]) -> None:
        self._add_moved(total, pairs)

    def _add_moved(self, total: Floats, keys: Iterable[int], length: float = 1.0) -> None:
        rows = [row for key in keys if (row := self._row_of.get(key)) is not None]
        if rows:
            total[: len(self.codes)] += self._moved[rows].sum(axis=0) / np.float32(length)


def taught(base: Meaning, lessons: Iterable[Lesson], placeless: Placeless = list) -> Taught:
    """The model with these lessons, whatever order they come in."""
    model = Taught(base, placeless)
    for lesson in sorted(lessons, key=lambda one: one.position):
        model.teach(lesson)
    return model
