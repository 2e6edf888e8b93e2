"""How good a classifier is: accuracy, macro-F1, coverage at a precision, calibration; whole, by language and by source.

A classifier is any function from a text to `[(code, probability), ...]`, so keywords, baselines and models are measured
by the same ruler. Rows come as JSON lines: `{"code": "WAT01", "lang": "es", "text": "..."}`; a code of three letters
says only the category, `NONE` or null says that no need is stated.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from gateway.classification import corpus, training
from gateway.classification.corpus import NO_NEED, Text
from gateway.classification.meaning import shipped, words_in
from parsers import Context, Draft, Gazetteer, load_vocabulary, parse

Guess = Callable[[str], Sequence[tuple[str, float]]]

PRECISION = 0.95
# The belief from which on a subcategory is given without asking: two to four of a hundred texts are then told wrongly.
BAR = 0.5
_BINS = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a person says it speaks of; `group` is the language or the source it is counted under."""

    code: str
    group: str
    text: str
    sure: bool = True
    sex: str = ""

    @property
    def category(self) -> str:
        """`WAT01` -> `WAT`; `NONE` stays."""
        return self.code if self.code == NO_NEED else self.code[:3]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer beside its label: best subcategory and category with the belief in each."""

    row: Labelled
    code: str
    belief: float
    category: str
    category_belief: float

    @property
    def right(self) -> bool:
        """Whether the subcategory is right; where only the category is labelled, whether that is."""
        return self.code == self.row.code if len(self.row.code) > 3 else self.category_right

    @property
    def category_right(self) -> bool:
        """Whether the category is right."""
        return self.category == self.row.category


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a classifier on some rows; shares are of all rows unless the name says otherwise.

    `coverage`: the largest share that can be answered, most believed first, with 95 % of the answers right.
    `confident_errors`: needs answered with at least the bar and wrong. `calibration`: mean distance of belief from truth.
    """

    rows: int
    subcategory: float
    category: float
    category_of_needs: float
    macro_f1: float
    coverage: float
    category_coverage: float
    calibration: float
    answered: float
    confident_errors: float


def judge(rows: Iterable[Labelled], guess: Guess) -> list[Judged]:
    """Ask the classifier about every row."""
    judged = []
    for row in rows:
        guesses = sorted(guess(row.text), key=lambda pair: -pair[1]) or [(NO_NEED, 0.0)]
        categories: dict[str, float] = defaultdict(float)
        for code, belief in guesses:
            categories[code if code == NO_NEED else code[:3]] += belief
        category, category_belief = max(categories.items(), key=lambda pair: pair[1])
        judged.append(Judged(row, *guesses[0], category, category_belief))
    return judged


def figures(judged: Sequence[Judged], bar: float = BAR) -> Figures:
    """Sum up; `bar` is the belief from which on a category is given without asking."""
    fine = [j for j in judged if len(j.row.code) > 3]
    needs = [j for j in judged if j.row.code != NO_NEED]
    answered = [j for j in judged if j.belief >= bar and j.code != NO_NEED]
    return Figures(
        rows=len(judged),
        subcategory=_share(j.code == j.row.code for j in fine),
        category=_share(j.category_right for j in judged),
        category_of_needs=_share(j.category_right for j in needs),
        macro_f1=_macro_f1(fine),
        coverage=_coverage([(j.belief, j.right) for j in judged]),
        category_coverage=_coverage([(j.category_belief, j.category_right) for j in judged]),
        calibration=_calibration_error([(j.category_belief, j.category_right) for j in judged]),
        answered=len(answered) / max(1, len(judged)),
        confident_errors=sum(not j.right for j in answered) / max(1, len(judged)),
    )


def _share(truths: Iterable[bool]) -> float:
    found = list(truths)
    return sum(found) / len(found) if found else 0.0


def _macro_f1(judged: Sequence[Judged]) -> float:
    """The mean over labelled subcategories, each counted alike however few its rows."""
    scores = []
    for code in {j.row.code for j in judged}:
        hits = sum(j.code == code == j.row.code for j in judged)
        said = sum(j.code == code for j in judged)
        meant = sum(j.row.code == code for j in judged)
        scores.append(2 * hits / (said + meant))
    return sum(scores) / len(scores) if scores else 0.0


def _coverage(answers: Sequence[tuple[float, bool]]) -> float:
    right = best = 0
    for count, (_, is_right) in enumerate(sorted(answers, key=lambda pair: -pair[0]), 1):
        right += is_right
        if right >= PRECISION * count:
            best = count
    return best / max(1, len(answers))


def _calibration_error(answers: Sequence[tuple[float, bool]]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for belief, right in answers:
        bins[min(_BINS - 1, int(belief * _BINS))].append((belief, right))
    return sum(abs(sum(b for b, _ in held) - sum(r for _, r in held)) for held in bins.values()) / max(1, len(answers))


def meaning(text: str) -> Sequence[tuple[str, float]]:
    """The shipped model as a classifier."""
    return shipped().guess(text, most=len(shipped().codes))


def keywords_alone(city: str = "la-paz") -> Guess:
    """The parsers without a model, as the first baseline."""
    words = load_vocabulary()
    pack = resources.files("gateway.cities") / city / "places.csv"
    places = Gazetteer.of(csv.DictReader(pack.read_text(encoding="utf-8").splitlines()))

    def guess(text: str) -> Sequence[tuple[str, float]]:
        outcome = parse(text, Context(), words, places)
        if isinstance(outcome, Draft) and outcome.category:
            return [(outcome.category, outcome.confidence)]
        return [(NO_NEED, 0.5)]

    return guess


def tfidf_linear(texts: Sequence[Text]) -> Guess:
    """TF-IDF of words and pairs and a linear model on the same texts, undisturbed: the second baseline."""
    samples = [training.Sample(t.code, t.lang, t.text) for t in texts]
    codes = sorted({sample.code for sample in samples})
    space = training.Space(samples, lambda word: (zlib.crc32(b"w" + word.encode()),))
    weights = training.learn(samples, space, codes, disturbed=False)[:, : len(codes)]

    def guess(text: str) -> Sequence[tuple[str, float]]:
        rows, values = space.vector(words_in(text))
        scores = values @ weights[rows]
        likely = np.exp(scores - scores.max())
        return list(zip(codes, (likely / likely.sum()).tolist(), strict=True))

    return guess


def table(rows: Sequence[Labelled], classifiers: dict[str, Guess], bar: float = BAR) -> str:
    """A line per classifier and group, as text; the whole first."""
    lines = [
        f"{'classifier':<14}{'group':<12}{'rows':>5}{'sub':>7}{'cat':>7}{'needs':>7}{'F1':>7}{'cov95':>7}{'cat95':>7}"
        f"{'ECE':>7}{'answd':>7}{'wrong':>7}"
    ]
    groups = sorted({row.group for row in rows})
    for name, guess in classifiers.items():
        judged = judge(rows, guess)
        for group in ["all", *(groups if len(groups) > 1 else [])]:
            f = figures([j for j in judged if group in ("all", j.row.group)], bar)
            lines.append(
                f"{name:<14}{group:<12}{f.rows:>5}{f.subcategory:>7.3f}{f.category:>7.3f}{f.category_of_needs:>7.3f}{f.macro_f1:>7.3f}"
                f"{f.coverage:>7.3f}{f.category_coverage:>7.3f}{f.calibration:>7.3f}{f.answered:>7.3f}{f.confident_errors:>7.3f}"
            )
    return "\n".join(lines)


def answered(answers: Sequence[tuple[Labelled, str | None, bool]]) -> str:
    """What came of each row, as shares by group: given and right, given and wrong, left open, said to be no need and right or wrong."""
    lines = [f"{'given answers':<26}{'rows':>5}{'right':>8}{'wrong':>8}{'open':>8}{'no need':>9}{'missed':>8}"]
    groups = sorted({row.group for row, _, _ in answers})
    for group in ["all", *(groups if len(groups) > 1 else [])]:
        here = [(row, code, left) for row, code, left in answers if group in ("all", row.group)]
        given = [code == row.code or (len(row.code) == 3 and code[:3] == row.code) for row, code, _ in here if code is not None]
        left = sum(left for _, code, left in here if code is None)
        nothing = [row.code == NO_NEED for row, code, left in here if code is None and not left]
        counts = (sum(given), len(given) - sum(given), left, sum(nothing), len(nothing) - sum(nothing))
        shares = [count / max(1, len(here)) for count in counts]
        lines.append(f"{group:<26}{len(here):>5}{shares[0]:>8.3f}{shares[1]:>8.3f}{shares[2]:>8.3f}{shares[3]:>9.3f}{shares[4]:>8.3f}")
    return "\n".join(lines)


def read_rows(path: Path) -> list[Labelled]:
    """Rows of a JSON-lines or CSV file; CSV has `text,label` and may have `lang`."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            return [Labelled(row["label"] or NO_NEED, row.get("lang") or "all", row["text"]) for row in csv.DictReader(file)]
        rows = [json.loads(line) for line in file if line.strip()]
    return [Labelled(row["code"] or NO_NEED, row.get("lang", "all"), row["text"], row.get("sure", True)) for row in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the shipped model and both baselines on a labelled file."""
    asked = argparse.ArgumentParser(prog="python -m gateway.classification.evaluation", description=__doc__)
    asked.add_argument("file", type=Path)
    given = asked.parse_args(arguments)
    classifiers = {"keywords": keywords_alone(), "tf-idf": tfidf_linear(corpus.read()), "meaning": meaning}
    sys.stdout.write(table(read_rows(given.file), classifiers) + "\n")


if __name__ == "__main__":
    main()
