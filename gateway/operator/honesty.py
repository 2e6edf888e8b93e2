"""How `worth.toml` is made: labelled texts of several sources say what the answers of Barrio are worth.

    python -m gateway.operator.honesty rows.csv > gateway/classification/worth.toml

The CSV has `text,label,lang`; `lang` names the source, and every source counts as the square root of its rows, so that one with
many does not speak for all. What stands before a colon is the hand: `unseen:es` and `unseen:fr` are one writer, and one source. A
fifth of the corpus, judged by a model that did not learn it, is one more source of half the weight
(a trial of 80 s, kept with `--trial`). `--without SOURCE` leaves one out: what it is then told was not fitted on it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.classification import corpus, training
from gateway.classification.calibration import held_out, weights_of
from gateway.classification.figures import Labelled
from gateway.classification.meaning import Meaning, shipped
from gateway.classification.worth import Answer, Kind
from gateway.operator.classifying import Classifier, read_labelled

CORPUS = "corpus"
CORPUS_COUNTS = 0.5
# How strongly a weight is drawn to what it would be if beliefs stood as they are.
PULL, PULL_EVEN = 2.0, 0.2
KINDS: tuple[Kind, ...] = ("need", "none", "open")
# Where a place stood, so that texts of the corpus read as they would be sent.
_SOMEWHERE = "Villa Fatima"


class Told(NamedTuple):
    """One answer as the weights see it, whether it was right, and the source of its text."""

    answer: Answer
    right: bool
    source: str


def told(classifier: Classifier, heard: Sequence[Answer], rows: Iterable[Labelled]) -> list[Told]:
    """What the classifier says of rows; `heard` is where it leaves what it weighed last."""
    found = []
    for row in rows:
        before = len(heard)
        said, _ = classifier.read(row.text)
        if len(heard) > before:  # a disclosure that words told is not weighed
            found.append(Told(heard[-1], said == row.code if len(row.code) > 3 else said[:3] == row.code, row.group))
    return found


def listening(city: str, model: Meaning) -> tuple[Classifier, list[Answer]]:
    """A classifier that states beliefs as they are, and the list in which it leaves what it weighed."""
    heard: list[Answer] = []

    def worth(answer: Answer) -> float:
        heard.append(answer)
        return answer.belief

    return Classifier(city, model, worth), heard


def trial(path: Path | None) -> Meaning:
    """A model of four fifths of the corpus, at the temperature of the shipped one; read from the path, or left there."""
    if path and path.exists():
        return Meaning.load(path)
    made = training.fit(held_out(corpus.read())[0], {"temperature": shipped().about["temperature"]})
    if path:
        made.save(path)
    return made


def weigh(rows: Sequence[Told]) -> dict[Kind, dict[str, float]]:
    """The weights of each kind of answer."""
    many, found = Counter(_hand(row) for row in rows), {}
    counts = [(CORPUS_COUNTS if row.source == CORPUS else 1.0) / many[_hand(row)] ** 0.5 for row in rows]
    mean = sum(counts) / len(counts)
    for kind in KINDS:
        own = [(row, count / mean) for row, count in zip(rows, counts, strict=True) if row.answer.kind == kind]
        pull = {name: PULL_EVEN if name == "even" else PULL for name in Answer(kind, 0.5).terms}
        found[kind] = weights_of([row.answer.terms for row, _ in own], [row.right for row, _ in own], [count for _, count in own], pull,
                                 {"belief": 1.0})
    return found


def _hand(row: Told) -> str:
    return row.source.partition(":")[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m gateway.operator.honesty", description=__doc__)
    asked.add_argument("file", help="a CSV text,label,lang; lang is the source")
    asked.add_argument("--trial", type=Path, help="where the trial of four fifths of the corpus is kept")
    asked.add_argument("--without", action="append", default=[], metavar="SOURCE")
    given = asked.parse_args(arguments)
    rows = told(*listening("la-paz", shipped()), (row for row in read_labelled(given.file) if row.group not in given.without))
    if CORPUS not in given.without:
        judged = [Labelled(text.code, CORPUS, text.text.replace(corpus.PLACE, _SOMEWHERE)) for text in held_out(corpus.read())[1]]
        rows += told(*listening("la-paz", trial(given.trial)), judged)
    sources = ", ".join(f"{source} {count}" for source, count in sorted(Counter(row.source for row in rows).items()))
    lines = ["# What beliefs are worth, made by `python -m gateway.operator.honesty`; docs/meaning.md says how far to trust it.",
             f'model = "{shipped().version}"', f'rows = "{sources}"']
    for kind, weights in weigh(rows).items():
        lines += ["", f"[weights.{kind}]", *(f"{name} = {weight:.2f}" for name, weight in weights.items())]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
