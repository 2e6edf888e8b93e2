"""The sheet of a place: what is needed there, what covers it, which works act there, what is known of it and what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from dashboards import compared
from dashboards.placetree import PlaceTree
from dashboards.queries import bulletin as seen
from dashboards.queries.bulletin import Coming
from dashboards.ranking import chosen, made_of, open_lines
from gateway.journal.tables import PlaceFact, table
from gateway.matching import Ranked, watching
from gateway.matching.values import Known
from gateway.matching.watching import Block
from gateway.node import Node
from gateway.ranking import Made
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

FACT = table(PlaceFact)
MOST = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """What somebody said of the place, on which day and where it is written."""

    name: str
    value: Known
    as_of: str
    source: str


@dataclass(frozen=True, slots=True)
class Sheet:
    figures: Mapping[str, float | None]
    categories: Mapping[str, int]
    lines: tuple[Ranked, ...]
    works: tuple[Coming, ...]
    facts: tuple[Fact, ...]
    blocks: tuple[Block, ...]


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("placesheet", __name__, url_prefix="/planner")

    @pages.get("/place")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        place = request.args.get("place", "")
        if place not in node.city.place:
            return redirect(url_for("areas.shown"))
        with node.database.reading() as c:
            made = made_of(c)
            sheet = read(c, made, tree, place) if made else None
        return render_template("place.html", made=made, place=place, sheet=sheet, most=MOST, is_least=compared.is_least)

    return pages


def read(c: Connection, made: Made, tree: PlaceTree, place: str) -> Sheet:
    """The sheet of a place and all in it, by a run; its facts are those of the place itself."""
    places, lines = set(tree.under(place)), open_lines(c, chosen(made, tree, place))
    said = c.execute(select(FACT.c.fact, FACT.c.value, FACT.c.as_of, FACT.c.source)
                     .where(FACT.c.place == place, FACT.c.value != "").order_by(FACT.c.fact))
    facts = tuple(Fact(name, json.loads(value), as_of, source) for name, value, as_of, source in said)
    there = {line.need.id for line in lines}
    blocks = tuple(block for block in watching.blocks(made.ranking)
                   if block.place in places and any(line.need.id in there for line in block.needs))
    return Sheet(compared.sums(lines, {fact.name: fact.value for fact in facts}), compared.by_category(lines), tuple(lines),
                 tuple(seen.works(c, places, there)), facts, blocks)
