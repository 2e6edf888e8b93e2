"""Rankings as facts: made from all that is known on a day, kept with it, and made again from their id.

    run = make(node, by="ana")          # "2026-11-25-3fa9c1d2b0": the same inputs of one day are one run
    made = find(c, run)                 # made.ranking, made.same: whether this node gets what the run said
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.facts.rankings import NeedsRanked
from gateway.journal.tables import Run, table
from gateway.matching import Inputs, Ranking, plain, rank
from gateway.node import Node
from gateway.ranking.collect import inputs_of

RUN = table(Run)
MOST_NEEDS = 50_000
MANY = 5_000
KEPT = 4  # rankings that a process keeps at hand: the last one is what every page asks for
_made: OrderedDict[tuple[str, str], tuple[Ranking, bool]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as lists show it."""

    id: str
    as_of: str
    by: str
    at: str
    decision: str
    needs: int
    works: int


@dataclass(frozen=True, slots=True)
class Made:
    """A run and its ranking; `same` says that this node, from what the run kept, gets what its maker got."""

    run: RunLine
    ranking: Ranking
    same: bool


def make(node: Node, *, by: str, as_of: date | None = None) -> str:
    """Rank all needs and keep it; the id of the run."""
    with node.database.reading() as c:
        inputs = inputs_of(c, node, as_of or node.today)
    if len(inputs.needs) > MOST_NEEDS:
        raise Problem("planning.refused", reason="%(count)s needs are more than a ranking holds (%(most)s).",
                      count=len(inputs.needs), most=MOST_NEEDS)
    ranking = rank(inputs)
    run = f"{inputs.as_of.isoformat()}-{plain.digest(inputs)[:10]}"
    with node.database.writing() as c:
        if c.execute(select(RUN.c.id).where(RUN.c.id == run)).first() is None:
            ledger.write(c, node.origin, [NeedsRanked(
                run=run, as_of=inputs.as_of.isoformat(), version=plain.VERSION, needs=len(inputs.needs), works=len(inputs.works),
                inputs=plain.packed(inputs), result=plain.result(ranking), decision=inputs.decision.id)], at=node.now(), by=by)
    return run


def runs(c: Connection, at_most: int = 50) -> list[RunLine]:
    """The newest runs first."""
    return [RunLine(*row) for row in c.execute(select(
        RUN.c.id, RUN.c.as_of, RUN.c.by, RUN.c.at, RUN.c.decision, RUN.c.needs, RUN.c.works)
        .order_by(RUN.c.position.desc()).limit(at_most))]


def find(c: Connection, run: str = "") -> Made | None:
    """A run with its ranking, the newest when none is named; None when there is none."""
    asked = select(RUN.c.id, RUN.c.as_of, RUN.c.by, RUN.c.at, RUN.c.decision, RUN.c.needs, RUN.c.works, RUN.c.version, RUN.c.result)
    row = c.execute(asked.where(RUN.c.id == run) if run else asked.order_by(RUN.c.position.desc()).limit(1)).first()
    if row is None:
        return None
    if row.version != plain.VERSION:
        raise Problem("rank.version", run=row.id, found=row.version, known=plain.VERSION)
    return Made(RunLine(*row[:7]), *_ranking(c, row.id, row.result))


def _ranking(c: Connection, run: str, result: str) -> tuple[Ranking, bool]:
    key = (run, result)
    with _lock:
        if key in _made:
            _made.move_to_end(key)
            return _made[key]
    ranking = rank(_inputs(c, run))
    made = ranking, plain.result(ranking) == result
    with _lock:
        _made[key] = made
        while len(_made) > KEPT:
            _made.popitem(last=False)
    if len(ranking.lines) >= MANY:
        gc.collect()
        gc.freeze()  # walking hundreds of thousands of things that stay costs whichever page meets it a fifth of a second
    return made


def _inputs(c: Connection, run: str) -> Inputs:
    try:
        return plain.unpacked(c.execute(select(RUN.c.inputs).where(RUN.c.id == run)).scalar_one())
    except ValueError as fault:
        raise Problem("rank.unreadable", run=run, reason=fault) from None
