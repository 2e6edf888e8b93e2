"""Two places or two periods side by side, by the question in the address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboards import compared, indicators, labels, waits
from dashboards.charts import Asked
from dashboards.compared import Pair
from dashboards.placetree import PlaceTree
from dashboards.queries import told
from dashboards.ranking import chosen, made_of, open_lines
from gateway.errors import Problem
from gateway.node import Node
from gateway.ranking import Made
from gateway.ranking.collect import known_of
from gateway.rules import ADMIN, FOCAL, PLANNER, rule


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared, and with what; a side that names nothing is empty."""

    of: str
    a: str
    b: str

    @classmethod
    def asked(cls, asked: Asked, tree: PlaceTree, periods: list[str]) -> Sides:
        """Two quarters when the question says so, else two places; the two newest quarters unless it names others."""
        if asked.get("of") == "periods":
            a, b = (asked.get(side) or default for side, default in (("a", (*periods[1:2], "")[0]), ("b", (*periods[:1], "")[0])))
            if missing := next((side for side in (a, b) if side and side not in periods), ""):
                raise Problem("planning.unknown", thing="release", id=missing[:20])
            return cls("periods", a, b)
        return cls("places", *(code if (code := asked.get(side, "")) in tree.city.place else "" for side in ("a", "b")))


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("comparing", __name__, url_prefix="/planner")

    @pages.get("/compare")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        with node.database.reading() as c:
            made, periods = made_of(c), list(told.released(c))
            sides = Sides.asked(request.args, tree, periods)
            pairs = pairs_of(c, made, tree, sides)
        return render_template("compare.html", made=made, sides=sides, pairs=pairs, periods=periods, mains=labels.mains(),
                               options_a=list(tree.options(sides.a or None)), options_b=list(tree.options(sides.b or None)))

    return pages


def pairs_of(c: Connection, made: Made | None, tree: PlaceTree, sides: Sides) -> list[Pair]:
    """The figures of both sides; none until both are named."""
    if not (sides.a and sides.b):
        return []
    if sides.of == "periods":
        released = told.released(c)
        a, b = (indicators.unpacked(released[name][0]) for name in (sides.a, sides.b))
        hours_a, hours_b = (waits.unpacked(released[name][0]) for name in (sides.a, sides.b))
        return compared.quarters(a, b, told.women_in_the_census(c), hours_a, hours_b)
    if made is None:
        return []
    facts = known_of(c, [sides.a, sides.b])
    one, other = (open_lines(c, chosen(made, tree, place)) for place in (sides.a, sides.b))
    return compared.places(one, other, facts.get(sides.a, {}), facts.get(sides.b, {}))
