"""The map of a person's area, drawn by this node from its own files: no tiles, no script, nothing from elsewhere."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from dashboards import areamap, reach
from dashboards.areamap import Place
from dashboards.officer import areas, chosen_area
from dashboards.placetree import PlaceTree
from dashboards.queries import queue as waiting
from dashboards.queries.queue import Wanted
from gateway.geometry import Point, decoded, micro
from gateway.journal.tables import Alias, Boundary, table
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule

ALIAS, BOUNDARY = table(Alias), table(Boundary)
MOST = 80  # places with a number of their own; those where nothing waits are left out first


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("mapping", __name__, url_prefix="/officer")

    @pages.get("/map")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def drawn() -> ResponseReturnValue:
        area, places = chosen_area(tree, request.args.get("area", ""))
        theirs = reach.places(tree, g.account)
        with node.database.reading() as c:
            counts = waiting.by_place(c, node, Wanted(None if theirs is None else tuple(sorted(theirs))))
            codes = _shown(tree, places, counts)
            drawing = areamap.draw(_places(c, node, codes, counts))
            landmarks = _landmarks(c, codes)
        return render_template("officer_map.html", drawing=drawing, area=area, areas=areas(tree, counts), counts=counts,
                               landmarks=landmarks, radius=areamap.RADIUS)

    return pages


def _shown(tree: PlaceTree, places: frozenset[str] | None, counts: dict[str | None, dict[str, int]]) -> list[str]:
    """The smallest places of the area and whatever has something waiting; in a large area the latter alone."""
    inside = [row["code"] for row in tree.city.places if places is None or row["code"] in places]
    leaves = [code for code in inside if code in counts or not tree.children.get(code)]
    if len(leaves) > MOST:
        leaves = [code for code in leaves if code in counts]
    return sorted(leaves, key=lambda code: -counts.get(code, {}).get("all", 0))[:MOST]


def _places(c: Connection, node: Node, codes: list[str], counts: dict[str | None, dict[str, int]]) -> list[Place]:
    shapes = {row.id: decoded(row.shape) for row in c.execute(select(BOUNDARY.c.id, BOUNDARY.c.shape).where(BOUNDARY.c.id.in_(codes)))}
    waits = {code: counts.get(code, {}) for code in codes}
    return [Place(code, waits[code].get("all", 0), waits[code].get("emergency", 0) > 0, _point(node, code), shapes.get(code))
            for code in codes]


def _point(node: Node, code: str) -> Point | None:
    row = node.city.place[code]
    with suppress(ValueError):
        return micro(float(row["lon"])), micro(float(row["lat"]))
    return None


def _landmarks(c: Connection, codes: list[str]) -> dict[str, list[str]]:
    """What residents call spots in these places."""
    found: dict[str, list[str]] = {}
    for row in c.execute(select(ALIAS.c.place, ALIAS.c.phrase).where(ALIAS.c.place.in_(codes)).order_by(ALIAS.c.phrase)):
        found.setdefault(row.place, []).append(row.phrase)
    return found
