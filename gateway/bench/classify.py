"""What classification costs here: one guess, one lesson, and how many reports a second the worker drains."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from gateway import jobs
from gateway.bench import machine, percentile, table
from gateway.bench.learning import curves
from gateway.channels.values import Inbound
from gateway.classification import corpus
from gateway.classification.learning import Lesson, Taught
from gateway.config import Config
from gateway.instance import create
from gateway.intake import receive
from gateway.judging import judge_of
from gateway.node import Node, open_node

LESSONS = 1_000
AT_A_TIME = 250


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
        print(table(["drained", "reports", "a second", "worker RSS MB"], [_drained(node, said)]))
        node.database.engine.dispose()
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


def _drained(node: Node, said: Sequence[str]) -> list[object]:
    """Reports that came in, classified and gathered by the job behind the bell."""
    for first in range(0, len(said), AT_A_TIME):
        with node.database.writing() as c:
            receive(c, node, [Inbound("console", "local", str(at), f"+591{70000000 + at}", f"{text} en Kupini", node.now(), b"")
                              for at, text in enumerate(said[first:first + AT_A_TIME], first)])
    begun, done = time.perf_counter(), 0
    while found := jobs.classify_due(node):
        done += found
    spent = time.perf_counter() - begun
    return ["SQLite", done, f"{done / spent:.0f}", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"]
