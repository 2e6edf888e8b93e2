"""What classification costs here: one guess, one lesson, and how many reports a second the worker drains."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from gateway.bench import draining, machine, percentile, table
from gateway.bench.learning import curves
from gateway.classification import corpus
from gateway.classification.learning import Lesson, Taught
from gateway.config import Config
from gateway.machine.instance import create
from gateway.needs.judging import judge_of
from gateway.node import Node, open_node

LESSONS = 1_000


def run(texts: int, curve: bool) -> None:
    """Print the tables."""
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        node = open_node(_made(Path(folder) / "hub"))
        node.warm_up()
        words = [text.text.replace(corpus.PLACE, "Kupini") for text in corpus.read() if text.lang == "es"]
        said = [words[at % len(words)] for at in range(texts)]
        base = node.school.model.base
        taught = Taught(base)
        lessons = [Lesson(f"r{at}", text, base.codes[at % len(base.codes)], f"account{at % 5}", f"{at:06}")
                   for at, text in enumerate(words[-LESSONS:])]
        rows = [_timed("guess, nothing taught", said, base.guess), _timed(f"lesson, {LESSONS} of them", lessons, taught.teach),
                _timed(f"guess, {LESSONS} lessons", said, taught.guess), _judged(node, said)]
        print(table(["one", "times", "median µs", "p99 µs"], rows))
        node.database.engine.dispose()
    draining.run(texts)
    if curve:
        print(table(["learned from", "judged by", "0", "50", "200", "1,000"], curves()))


def _made(folder: Path) -> Config:
    return create(folder, name="bench")


def _timed(label: str, given: Sequence[object], act: Callable[..., object]) -> list[object]:
    spent = []
    for one in given:
        begun = time.perf_counter()
        act(one)
        spent.append((time.perf_counter() - begun) * 1e6)
    return [label, len(spent), f"{median(spent):.0f}", f"{percentile(spent, .99):.0f}"]


def _judged(node: Node, said: Sequence[str]) -> list[object]:
    judge = judge_of(node)
    row = {"intent": "report", "category": "WAT01", "confidence": 0.9, "place_code": "S1701", "severity": None, "people": None,
           "people_unit": None, "since_days": None}
    return _timed("report judged", said, lambda text: judge.classify(row, text))
