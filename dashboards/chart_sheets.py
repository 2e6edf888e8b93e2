"""The charts as files: the lines of the tables below them, by the same question in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from dashboards import compared, placesheet
from dashboards.charts import Asked, Filters, ages_of, flows_of, months_of, told_series
from dashboards.comparing import Sides, pairs_of
from dashboards.placetree import PlaceTree
from dashboards.queries import charted as seen
from dashboards.queries import told
from gateway import ranking
from gateway.errors import Problem
from gateway.node import Node
from gateway.ranking import Made

Row = dict[str, Any]
FLOWS = ("run", "category", "programme", "programme_name", "reason", "needs", "covered", "possible", "priority", "unfunded",
         "without_cost")
AGES = ("run", "days_from", "days_to", "covered", "possible", "gap", "needs", "late")
TRENDS = ("period", "table", "row", "reports", "hidden")
MONTHS = ("month", "opened", "done")
PLACE = ("run", "place_code", "kind", "figure", "value", "at_least")
COMPARE = ("run", "a", "b", "kind", "figure", "value_a", "value_b", "difference", "at_least_a", "at_least_b",
           "phones_a", "phones_b")


def made_by(c: Connection, asked: Asked) -> Made:
    """The run that a question names, else the newest."""
    made = ranking.find(c, asked.get("run", ""))
    if made is None:
        raise Problem("planning.unknown", thing="run", id=(asked.get("run") or "of any kind: rank the needs first")[:40])
    return made


def flows(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, tree, names = made_by(c, asked), PlaceTree.of(node.city), seen.programme_names(c)
    for flow in flows_of(c, made, tree, Filters.of(asked, tree)):
        is_one = flow.kind == "programme"
        yield dict(zip(FLOWS, (
            made.run.id, flow.category, flow.answer if is_one else None, names.get(flow.answer, flow.answer) if is_one else None,
            None if is_one else flow.answer, flow.needs, flow.covered, flow.possible, flow.priority, flow.unfunded.least,
            flow.unfunded.unknown), strict=True))


def ages(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, tree = made_by(c, asked), PlaceTree.of(node.city)
    for age in ages_of(c, made, tree, Filters.of(asked, tree)):
        yield dict(zip(AGES, (made.run.id, age.first, age.last, age.covered, age.possible, age.gap, age.needs, age.late), strict=True))


def trends(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    filters = Filters.of(asked, PlaceTree.of(node.city))
    quarters, series = told_series(c, filters)
    for one in series:
        for period, count in zip(quarters, one.counts, strict=True):
            yield dict(zip(TRENDS, (period, filters.by, one.name, count, count is None), strict=True))


def months(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    tree, made = PlaceTree.of(node.city), ranking.find(c, asked.get("run", ""))
    for month in months_of(c, node, made, tree, Filters.of(asked, tree)):
        yield dict(zip(MONTHS, (month.name, month.opened, month.done), strict=True))


def place(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, tree = made_by(c, asked), PlaceTree.of(node.city)
    code = asked.get("place", "")
    if code not in node.city.place:
        return
    sheet = placesheet.read(c, made, tree, code)
    lines = [("figure", name, value, compared.is_least(name, sheet.figures)) for name, value in sheet.figures.items()]
    lines += [("what", name, many, False) for name, many in sheet.categories.items()]
    for said in (*lines, *(("fact", fact.name, fact.value, False) for fact in sheet.facts)):
        yield dict(zip(PLACE, (made.run.id, code, *said), strict=True))


def compare(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    tree, made = PlaceTree.of(node.city), ranking.find(c, asked.get("run", ""))
    sides = Sides.asked(asked, tree, list(told.released(c)))
    run = made.run.id if made and sides.of == "places" else None
    for pair in pairs_of(c, made, tree, sides):
        yield dict(zip(COMPARE, (run, sides.a, sides.b, pair.kind, pair.name, pair.a, pair.b, pair.difference, pair.least_a, pair.least_b,
                                 pair.n_a, pair.n_b), strict=True))


SHEETS: dict[str, tuple[tuple[str, ...], Callable[[Connection, Node, Asked], Iterator[Row]]]] = {
    "flows": (FLOWS, flows), "ages": (AGES, ages), "trends": (TRENDS, trends), "months": (MONTHS, months),
    "compare": (COMPARE, compare), "place": (PLACE, place)}
QUESTIONS = ("category", "answer", "by", "measure", "of", "a", "b")
