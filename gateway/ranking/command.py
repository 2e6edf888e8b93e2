"""What `barrio rank` prints: the ranking with every factor, then what nobody wrote in to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway import ranking
from gateway.errors import Problem
from gateway.labels import label
from gateway.matching import Lacking, Ranked, Ranking, watching
from gateway.matching.fit import POSSIBLE
from gateway.matching.values import FACTORS
from gateway.node import Node


def rank_needs(node: Node, run: str, as_of: str, most: int, by: str = "operator") -> None:
    """Make a run, or show an old one again."""
    if not run:
        run = ranking.make(node, by=by, as_of=_day(as_of))
    with node.database.reading() as c:
        made = ranking.find(c, run)
    if made is None:
        raise Problem("planning.unknown", thing="run", id=run[:40])
    if not made.same:
        raise Problem("rank.differs", run=run)
    print(f"run {made.run.id}: {made.run.needs} needs, {made.run.works} works, as of {made.run.as_of}, "
          f"{'decision ' + made.run.decision if made.run.decision else 'no council decision: the weights Barrio proposes'}")
    for line in shown(made.ranking, node, most):
        print(line)


def shown(made: Ranking, node: Node, most: int) -> Iterator[str]:
    """The lines of a ranking."""
    city, language = node.city, node.city.language
    yield "  P      range       " + " ".join(f"{name[:6]:>6}" for name in FACTORS) + "  class     need"
    for line in made.lines[:most]:
        yield _line(line, f"{label(line.need.category, language)}, {city.place_name(line.need.place)}")
    if (more := len(made.lines) - most) > 0:
        yield f"... and {more} more"
    gap = "-" if made.coverage_gap is None else f"{made.coverage_gap:.4f}"
    yield f"coverage gap {gap}; unfunded {_sum(made.lacking)}"
    for silent in watching.silent_zones(made)[:most]:
        yield (f"silent: {city.place_name(silent.place.code)} ({silent.place.code}), deprivation {silent.deprivation:.2f}, "
               f"{silent.rate:.2f} voices per 1,000: send a team")
    for promise in watching.ageing(made.inputs.works, made.inputs.as_of)[:most]:
        overdue = "".join(f", {milestone.name} was due {milestone.due}" for milestone in promise.overdue)
        yield f"late: {promise.work.name} ({promise.work.id}), {promise.late} days{overdue}; {promise.work.needs} need(s) wait for it"
    for line in watching.recurring(made)[:most]:
        yield f"comes back: {label(line.need.category, language)}, {city.place_name(line.need.place)}, time {line.need.generation}"
    for block in watching.blocks(made)[:most]:
        yield (f"blocks: {block.fact} of {city.place_name(block.place)} is {'not as the rule asks' if block.known else 'not known'}; "
               f"{len(block.needs)} need(s)")
    for line in watching.overlapping(made)[:most]:
        works = ", ".join(match.work for match in line.matches if match.score >= POSSIBLE)
        yield f"twice: {label(line.need.category, language)}, {city.place_name(line.need.place)} is answered by {works}"


def _line(line: Ranked, name: str) -> str:
    said = line.priority
    factors = " ".join("     ?" if (value := said.factors[factor]) is None else f"{value:6.4f}" for factor in FACTORS)
    span = f"{said.low:5.2f}-{said.high:5.2f}" if said.missing else " " * 11
    money = "cost unknown" if line.unfunded is None else f"unfunded {line.unfunded}"
    return f"{said.score:6.2f}  {span} {factors}  {line.cls:8}  {name} [{line.need.id}] {line.reason} {money}".rstrip()


def _sum(money: Lacking) -> str:
    if money.least is None:
        return f"not known: nobody has put a cost to any of {money.unknown} need(s)"
    return f"at least {money.least}, and {money.unknown} need(s) that nobody has put a cost to" if money.unknown else str(money.least)


def _day(said: str) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Problem("usage", reason=f"{said!r} is no day: write it as 2026-03-31") from None
