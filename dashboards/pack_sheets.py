"""The commission's papers and the council's weights as files: the agenda with its evidence, and the minutes with who heard of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from dashboards import pack
from dashboards.chart_sheets import made_by
from dashboards.queries import plans, rulings
from dashboards.queries.needs import whole_of
from gateway.matching.values import FACTORS, Decision
from gateway.node import Node

Row = dict[str, Any]
Asked = Mapping[str, str]
AGENDA = ("run", "point", "need", "category", "place_code", "priority", "covered", "phones", "joined", "days",
          *(f"{name}_factor" for name in FACTORS), "work", "work_name", "match", "reasons", "cost", "unfunded")
MINUTES = ("run", "point", "need", "category", "place_code", "decision", "met_on", "work", "until", "reason", "why", "by", "at",
           "contested", "phones", "told", "under_way", "waiting", "due_at", "stopped", "elsewhere", "failed", "others")
WEIGHTS = ("decision", "decided_on", "source", *FACTORS, "floor", "deprived_from", "city_rate", "city_invested")


def agenda(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, names = made_by(c, asked), plans.work_names(c)
    for point, line in enumerate(pack.agenda(c, made, pack.length(asked), node.today.isoformat())[0], 1):
        need, best = line.need, line.best
        yield dict(zip(AGENDA, (
            made.run.id, point, need.id, need.category, need.place, line.priority.score, line.cls,
            need.reporters + need.supporters + need.crowd, len(whole_of(c, need.id)), need.age, *line.priority.factors.values(),
            best.work if best else None, names.get(best.work, best.work) if best else None, best.score if best else None,
            list(best.reasons if best else [line.reason]), need.cost, line.unfunded), strict=True))


def minutes(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made = made_by(c, asked)
    lines = pack.agenda(c, made, pack.length(asked), node.today.isoformat())[0]
    said = rulings.ruled(c, node, [line.need.id for line in lines])
    for point, line in enumerate(lines, 1):
        if (one := said.get(line.need.id)) is not None:
            who = one.heard
            yield dict(zip(MINUTES, (
                made.run.id, point, line.need.id, line.need.category, line.need.place, one.decision, one.met_on, one.work or None,
                one.until or None, one.reason, one.why, one.by, one.at, one.contested, who.phones, who.told, who.under_way, who.waiting,
                who.due_at if who.waiting else None, who.stopped, who.elsewhere, who.failed, who.others), strict=True))


def weights(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    """What was decided, the newest first; without a name, what Barrio proposes until something is."""
    for said in plans.decisions(c) or [Decision()]:
        yield dict(zip(WEIGHTS, (said.id or None, said.decided_on or None, said.source or None, *(said.weights[name] for name in FACTORS),
                                 said.floor, said.deprived_from, said.city_rate, said.city_invested), strict=True))


SHEETS: dict[str, tuple[tuple[str, ...], Callable[[Connection, Node, Asked], Iterator[Row]]]] = {
    "agenda": (AGENDA, agenda), "minutes": (MINUTES, minutes), "weights": (WEIGHTS, weights)}
QUESTIONS = ("needs",)
