"""How good a classifier is: accuracy, macro-F1, coverage at a precision, calibration; whole, by language and by source.

Keywords, baselines and models are measured by one ruler (`figures`). Rows come as JSON lines:
`{"code": "WAT01", "lang": "es", "text": "..."}`; a code of three letters says only the category, `NONE` or null says that no
need is stated.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import zlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from gateway.classification import corpus, training
from gateway.classification.corpus import NO_NEED, Text
from gateway.classification.figures import BAR, Guess, Labelled, figures, judge
from gateway.classification.meaning import shipped, words_in
from parsers import Context, Draft, Gazetteer, load_vocabulary, parse


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
